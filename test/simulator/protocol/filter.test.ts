import { describe, expect, it } from "vitest";
import { MatchNotFound, ValidationErrors } from "../../../simulator/nas/errors.ts";
import { applyQuery } from "../../../simulator/nas/filter.ts";

const rows = [
  {
    id: 1,
    name: "Alpha",
    size: 10,
    on: true,
    tags: ["a", "b"],
    at: new Date(1000),
    inner: { key: "x", "dot.ted": 1 },
    note: null,
  },
  { id: 2, name: "beta", size: 5, on: false, tags: [], at: new Date(2000), inner: { key: "y" }, note: "hi" },
  { id: 3, name: "alphabet", size: 7, on: true, tags: ["b"], at: new Date(3000), inner: { key: "z" }, note: "a note" },
];
const ids = (filters: unknown[], options = {}): unknown[] =>
  (applyQuery(rows, filters, options) as { id: number }[]).map(({ id }) => id);

describe("filters", () => {
  it.each([
    ["=", ["name", "=", "beta"], [2]],
    ["= of a boolean and 1, which are equal to the server", ["on", "=", 1], [1, 3]],
    ["= of a list", ["tags", "=", ["b"]], [3]],
    ["!=", ["id", "!=", 2], [1, 3]],
    [">", ["size", ">", 7], [1]],
    [">=", ["size", ">=", 7], [1, 3]],
    ["<", ["size", "<", 7], [2]],
    ["<=", ["size", "<=", 7], [2, 3]],
    ["~ at the start of the text", ["name", "~", "alpha"], [3]],
    ["~ anywhere when it says so", ["name", "~", ".*pha"], [1, 3]],
    ["~ of null as an empty text", ["note", "~", "$"], [1]],
    ["in", ["id", "in", [1, 3]], [1, 3]],
    ["nin", ["id", "nin", [1, 3]], [2]],
    ["rin", ["tags", "rin", "b"], [1, 3]],
    ["rnin", ["tags", "rnin", "b"], [2]],
    ["^", ["name", "^", "al"], [3]],
    ["!^", ["name", "!^", "al"], [1, 2]],
    ["$", ["name", "$", "ta"], [2]],
    ["!$", ["name", "!$", "ta"], [1, 3]],
    ["nin of null never", ["note", "nin", ["hi"]], [3]],
    ["C=", ["name", "C=", "ALPHA"], [1]],
    ["C^", ["name", "C^", "AL"], [1, 3]],
    ["Cin", ["name", "Cin", ["ALPHA", "BETA"]], [1, 2]],
    ["a path", ["inner.key", "=", "y"], [2]],
    ["a path with a dot in a name", ["inner.dot\\.ted", "=", 1], [1]],
    ["an index", ["tags.0", "=", "b"], [3]],
    ["any element", ["tags.*", "=", "b"], [1, 3]],
    ["a key that is not there", ["nothing", "!=", 1], []],
    ["a date", ["at", ">", new Date(1500)], [2, 3]],
    ["a date as text", ["at.$date", ">=", "1970-01-01T00:00:03Z"], [3]],
  ])("know %s", (_what, filter, expected) => {
    expect(ids([filter])).toEqual(expected);
  });

  it("apply together, or in branches", () => {
    expect(
      ids([
        ["on", "=", true],
        ["size", "<", 9],
      ]),
    ).toEqual([3]);
    expect(
      ids([
        [
          "OR",
          [
            ["id", "=", 1],
            ["id", "=", 2],
          ],
        ],
      ]),
    ).toEqual([1, 2]);
    expect(
      ids([
        [
          "OR",
          [
            [
              ["on", "=", true],
              ["size", ">", 9],
            ],
            ["name", "=", "beta"],
          ],
        ],
      ]),
    ).toEqual([1, 2]);
    expect(
      ids([
        ["on", "=", true],
        [
          "OR",
          [
            ["id", "=", 3],
            ["OR", [["id", "=", 2]]],
          ],
        ],
      ]),
    ).toEqual([3]);
  });

  it.each([
    [["name", "?", 1]],
    [["name", "="]],
    ["name"],
    [["AND", [["id", "=", 1]]]],
    [["OR", []]],
    [["OR", [["id"]]]],
    [[1, "=", 1]],
    [["name", "C~", "a"]],
  ])("refuse %j", (filter) => {
    expect(() => applyQuery(rows, [filter])).toThrow(ValidationErrors);
  });

  it("fail where values have no order", () => {
    expect(() => applyQuery(rows, [["note", ">", 1]])).toThrow(
      "'>' not supported between instances of 'NoneType' and 'int'",
    );
  });
});

describe("options", () => {
  it("order, also backwards and by several fields", () => {
    expect(ids([], { order_by: ["size"] })).toEqual([2, 3, 1]);
    expect(ids([], { order_by: ["-size"] })).toEqual([1, 3, 2]);
    expect(ids([], { order_by: ["name", "on"] })).toEqual([2, 1, 3]);
    expect(ids([], { order_by: ["-inner.key"] })).toEqual([3, 2, 1]);
  });

  it("put nulls where they are told, and nowhere else", () => {
    expect(ids([], { order_by: ["nulls_first:note"] })).toEqual([1, 3, 2]);
    expect(ids([], { order_by: ["nulls_last:-note"] })).toEqual([2, 3, 1]);
    expect(() => applyQuery(rows, [], { order_by: ["note"] })).toThrow("contains null values");
  });

  it("select fields, nested and under another name", () => {
    expect(applyQuery(rows, [["id", "=", 1]], { select: ["id", "inner.key", ["name", "title"], "nothing"] })).toEqual([
      { id: 1, inner: { key: "x" }, title: "Alpha" },
    ]);
    expect(rows[0]?.inner).toEqual({ key: "x", "dot.ted": 1 });
  });

  it("count, get and page", () => {
    expect(applyQuery(rows, [["on", "=", true]], { count: true })).toBe(2);
    expect(applyQuery(rows, [], { get: true, order_by: ["-id"] })).toMatchObject({ id: 3 });
    expect(() => applyQuery(rows, [["id", "=", 9]], { get: true })).toThrow(MatchNotFound);
    expect(ids([], { offset: 1 })).toEqual([2, 3]);
    expect(ids([], { limit: 2 })).toEqual([1, 2]);
    expect(ids([], { offset: 1, limit: 1 })).toEqual([2]);
    expect(() => applyQuery(rows, [], { limit: 10_001 })).toThrow(ValidationErrors);
  });
});
