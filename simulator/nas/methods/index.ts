import type { Method } from "../method.ts";
import { datasetDeleteMethods } from "./dataset-delete.ts";
import { datasetQuotaMethods } from "./dataset-quota.ts";
import { datasetReadMethods } from "./dataset-read.ts";
import { datasetWriteMethods } from "./dataset-write.ts";

/** Everything that the simulated NAS can be asked, but authentication and the middleware's own methods. */
export const methods: readonly Method[] = [
  ...datasetReadMethods,
  ...datasetWriteMethods,
  ...datasetDeleteMethods,
  ...datasetQuotaMethods,
];
