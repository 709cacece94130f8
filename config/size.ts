import { z } from "zod";
import { field } from "./field.ts";

const units = { Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50 } as const;
const pattern = /^([1-9]\d{0,6})(Mi|Gi|Ti|Pi)$/;

/** Smallest size of a volume in bytes, because TrueNAS refuses a smaller quota: 1 GiB. */
export const smallestSize = units.Gi;

/** Reads a binary size such as `500Gi` into bytes; undefined when it is not one. */
export function parseSize(text: string): number | undefined {
  const [, count, unit] = pattern.exec(text) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  const bytes = Number(count) * units[unit as keyof typeof units];
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Writes bytes in the largest unit that divides them: 536870912000 is `500Gi`. */
export function formatSize(bytes: number): string {
  const unit = (Object.entries(units) as [string, number][]).reverse().find(([, size]) => bytes % size === 0);
  return unit === undefined ? `${bytes} bytes` : `${bytes / unit[1]}${unit[0]}`;
}

const rule = "A size is a whole number with a binary unit (Mi, Gi, Ti or Pi), from 1Gi to 8191Ti.";

/** A size as text, parsed to bytes. */
export const size = z
  .string(rule)
  .regex(pattern, rule)
  .refine((text) => (parseSize(text) ?? 0) >= smallestSize, rule);

/** A documented size key. */
export function sizeField(description: string, example: string, fallback?: string) {
  return field(size, { description, unit: "bytes, written with Gi or Ti", example, ...(fallback ? { fallback } : {}) });
}
