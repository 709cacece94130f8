import type { z } from "zod";

/** What the editor, the error messages and docs/configuration.md tell about a key. */
export interface FieldInfo {
  readonly description: string;
  /** Unit of the value, where it has one. */
  readonly unit?: string;
  /** How the default comes about, where it is not a constant of the schema. */
  readonly fallback?: string;
  readonly example?: unknown;
}

/** Attaches documentation to a schema. Call it before `.optional()` or `.default()`. */
export function field<T extends z.ZodType>(schema: T, info: FieldInfo): T {
  const meta: Record<string, unknown> = { description: info.description };
  if (info.unit !== undefined) meta["x-unit"] = info.unit;
  if (info.fallback !== undefined) meta["x-default"] = info.fallback;
  if (info.example !== undefined) meta["examples"] = [info.example];
  return schema.meta(meta) as T;
}
