import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Probe, Raw, startProbe } from "./harness.ts";

describe("parameters", () => {
  let probe: Probe;
  let raw: Raw;
  beforeAll(async () => {
    probe = await startProbe("26.0");
    raw = await Raw.login(probe);
  });
  afterAll(() => probe.stop());

  it("get their defaults", async () => {
    expect((await raw.call("probe.typed", [{ name: "a" }])).result).toEqual([
      { name: "a", count: 3 },
      { force: false },
    ]);
  });

  it.each([
    ["a number for a text", { name: 1 }, "data.name", "Input should be a valid string"],
    ["a text for a number", { name: "a", count: "1" }, "data.count", "Input should be a valid integer"],
    ["a fraction for an integer", { name: "a", count: 1.5 }, "data.count", "Input should be a valid integer"],
    ["true for a number", { name: "a", count: true }, "data.count", "Input should be a valid integer"],
    ["1 for a boolean", { name: "a", flag: 1 }, "data.flag", "Input should be a valid boolean"],
    ["a text for a fraction", { name: "a", ratio: "1" }, "data.ratio", "Input should be a valid number"],
    ["null where it has no meaning", { name: null }, "data.name", "Input should be a valid string"],
    ["an unknown key", { name: "a", colour: "red" }, "data.colour", "Extra inputs are not permitted"],
    ["a missing key", {}, "data.name", "Field required"],
    ["a value outside the list", { name: "a", kind: "D" }, "data.kind", "Input should be 'A', 'B' or 'C'"],
    ["too small a number", { name: "a", count: 0 }, "data.count", "Input should be greater than or equal to 1"],
    ["too large a number", { name: "a", count: 10 }, "data.count", "Input should be less than or equal to 9"],
    ["too long a text", { name: "x".repeat(1025) }, "data.name", "String should have at most 1024 characters"],
    [
      "too many items",
      { name: "a", tags: ["a", "b", "c"] },
      "data.tags",
      "List should have at most 2 items after validation, not 3",
    ],
    ["an item of another type", { name: "a", tags: ["a", 2] }, "data.tags.1", "Input should be a valid string"],
    ["a date as text", { name: "a", when: "2026-01-01T00:00:00Z" }, "data.when", "Input should be a valid datetime"],
    [
      "a date that is none",
      { name: "a", when: { $date: "yesterday" } },
      "data.when",
      "Input should be a valid datetime",
    ],
    [
      "neither of two types",
      { name: "a", limit: true },
      "data.limit",
      "Input should be a valid integer or Input should be 'none'",
    ],
    ["a text of another form", { name: "a", code: "A1" }, "data.code", "String should match pattern '^[a-z]+$'"],
    [
      "a wrong key deep inside",
      { name: "a", inner: { key: "k", more: 1 } },
      "data.inner.more",
      "Extra inputs are not permitted",
    ],
    ["a list for an object", { name: "a", inner: [] }, "data.inner", "Input should be a valid dictionary"],
  ])("refuse %s", async (_what, data, attribute, message) => {
    const { error } = await raw.call("probe.typed", [data]);
    expect(error.code).toBe(-32602);
    expect(error.data).toMatchObject({
      error: 22,
      extra: [[attribute, message, 22]],
      reason: `[EINVAL] ${attribute}: ${message}\n`,
    });
  });

  it("name all findings at once", async () => {
    const { error } = await raw.call("probe.typed", [{ count: 0, more: 1 }, { force: "no" }]);
    expect(error.data.extra.map(([attribute]: [string]) => attribute).toSorted()).toEqual([
      "data.count",
      "data.more",
      "data.name",
      "options.force",
    ]);
  });

  it("accept a date as the protocol writes it", async () => {
    const when = new Date(5);
    expect((await raw.call("probe.typed", [{ name: "a", when }])).result[0].when).toEqual(when);
  });

  it("must be there, and not more than there are", async () => {
    expect((await raw.call("probe.typed")).error.data.extra).toEqual([["data", "Field required", 22]]);
    expect((await raw.call("probe.typed", [{ name: "a" }, {}, 3])).error.data.extra).toEqual([
      ["", "Too many arguments (expected 2, found 3)", 22],
    ]);
  });

  it("of a login name the mechanism that is unknown or missing", async () => {
    const client = await Raw.open(probe);
    expect((await client.call("auth.login_ex", [{}])).error.data.extra).toEqual([
      ["login_data.mechanism", "Field required", 22],
    ]);
    expect((await client.call("auth.login_ex", [{ mechanism: "MAGIC" }])).error.data.extra[0][1]).toContain(
      "Input tag 'MAGIC'",
    );
    await client.close();
  });
});
