import type { z } from "zod";
import { type Problem, problem } from "./problem.ts";

/** Whether a value is a map of keys, as YAML and JSON write it. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reports a name that is not allowed; true when it was one. */
export function isBadName(schema: z.ZodType<string>, path: readonly string[], problems: Problem[]): boolean {
  const result = schema.safeParse(path.at(-1));
  if (result.success) return false;
  problems.push(problem(path.join("."), path.at(-1), result.error.issues[0]?.message ?? "", "Rename it."));
  return true;
}

/** The entries of a map in alphabetical order, so that the order in a file never matters. */
export function sorted<T>(map: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}
