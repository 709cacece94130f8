import { describe, expect, test } from "vitest";
import { unknown } from "../../../providers/base/values.ts";
import { diffProperties } from "../../../providers/truenas/resources/compare.ts";
import { dataset } from "../../../providers/truenas/resources/dataset.ts";
import type { AnyDefinition } from "../../../providers/truenas/resources/definition.ts";
import { nfsConfig } from "../../../providers/truenas/resources/nfs-config.ts";
import { nfsShare } from "../../../providers/truenas/resources/nfs-share.ts";

const diff = (definition: unknown, comparison: Parameters<typeof diffProperties>[1]) =>
  Object.fromEntries(diffProperties(definition as AnyDefinition, comparison).paths);

describe("what an update would change", () => {
  test("a changed input is an input difference, a drifted one is not", () => {
    const inputs = { name: "tank/a", sync: "ALWAYS", atime: "OFF" };
    const oldInputs = { name: "tank/a", sync: "STANDARD", atime: "OFF" };
    const state = { name: "tank/a", sync: "STANDARD", atime: "ON" };
    expect(diff(dataset, { inputs, oldInputs, state })).toEqual({
      sync: { kind: "update", inputDiff: true },
      atime: { kind: "update", inputDiff: false },
    });
  });

  test("a property that the program never named is no drift", () => {
    const inputs = { name: "tank/a" };
    expect(diff(dataset, { inputs, oldInputs: inputs, state: { name: "tank/a", sync: "DISABLED", quota: 5 } })).toEqual(
      {},
    );
    expect(diff(nfsConfig, { inputs: {}, oldInputs: {}, state: { servers: 7 } })).toEqual({});
  });

  test("a removed property goes back to what the parent says, and only when it is not there already", () => {
    const oldInputs = { name: "tank/a", sync: "ALWAYS" };
    const local = { name: "tank/a", sync: "ALWAYS", localProperties: ["sync"] };
    const inherited = { name: "tank/a", sync: "STANDARD", localProperties: [] };
    expect(diff(dataset, { inputs: { name: "tank/a" }, oldInputs, state: local })).toEqual({
      sync: { kind: "delete", inputDiff: true },
    });
    expect(diff(dataset, { inputs: { name: "tank/a" }, oldInputs, state: inherited })).toEqual({});
  });

  test("removing a setting of a singleton leaves the NAS alone", () => {
    expect(diff(nfsConfig, { inputs: {}, oldInputs: { servers: 8 }, state: { servers: 8 } })).toEqual({});
  });

  test("equal values in another spelling are equal", () => {
    const state = { name: "tank/a", recordsize: "1M", quota: 0 };
    expect(diff(dataset, { inputs: { name: "tank/a", recordsize: "1024K", quota: 0 }, oldInputs: {}, state })).toEqual(
      {},
    );
    const networks = { inputs: { path: "/mnt/tank/a", networks: ["10.0.0.0/24", "10.1.0.0/24"] }, oldInputs: {} };
    expect(
      diff(nfsShare, { ...networks, state: { path: "/mnt/tank/a", networks: ["10.1.0.0/24", "10.0.0.0/24"] } }),
    ).toEqual({});
  });

  test("unknown values count as a change and are never compared", () => {
    const comparison = {
      inputs: { name: "tank/a", comments: unknown },
      oldInputs: {},
      state: { name: "tank/a", comments: "x" },
    };
    expect(diff(dataset, comparison)).toEqual({ comments: { kind: "update", inputDiff: true } });
  });

  test("ignoreChanges silences drift too", () => {
    const comparison = {
      inputs: { name: "tank/a", atime: "OFF" },
      oldInputs: {},
      state: { name: "tank/a", atime: "ON" },
    };
    expect(diff(dataset, { ...comparison, ignoreChanges: ["atime"] })).toEqual({});
  });

  test("of user properties only the named ones are ours", () => {
    const state = { name: "tank/a", userProperties: { "a:x": "1", "a:y": "2", "other:z": "3" } };
    const oldInputs = { name: "tank/a", userProperties: { "a:x": "1", "a:y": "2" } };
    const inputs = { name: "tank/a", userProperties: { "a:x": "9", "a:w": "4" } };
    expect(diff(dataset, { inputs, oldInputs, state })).toEqual({
      'userProperties["a:x"]': { kind: "update", inputDiff: true },
      'userProperties["a:w"]': { kind: "add", inputDiff: true },
      'userProperties["a:y"]': { kind: "delete", inputDiff: true },
    });
  });

  test("what only the program knows is compared with what the program said before", () => {
    const state = { name: "tank/a", onDelete: "retain" };
    const before = { name: "tank/a", onDelete: "retain" };
    expect(diff(dataset, { inputs: { name: "tank/a", onDelete: "destroy" }, oldInputs: before, state })).toEqual({
      onDelete: { kind: "update", inputDiff: true },
    });
    // shareType is never told by the NAS: after an import nothing is known, so nothing differs.
    expect(
      diff(dataset, { inputs: { name: "tank/a", shareType: "GENERIC" }, oldInputs: { name: "tank/a" }, state }),
    ).toEqual({});
  });
});
