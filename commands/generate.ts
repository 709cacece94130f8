import { writeFileSync } from "node:fs";
import { renderConfigReference, renderJsonSchema } from "../config/index.ts";
import { renderReference } from "../providers/truenas/server/reference.ts";

/** Writes the files that are generated from schemas and definitions; tests fail while one of them is stale. */
const generated: readonly [string, () => string][] = [
  ["config/schema.json", renderJsonSchema],
  ["docs/configuration.md", renderConfigReference],
  ["providers/truenas/README.md", renderReference],
];

for (const [path, render] of generated) {
  writeFileSync(new URL(`../${path}`, import.meta.url), render());
  process.stdout.write(`wrote ${path}\n`);
}
