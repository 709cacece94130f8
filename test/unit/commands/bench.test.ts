import { expect, test } from "vitest";
import { parse } from "yaml";
import { NoopProvider } from "../../../commands/bench/noop-provider.ts";
import { growthExponent, median } from "../../../commands/bench/numbers.ts";
import { renderMeasurements } from "../../../commands/bench/report.ts";
import { benchStack } from "../../../commands/bench/stack-file.ts";
import { readStackConfig } from "../../../commands/stack-config.ts";

test("the median is the value in the middle", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(() => median([])).toThrow(RangeError);
});

test.each([0, 1, 1.5, 2])("a cost that grows with the power %d is recognised", (power) => {
  const points = [10, 100, 1000].map((size) => ({ size, cost: 7 * size ** power }));
  expect(growthExponent(points)).toBeCloseTo(power, 10);
});

test("growth needs two sizes", () => {
  expect(() => growthExponent([{ size: 10, cost: 1 }])).toThrow(RangeError);
});

test("a generated stack has one NFS volume with its dataset, owner and export for each app", () => {
  const { plan } = readStackConfig(benchStack(40), "homelab-storage");
  expect(plan.volumes).toHaveLength(40);
  expect(plan.volumes.every(({ tier, kind }) => tier === "truenas-nfs" && kind === "config")).toBe(true);
  expect(plan.datasets.filter(({ purpose }) => purpose === "volume")).toHaveLength(40);
  expect(plan.exports.filter(({ volume }) => volume !== undefined)).toHaveLength(40);
});

test("the largest stack still fits into the environment of a process on Linux", () => {
  const { config } = parse(benchStack(2250)) as { config: Record<string, unknown> };
  const strings = Object.fromEntries(Object.entries(config).map(([key, value]) => [key, JSON.stringify(value)]));
  // 3,000 bytes are left for the sandbox's overlay and secrets.
  expect(JSON.stringify(strings).length).toBeLessThan(128 * 1024 - 3_000);
});

test("the provider that does nothing has the outputs of the real one, and defaults when it is to be complete", async () => {
  const type = "truenas:index:Dataset";
  const request = { urn: "u", type, name: "n", signal: new AbortController().signal };
  const bare = new NoopProvider(false);
  const inputs = { name: "tank/a" };
  expect(bare.check({ ...request, oldInputs: {}, inputs })).toEqual({ inputs });
  const { id, state } = await bare.create({ ...request, inputs, preview: false });
  expect(id).not.toBe("");
  expect(state).toMatchObject({ name: "tank/a", mountpoint: "", localProperties: [] });
  const complete = new NoopProvider(true).check({ ...request, oldInputs: {}, inputs });
  expect(complete).toEqual({ inputs: { name: "tank/a", onDelete: "retain" }, failures: [] });
});

test("the table says what was measured, the goal, and whether it was met", () => {
  const lines = renderMeasurements([
    {
      bench: "refresh",
      what: "refresh of 11 datasets",
      value: 14,
      unit: "calls",
      goal: { atMost: 13 },
      met: false,
      detail: { datasets: 11 },
    },
  ]);
  expect(lines[1]).toMatch(/✘ +refresh of 11 datasets +14 calls +<= 13 +datasets 11/);
});
