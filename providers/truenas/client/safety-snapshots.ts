/** How long a safety snapshot is kept, in days, unless told otherwise. */
export const safetyDays = 14;

const day = 86_400_000;

/** What the name of a safety snapshot tells. Times are milliseconds since 1970. */
export interface SafetySnapshotName {
  /** What was about to happen, for example `permissions`. */
  readonly before: string;
  readonly taken: number;
  readonly expires: number;
  /** How long it is kept. */
  readonly days: number;
}

/**
 * The name of a snapshot that is taken before a change that cannot be undone otherwise:
 * `hs-before-permissions-20260131T101500Z-14d`. The name itself carries the expiry, so that no property can get lost or be
 * inherited, and no schema of a snapshot task (which needs %Y %m %d %H %M) reads it as its own.
 */
export function safetySnapshotName(before: string, taken: Date, days: number = safetyDays): string {
  const time = taken
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(/[-:]/g, "");
  return `hs-before-${before}-${time}-${days}d`;
}

/** Reads a name; undefined for a snapshot that is none of ours. */
export function parseSafetySnapshot(name: string): SafetySnapshotName | undefined {
  const match = /^hs-before-([a-z]+)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-([1-9]\d{0,3})d$/.exec(name);
  if (match === null) return undefined;
  const [, before = "", year, month, date, hour, minute, second, length] = match;
  const taken = Date.parse(`${year}-${month}-${date}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(taken)) return undefined;
  const days = Number(length);
  return { before, taken, expires: taken + days * day, days };
}

/** Whether a safety snapshot that the NAS made at `created` is over at `now`, by its name and by the NAS's own clock. */
export const isExpired = (name: SafetySnapshotName, created: number, now: number): boolean =>
  now >= name.expires && now >= created + name.days * day;
