import type { z } from "zod";
import { type ApiVersion, isSecret, type Method } from "../method.ts";

/** What stands for a secret. */
export const mask = "********";

type Row = Record<string, unknown>;

const isRow = (value: unknown): value is Row =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Date) &&
  !(value instanceof Set);

function maskBySchema(schema: z.core.$ZodType, value: unknown): unknown {
  if (isSecret(schema as z.ZodType)) return mask;
  const def = schema._zod.def as {
    type: string;
    innerType?: z.core.$ZodType;
    element?: z.core.$ZodType;
    valueType?: z.core.$ZodType;
    in?: z.core.$ZodType;
    shape?: Record<string, z.core.$ZodType>;
    options?: readonly z.core.$ZodType[];
  };
  if (def.innerType) return maskBySchema(def.innerType, value);
  if (def.in) return maskBySchema(def.in, value);
  if (def.options) return def.options.reduce((masked, option) => maskBySchema(option, masked), value);
  if (def.element && Array.isArray(value)) {
    const { element } = def;
    return value.map((item) => maskBySchema(element, item));
  }
  if (!isRow(value)) return value;
  if (def.valueType) {
    const { valueType } = def;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskBySchema(valueType, item)]));
  }
  const { shape } = def;
  if (!shape) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const part = shape[key];
      return [key, part ? maskBySchema(part, item) : item];
    }),
  );
}

/** Parameters of a call with its secrets masked, as a job row shows them. */
export function maskParams(method: Method, version: ApiVersion, params: readonly unknown[]): unknown[] {
  const schemas = method.params(version);
  return params.map((value, i) => {
    const schema = schemas[i]?.schema;
    return schema ? maskBySchema(schema, value) : value;
  });
}

function maskPath(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return value === null || value === undefined ? value : mask;
  if (Array.isArray(value)) return value.map((item) => maskPath(item, key === "*" ? rest : [key, ...rest]));
  if (!isRow(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, key === "*" || key === name ? maskPath(item, rest) : item]),
  );
}

/** A result with the method's secret fields masked; rows of a list are masked one by one. */
export function maskResult(method: Method, result: unknown): unknown {
  const mask = (row: unknown): unknown =>
    (method.secrets ?? []).reduce((masked, path) => maskPath(masked, path.split(".")), row);
  return Array.isArray(result) ? result.map(mask) : mask(result);
}
