import { isDeepStrictEqual } from "node:util";
import { closest, distance } from "fastest-levenshtein";
import type { z } from "zod";
import type { CheckFailure, CheckResult } from "../../base/provider.ts";
import { containsUnknown, type Properties, type PropertyValue } from "../../base/values.ts";
import { type AnyDefinition, secretProperties, traitsOf } from "./definition.ts";

/**
 * Validates each property by itself, so that an unknown one never hides what is wrong with another. The values of
 * `secret` properties are not shown.
 */
export function checkProperties(
  shape: z.ZodRawShape,
  given: Properties,
  secret: readonly string[] = [],
): CheckResult & { failures: CheckFailure[] } {
  const failures: CheckFailure[] = [];
  const inputs: Properties = {};
  for (const property of Object.keys(given)) {
    if (!(property in shape)) failures.push({ property, reason: unknownProperty(property, Object.keys(shape)) });
  }
  for (const [property, schema] of Object.entries(shape)) {
    const value = given[property] ?? undefined;
    if (containsUnknown(value)) {
      inputs[property] = value as PropertyValue;
      continue;
    }
    const parsed = (schema as z.ZodType).safeParse(value);
    if (parsed.success) {
      if (parsed.data !== undefined) inputs[property] = parsed.data as PropertyValue;
      continue;
    }
    if (value !== undefined) inputs[property] = value;
    for (const issue of parsed.error.issues) {
      const path = [property, ...issue.path].map((part, i) => pathPart(part, i === 0)).join("");
      const shown = secret.includes(property) ? "" : ` (is ${show(valueAt(value, issue.path))})`;
      failures.push({ property: path, reason: value === undefined ? "is required" : issue.message + shown });
    }
  }
  return { inputs, failures };
}

export function checkInputs(definition: AnyDefinition, oldInputs: Properties, given: Properties): CheckResult {
  const { inputs, failures } = checkProperties(definition.inputs.shape, given, secretProperties(definition));
  for (const [property, was] of Object.entries(oldInputs)) {
    const { fixed, same } = traitsOf(definition, property);
    const now = inputs[property];
    if (fixed === undefined || now === undefined || containsUnknown(now)) continue;
    if (same ? same(now, was, oldInputs) : isDeepStrictEqual(now, was)) continue;
    failures.push({ property, reason: `cannot change from ${show(was)} to ${show(now)}: ${fixed}` });
  }
  if (failures.length === 0 && definition.rules && !containsUnknown(inputs)) failures.push(...definition.rules(inputs));
  return { inputs, failures };
}

const show = (value: unknown) => JSON.stringify(value);

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : inner),
    value,
  );
}

function pathPart(part: PropertyKey, first: boolean): string {
  if (typeof part === "number") return `[${part}]`;
  return first ? String(part) : `.${String(part)}`;
}

export function unknownProperty(property: string, known: readonly string[]): string {
  const nearest = closest(property, known);
  const hint = distance(property, nearest) <= 3 ? `; did you mean ${nearest}?` : `; known are ${known.join(", ")}`;
  return `is no property of this resource${hint}`;
}
