// The NAS writes what JSON has no type for as small objects (TrueNAS middleware, truenas_api_client/ejson.py).
// Only points in time have a counterpart here; `$time`, `$set` and the others are kept as they are.

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** No answer of the NAS comes near this; what follows an answer down must not run out of stack. */
const maxDepth = 500;
/** Milliseconds from 1970 in both directions, beyond which there are no dates. */
const maxDate = 8.64e15;

function reviveDate(value: Record<string, unknown>): Date | undefined {
  const ms = value["$date"];
  const isDate = typeof ms === "number" && Math.abs(ms) <= maxDate && Object.keys(value).length === 1;
  return isDate ? new Date(ms) : undefined;
}

/** Replaces `{"$date": ms}` by a Date within `value`, in place: answers can be large. */
function revive(value: unknown, depth = 0): unknown {
  if (!isObject(value)) return value;
  if (depth > maxDepth) throw new SyntaxError(`it is nested more than ${maxDepth} levels deep`);
  if (!Array.isArray(value)) {
    const date = reviveDate(value);
    if (date !== undefined) return date;
  }
  for (const key of Object.keys(value)) {
    const before = value[key];
    const after = revive(before, depth + 1);
    // An own key "__proto__" (possible after JSON.parse) must not be assigned to.
    if (after !== before && key !== "__proto__") value[key] = after;
  }
  return value;
}

/** Reads a text of the NAS. Throws SyntaxError when it is not JSON, or nested beyond reason. */
export function decode(text: string): unknown {
  return revive(JSON.parse(text));
}

/** Writes a value for the NAS: a Date becomes `{"$date": ms}`. Throws RangeError for an invalid Date. */
export function encode(value: unknown): string {
  return JSON.stringify(value, function replace(this: unknown, key: string, plain: unknown): unknown {
    // JSON.stringify has called toJSON already; the original is in the holder.
    const original = isObject(this) ? this[key] : plain;
    if (!(original instanceof Date)) return plain;
    if (Number.isNaN(original.getTime())) throw new RangeError("an invalid date cannot be sent");
    return { $date: original.getTime() };
  });
}
