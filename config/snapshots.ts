import { z } from "zod";
import { field } from "./field.ts";

function count(period: string, keep: number, unit: string, fallback?: string) {
  return field(z.int().min(0).max(1000), {
    description: `How many ${period} snapshots are kept; 0 takes none.`,
    unit,
    example: keep,
    ...(fallback === undefined ? {} : { fallback }),
  });
}

/** What is kept by default: hourly for a day, daily for a week, weekly for a month, monthly for a year. */
export const defaultRetention = { hourly: 24, daily: 7, weekly: 4, monthly: 12 } as const;

/** The common chain on the apps dataset. */
export const snapshots = z.strictObject({
  hourly: count("hourly", 24, "hours").default(defaultRetention.hourly),
  daily: count("daily", 7, "days").default(defaultRetention.daily),
  weekly: count("weekly", 4, "weeks").default(defaultRetention.weekly),
  monthly: count("monthly", 12, "months").default(defaultRetention.monthly),
});

/** A chain of its own, or a named exemption. */
export const ownSnapshots = z.strictObject({
  hourly: count("hourly", 24, "hours", "as in snapshots").optional(),
  daily: count("daily", 7, "days", "as in snapshots").optional(),
  weekly: count("weekly", 4, "weeks", "as in snapshots").optional(),
  monthly: count("monthly", 12, "months", "as in snapshots").optional(),
  exempt: field(z.string().trim().min(10, "An exemption names its reason in at least 10 characters."), {
    description: "Take no snapshots at all, for this reason. Excludes the counts.",
    example: "can be downloaded again",
  }).optional(),
});
