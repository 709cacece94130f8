import { expect, test } from "vitest";
import { lifetimeMs, takenAt } from "../../../providers/truenas/resources/snapshot-names.ts";

const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());

test("a name tells its date, by its own schema only", () => {
  expect(iso(takenAt("hs-apps-daily-%Y-%m-%d_%H-%M", "hs-apps-daily-2026-11-23_04-05"))).toBe(
    "2026-11-23T04:05:00.000Z",
  );
  expect(takenAt("hs-apps-daily-%Y-%m-%d_%H-%M", "hs-apps-hourly-2026-11-23_04-05")).toBeUndefined();
  expect(takenAt("hs-apps-daily-%Y-%m-%d_%H-%M", "by-hand")).toBeUndefined();
  expect(iso(takenAt("auto.%s", "auto.1700000000"))).toBe("2023-11-14T22:13:20.000Z");
  expect(takenAt("auto.%s", "autoX1700000000")).toBeUndefined();
});

test("a schema that names a part twice is no schema that can be read", () => {
  expect(takenAt("%Y-%Y-%m-%d-%H-%M", "2026-2026-11-23-04-05")).toBeUndefined();
});

test("lifetimes in milliseconds", () => {
  expect(lifetimeMs({ lifetimeValue: 2, lifetimeUnit: "HOUR" })).toBe(7_200_000);
  expect(lifetimeMs({ lifetimeValue: 1, lifetimeUnit: "MONTH" })).toBe(30 * 86_400_000);
});
