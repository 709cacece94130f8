import { isDeepStrictEqual } from "node:util";
import type { PropertyDiff } from "../../providers/base/provider.ts";
import { isObject, type PropertyValue } from "../../providers/base/values.ts";

/** Every path at which two values differ: `parameters.share`, `mountOptions[1]`, `metadata.labels["a/b"]`. */
export function differences(
  before: PropertyValue | undefined,
  after: PropertyValue | undefined,
  path = "",
): Map<string, PropertyDiff> {
  const found = new Map<string, PropertyDiff>();
  if (isDeepStrictEqual(before, after)) return found;
  if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
      for (const [inner, diff] of differences(before[key], after[key], join(path, key))) found.set(inner, diff);
  } else if (Array.isArray(before) && Array.isArray(after)) {
    for (let index = 0; index < Math.max(before.length, after.length); index++)
      for (const [inner, diff] of differences(before[index], after[index], `${path}[${index}]`)) found.set(inner, diff);
  } else {
    const kind = before === undefined ? "add" : after === undefined ? "delete" : "update";
    found.set(path, { kind, inputDiff: true });
  }
  return found;
}

function join(path: string, key: string): string {
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

/** Whether `path` is `field` or lies under it. */
export function isUnder(path: string, field: string): boolean {
  return path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`);
}
