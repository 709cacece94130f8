// The NAS writes what JSON has no type for as small objects (TrueNAS middleware, truenas_api_client/ejson.py).
// Only points in time have a counterpart here; `$time`, `$set` and the others are kept as they are.

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

function reviveDate(value: Record<string, unknown>): Date | undefined {
  const ms = value["$date"];
  return typeof ms === "number" && Object.keys(value).length === 1 ? new Date(ms) : undefined;
}

/** Replaces `{"$date": ms}` by a Date within `value`, in place: answers can be large. */
function revive(value: unknown): unknown {
  if (!isObject(value)) return value;
  if (!Array.isArray(value)) {
    const date = reviveDate(value);
    if (date !== undefined) return date;
  }
  for (const key of Object.keys(value)) {
    const before = value[key];
    const after = revive(before);
    // An own key "__proto__" (possible after JSON.parse) must not be assigned to.
    if (after !== before && key !== "__proto__") value[key] = after;
  }
  return value;
}

/** Reads a text of the NAS. Throws SyntaxError when it is not JSON. */
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
