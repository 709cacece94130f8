// Snapshot names that carry their time, such as auto-%Y-%m-%d_%H-%M (zettarepl snapshot/name.py). Times are UTC here.

const directives: Readonly<Record<string, { readonly digits: number; readonly of: (date: Date) => number }>> = {
  Y: { digits: 4, of: (date) => date.getUTCFullYear() },
  m: { digits: 2, of: (date) => date.getUTCMonth() + 1 },
  d: { digits: 2, of: (date) => date.getUTCDate() },
  H: { digits: 2, of: (date) => date.getUTCHours() },
  M: { digits: 2, of: (date) => date.getUTCMinutes() },
  S: { digits: 2, of: (date) => date.getUTCSeconds() },
};

const required = ["%Y", "%m", "%d", "%H", "%M"];

/** Why this is no naming schema; undefined when it is one. */
export function namingSchemaProblem(schema: string): string | undefined {
  if (schema.includes("%%")) return "% is not an allowed character in ZFS snapshot name";
  const odd = [...new Set(schema.match(/[^0-9A-Za-z %_.:-]/g))];
  if (odd.length > 0) return `${odd.join("")} may not stand in the name of a ZFS snapshot`;
  if (schema.includes("%s")) {
    return /%[^s]/.test(schema) ? "%s stands for the whole time: no other placeholder may stand beside it" : undefined;
  }
  const missing = required.find((placeholder) => !schema.includes(placeholder));
  if (missing) return `${missing} must be present in snapshot naming schema`;
  if (/%z/.test(schema) && schema.includes(":")) return "%z and : cannot both be present in a naming schema";
  const unknown = [...schema.matchAll(/%(.?)/g)].find(([, letter = ""]) => !(letter in directives) && letter !== "z");
  return unknown ? `${unknown[0]} is not a placeholder that a snapshot name can be read back from` : undefined;
}

const pad = (number: number, digits: number): string => String(number).padStart(digits, "0");

/** The name of a snapshot taken at that time (milliseconds since 1970). */
export function snapshotName(schema: string, time: number): string {
  const date = new Date(time);
  return schema.replace(/%([A-Za-z])/g, (text, letter: string) => {
    if (letter === "s") return String(Math.floor(time / 1000));
    if (letter === "z") return ":0000";
    const directive = directives[letter];
    return directive ? pad(directive.of(date), directive.digits) : text;
  });
}

const patterns = new Map<string, RegExp>();

/** Reads names of a schema. A placeholder that stands there twice is read where it stands first. */
function patternOf(schema: string): RegExp {
  const known = patterns.get(schema);
  if (known) return known;
  const seen = new Set<string>();
  const source = schema.replace(/%([A-Za-z])|[.:\-\s]/g, (text, letter: string | undefined) => {
    if (letter === undefined) return `\\${text}`;
    if (letter === "s") return "(?<s>[0-9]+)";
    if (letter === "z") return "[:-][0-9]{4}";
    const digits = `[0-9]{1,${directives[letter]?.digits ?? 2}}`;
    const group = seen.has(letter) ? `(?:${digits})` : `(?<${letter}>${digits})`;
    seen.add(letter);
    return group;
  });
  const pattern = new RegExp(`^${source}$`);
  patterns.set(schema, pattern);
  return pattern;
}

/** The time that a name says, in milliseconds since 1970; undefined when the name does not fit the schema. */
export function timeOfName(schema: string, name: string): number | undefined {
  const parts = patternOf(schema).exec(name)?.groups;
  if (!parts) return undefined;
  if (parts["s"] !== undefined) return Number(parts["s"]) * 1000;
  const { Y = "", m = "", d = "", H = "", M = "", S = "0" } = parts;
  const time = Date.UTC(Number(Y), Number(m) - 1, Number(d), Number(H), Number(M), Number(S));
  const date = new Date(time);
  const real =
    date.getUTCMonth() === Number(m) - 1 && date.getUTCDate() === Number(d) && Number(H) < 24 && Number(M) < 60;
  return real ? time : undefined;
}
