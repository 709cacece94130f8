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
  const reported = new Set(problems.map((known) => known.path));
  let current = value;
  // Each round removes at least one wrong part; refinements of an object only run once its parts are right.
  for (;;) {
    const result = schema.safeParse(current);
    if (result.success) return result.data;
    for (const found of toProblems(result.error.issues, current, path)) {
      if (!reported.has(found.path)) problems.push(found);
      reported.add(found.path);
    }
    const wrong = result.error.issues.flatMap((issue) =>
      issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
    );
    // What is only missing cannot be removed.
    const present = wrong.filter((steps) => isThere(current, steps));
    if (present.length === 0) return undefined;
    for (const steps of present) current = without(current, steps);
    if (current === undefined) return undefined;
  }
}

function isThere(value: unknown, path: readonly PropertyKey[]): boolean {
  let at = value;
  for (const step of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return false;
    at = Reflect.get(at, step);
  }
  return at !== undefined;
}

/** The value without what stands at the path; a wrong entry of a list takes the list with it. */
function without(value: unknown, path: readonly PropertyKey[]): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof step === "number" || typeof value !== "object" || value === null) return undefined;
  const { [step as string]: inner, ...others } = value as Record<string, unknown>;
  const remaining = rest.length === 0 ? undefined : without(inner, rest);
  return remaining === undefined ? others : { ...others, [step as string]: remaining };
}
