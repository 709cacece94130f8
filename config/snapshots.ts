import { z } from "zod";
import { field } from "./field.ts";

function count(period: string, keep: number, unit: string) {
  return field(z.int().min(0).max(1000), {
    description: `How many ${period} snapshots are kept; 0 takes none.`,
    unit,
    example: keep,
  });
}

const counts = {
  hourly: count("hourly", 24, "hours"),
  daily: count("daily", 7, "days"),
  weekly: count("weekly", 4, "weeks"),
  monthly: count("monthly", 12, "months"),
};

/** What is kept by default: hourly for a day, daily for a week, weekly for a month, monthly for a year. */
export const defaultRetention = { hourly: 24, daily: 7, weekly: 4, monthly: 12 } as const;

/** The common chain on the apps dataset. */
export const snapshots = z.strictObject({
  hourly: counts.hourly.default(defaultRetention.hourly),
  daily: counts.daily.default(defaultRetention.daily),
  weekly: counts.weekly.default(defaultRetention.weekly),
  monthly: counts.monthly.default(defaultRetention.monthly),
});

/** A chain of its own, or a named exemption. */
export const ownSnapshots = z.strictObject({
  hourly: counts.hourly.optional(),
  daily: counts.daily.optional(),
  weekly: counts.weekly.optional(),
  monthly: counts.monthly.optional(),
  exempt: field(z.string().trim().min(10, "An exemption names its reason in at least 10 characters."), {
    description: "Take no snapshots at all, for this reason. Excludes the counts.",
    example: "can be downloaded again",
  }).optional(),
});
