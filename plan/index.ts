export { loadPlan } from "./load.ts";
export { planStorage } from "./plan.ts";
export { renderStorageMap } from "./report.ts";
export type * from "./storage-plan.ts";
