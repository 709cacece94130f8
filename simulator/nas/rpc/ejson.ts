// JSON with TrueNAS's extensions: {"$date": ms}, {"$time": "HH:MM:SS"}, {"$type": "date", "$value": "YYYY-MM-DD"}, {"$set": [...]},
// {"$ipv4_interface": "a/b"} (truenas_api_client ejson.py).

const tags = ["$time", "$ipv4_interface", "$ipv6_interface"];

function revive(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const row = value as Record<string, unknown>;
  const keys = Object.keys(row);
  const [key] = keys;
  if (keys.length === 1 && key !== undefined) {
    const content = row[key];
    // A date that is no number stays an object, which no schema accepts.
    if (key === "$date" && typeof content === "number") return new Date(content);
    if (key === "$set" && Array.isArray(content)) return new Set(content);
    if (tags.includes(key) && typeof content === "string") return content;
  }
  if (keys.length === 2 && row["$type"] === "date" && typeof row["$value"] === "string") return row["$value"];
  return value;
}

/** Parses a message. Throws SyntaxError when it is not JSON. */
export const parse = (text: string): unknown => JSON.parse(text, (_key, value) => revive(value));

function convert(value: unknown, date: (date: Date) => unknown, set: (items: unknown[]) => unknown): unknown {
  if (value instanceof Date) return date(value);
  if (value instanceof Set) return set([...value].map((item) => convert(item, date, set)));
  if (Array.isArray(value)) return value.map((item) => convert(item, date, set));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, convert(item, date, set)]));
}

/** Text of a message. */
export const stringify = (value: unknown): string =>
  JSON.stringify(
    convert(
      value,
      (date) => ({ $date: date.getTime() }),
      (items) => ({ $set: items }),
    ),
  );

/** The same value in plain JSON, as the published schemas describe it: dates as ISO text, sets as lists. */
export const plain = (value: unknown): unknown =>
  convert(
    value,
    (date) => date.toISOString(),
    (items) => items,
  );
