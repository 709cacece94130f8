/** Milliseconds of a lifetime as zettarepl counts it: a month is 30 days, a year 365. */
const unitMs = {
  HOUR: 3_600_000,
  DAY: 86_400_000,
  WEEK: 604_800_000,
  MONTH: 30 * 86_400_000,
  YEAR: 365 * 86_400_000,
} as const;

export interface Lifetime {
  readonly lifetimeValue: number;
  readonly lifetimeUnit: keyof typeof unitMs;
}

export const lifetimeMs = ({ lifetimeValue, lifetimeUnit }: Lifetime): number => lifetimeValue * unitMs[lifetimeUnit];

const parts = {
  Y: "(?<Y>\\d{4})",
  m: "(?<m>\\d{2})",
  d: "(?<d>\\d{2})",
  H: "(?<H>\\d{2})",
  M: "(?<M>\\d{2})",
  S: "(?<S>\\d{2})",
} as const;

/**
 * When a snapshot was taken, by its name: the NAS prunes by this date too. Undefined: the name is not of this schema. The NAS
 * writes local time; it is read as UTC here, so that the answer may be off by the NAS's offset.
 */
export function takenAt(schema: string, name: string): number | undefined {
  const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = schema.replace(/%(.)|([^%]+)/g, (_all, directive: string | undefined, text: string | undefined) => {
    if (directive === undefined) return literal(text ?? "");
    if (directive === "s") return "(?<s>\\d+)";
    // A directive that stands twice can be captured once only; %z and the like carry no date of their own.
    return parts[directive as keyof typeof parts] ?? ".*?";
  });
  const found = safeMatch(pattern, name);
  if (!found) return undefined;
  if (found["s"] !== undefined) return Number(found["s"]) * 1000;
  const { Y, m, d, H, M, S } = found;
  return Date.UTC(Number(Y), Number(m) - 1, Number(d), Number(H), Number(M), Number(S ?? 0));
}

function safeMatch(pattern: string, name: string): Record<string, string> | undefined {
  try {
    return new RegExp(`^${pattern}$`).exec(name)?.groups;
  } catch {
    return undefined;
  }
}
