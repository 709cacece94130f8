import type { z } from "zod";
import { toProblems } from "./issues.ts";
import type { Problem } from "./problem.ts";

/**
 * Parses a value and, where parts of it are wrong, reports them and goes on with the rest, so that one run of the checks
 * finds every problem. Undefined when nothing usable remains.
 */
export function salvage<T>(
  schema: z.ZodType<T>,
  value: unknown,
  path: readonly PropertyKey[],
  problems: Problem[],
): T | undefined {
  const seen = new Set<string>();
  let current = structuredClone(value);
  // Each round removes at least one wrong part; refinements of an object only run once its parts are right.
  for (;;) {
    const result = schema.safeParse(current);
    if (result.success) return result.data;
    for (const found of toProblems(result.error.issues, current, path)) {
      const identity = `${found.path} ${found.rule}`;
      if (!seen.has(identity) && !problems.some((known) => known.path === found.path)) problems.push(found);
      seen.add(identity);
    }
    const before = JSON.stringify(current);
    for (const issue of result.error.issues) {
      const wrong = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
      for (const steps of wrong) current = without(current, steps);
    }
    if (current === undefined || JSON.stringify(current) === before) return undefined;
  }
}

/** The value without what stands at the path; a wrong entry of a list takes the list with it. */
function without(value: unknown, path: readonly PropertyKey[]): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof step === "number" || typeof value !== "object" || value === null) return undefined;
  const { [step as string]: inner, ...others } = value as Record<string, unknown>;
  const remaining = rest.length === 0 ? undefined : without(inner, rest);
  return remaining === undefined ? others : { ...others, [step as string]: remaining };
}
