import { expect, test } from "vitest";
import { type Exported, findConflicts, findContradiction, findNested } from "../../../plan/conflicts.ts";

function exported(origin: string, networks: string[], hosts: string[] = [], path = "/mnt/tank/a"): Exported {
  return { origin, networks, hosts, path };
}

test.each<[string, Exported, Exported, string]>([
  ["the same network", exported("a", ["10.0.0.0/24"]), exported("b", ["10.0.0.0/24"]), "Both admit 10.0.0.0/24."],
  [
    "overlapping networks",
    exported("a", ["10.0.0.0/24"]),
    exported("b", ["10.0.0.128/25"]),
    "10.0.0.0/24 and 10.0.0.128/25 overlap.",
  ],
  [
    "the same host",
    exported("a", [], ["nas-client"]),
    exported("b", [], ["other", "nas-client"]),
    "Both admit the host nas-client.",
  ],
  ["an open export beside a network", exported("a", []), exported("b", ["10.0.0.0/24"]), "open to everybody"],
  ["two open exports, which the NAS overlooks", exported("a", []), exported("b", []), "open to everybody"],
  [
    "* beside a network, which the NAS overlooks",
    exported("a", [], ["*"]),
    exported("b", ["10.0.0.0/24"]),
    "open to everybody",
  ],
  [
    "a host inside a network, which the NAS overlooks",
    exported("a", [], ["10.0.0.7"]),
    exported("b", ["10.0.0.0/24"]),
    "10.0.0.7/32 and 10.0.0.0/24 overlap.",
  ],
])("clash: %s", (_, a, b, rule) => {
  expect(findConflicts([a, b])).toEqual([
    { first: "a", second: "b", path: "/mnt/tank/a", rule: expect.stringContaining(rule) },
  ]);
  expect(findConflicts([b, a])).toHaveLength(1);
});

test.each<[string, Exported, Exported]>([
  ["separate networks", exported("a", ["10.0.0.0/25"]), exported("b", ["10.0.0.128/25"])],
  ["separate hosts", exported("a", [], ["one"]), exported("b", [], ["two"])],
  ["IPv4 and IPv6", exported("a", ["10.0.0.0/8"]), exported("b", ["fd00::/8"])],
  ["another path", exported("a", []), exported("b", [], [], "/mnt/tank/b")],
  ["a directory inside", exported("a", ["10.0.0.0/24"]), exported("b", ["10.0.0.0/24"], [], "/mnt/tank/a/b")],
])("no clash: %s", (_, a, b) => {
  expect(findConflicts([a, b])).toEqual([]);
});

test("of three exports every clashing pair is told", () => {
  const pairs = findConflicts(["a", "b", "c"].map((origin) => exported(origin, ["10.0.0.0/24"]))).map(
    ({ first, second }) => first + second,
  );
  expect(pairs).toEqual(["ab", "ac", "bc"]);
});

test("contradictions inside one export", () => {
  expect(findContradiction({ networks: ["10.0.0.0/24", "10.0.0.1/32"], hosts: [] })).toContain("do not overlap");
  expect(findContradiction({ networks: ["10.0.0.0/24"], hosts: ["10.0.0.1"] })).toContain(
    "10.0.0.1 is in the network 10.0.0.0/24",
  );
  expect(findContradiction({ networks: ["10.0.0.0/24"], hosts: ["10.0.1.1", "name"] })).toBeUndefined();
});

test("nested paths are told by whole parts of a name", () => {
  const paths = ["/mnt/a", "/mnt/a/b", "/mnt/ab"].map((path) => ({ path, origin: path }));
  expect(findNested(paths)).toEqual([["/mnt/a", "/mnt/a/b"]]);
});
