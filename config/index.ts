export { catalogue } from "./catalogue/index.ts";
export type * from "./config.ts";
export { renderJsonSchema } from "./json-schema.ts";
export { draftConfig, parseConfig } from "./parse.ts";
export { ConfigError, namespace, type Problem, problem, renderProblems } from "./problem.ts";
export type { ParseOptions } from "./read.ts";
export { renderConfigReference } from "./reference.ts";
export { secretKeys } from "./secrets.ts";
export { formatSize, parseSize } from "./size.ts";
