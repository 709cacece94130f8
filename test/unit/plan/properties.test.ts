import fc from "fast-check";
import { expect, test } from "vitest";
import { ConfigError } from "../../../config/index.ts";
import { findConflicts, findContradiction } from "../../../plan/conflicts.ts";
import { loadPlan, type StoragePlan } from "../../../plan/index.ts";
import { isWithin, parentOf } from "../../../plan/names.ts";
import { configuration, reordered } from "./arbitrary.ts";
import { fitsSchema, nameOf } from "./schema-names.ts";

const runs = { numRuns: 60 };

function attempt(raw: unknown): StoragePlan | undefined {
  try {
    return loadPlan(raw).plan;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** Checks a property of every plan; configurations that are refused have none. */
function everyPlan(check: (plan: StoragePlan, raw: Record<string, unknown>) => void): void {
  fc.assert(
    fc.property(configuration, (raw) => {
      const plan = attempt(raw);
      if (plan !== undefined) check(plan, raw);
    }),
    runs,
  );
}

test("most generated configurations are planned, so that the properties say something", () => {
  const planned = fc.sample(configuration, { numRuns: 100, seed: 1 }).filter((raw) => attempt(raw) !== undefined);
  expect(planned.length).toBeGreaterThan(40);
});

test("no two exports clash, and none contradicts itself or is open", () => {
  everyPlan((plan) => {
    expect(findConflicts(plan.exports.map((exported) => ({ ...exported, origin: exported.key })))).toEqual([]);
    for (const exported of plan.exports) {
      expect(findContradiction(exported)).toBeUndefined();
      expect(exported.networks.length).toBeGreaterThan(0);
    }
  });
});

test("every dataset is covered by exactly one chain, or has a named exemption", () => {
  everyPlan((plan) => {
    const datasets = [
      ...plan.datasets,
      ...plan.shares.map((share) => ({ name: share.dataset, chain: share.chain, exemption: share.exemption })),
    ];
    for (const { name, chain, exemption } of datasets) {
      const covering = plan.snapshotTasks.filter(
        (task) => isWithin(name, task.dataset) && !task.exclude.some((excluded) => isWithin(name, excluded)),
      );
      const chains = [...new Set(covering.map((task) => task.chain))];
      expect(chains).toEqual(chain === undefined ? [] : [chain]);
      expect(chain === undefined).toBe(exemption !== undefined);
      expect(new Set(covering.map(({ period }) => period)).size).toBe(covering.length);
    }
  });
});

test("no snapshot name is read by two tasks of one dataset", () => {
  everyPlan((plan) => {
    for (const task of plan.snapshotTasks) {
      const name = nameOf(task.namingSchema);
      const others = plan.snapshotTasks.filter((other) => other !== task && fitsSchema(name, other.namingSchema));
      // Two roots of one app share a schema, on datasets that do not touch.
      for (const other of others)
        expect(isWithin(other.dataset, task.dataset) || isWithin(task.dataset, other.dataset)).toBe(false);
    }
  });
});

test("SQLite, and what might be SQLite, never lands on NFS or SMB", () => {
  everyPlan((plan) => {
    for (const volume of plan.volumes.filter(({ kind }) => kind === "sqlite" || kind === "unverified")) {
      expect(["node-local", "longhorn"]).toContain(volume.tier);
      expect([volume.dataset, volume.export, volume.nfs, volume.smbShare]).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
    }
  });
});

test("whatever else an owner asks for, SQLite on the NAS is refused", () => {
  const tier = fc.constantFrom("truenas-nfs", "truenas-smb", "s3", "ceph");
  const kind = fc.constantFrom("sqlite", "unverified");
  fc.assert(
    fc.property(configuration, tier, kind, (raw, chosen, what) => {
      const apps = { ...(raw["apps"] as object), odd: { data: { kind: what, size: "1Gi", tier: chosen } } };
      expect(attempt({ ...raw, apps })).toBeUndefined();
    }),
    { numRuns: 30 },
  );
});

test("the same input gives the same plan, whatever the order of its keys", () => {
  everyPlan((plan, raw) => {
    expect(JSON.stringify(attempt(structuredClone(raw)))).toBe(JSON.stringify(plan));
    expect(JSON.stringify(attempt(reordered(raw)))).toBe(JSON.stringify(plan));
  });
});

test("planning changes nothing of its input", () => {
  fc.assert(
    fc.property(configuration, (raw) => {
      const before = structuredClone(raw);
      attempt(raw);
      expect(raw).toEqual(before);
    }),
    { numRuns: 20 },
  );
});

test("datasets: parents first, names and keys once, nothing below pvc, sizes that the NAS takes", () => {
  everyPlan((plan) => {
    const seen = new Set<string>([parentOf(plan.nas.appsDataset) ?? ""]);
    for (const { name, path, properties } of plan.datasets) {
      expect(seen).toContain(parentOf(name));
      expect(seen).not.toContain(name);
      seen.add(name);
      expect(path).toBe(`/mnt/${name}`);
      expect(isWithin(name, `${plan.nas.appsDataset}/pvc`)).toBe(false);
      for (const limit of [properties.refquota, properties.quota])
        expect(limit ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(2 ** 30);
    }
    for (const list of [plan.datasets, plan.exports, plan.snapshotTasks, plan.smbShares, plan.volumes]) {
      expect(new Set(list.map(({ key }) => key)).size).toBe(list.length);
    }
  });
});

test("every exported path is a dataset of its own, and containers are never exported", () => {
  everyPlan((plan) => {
    const exportable = new Set([
      ...plan.datasets
        .filter(({ purpose }) => purpose !== "app" && purpose !== "group" && purpose !== "smb")
        .map(({ path }) => path),
      ...plan.shares.map(({ path }) => path),
    ]);
    for (const { path } of plan.exports) expect(exportable).toContain(path);
    for (const volume of plan.volumes.filter(({ tier, share }) => tier === "truenas-nfs" && share === undefined)) {
      expect(plan.exports.find(({ key }) => key === volume.export)?.dataset).toBe(volume.dataset);
    }
  });
});

test("critical data on a node has somewhere to be copied to", () => {
  everyPlan((plan) => {
    for (const { critical, tier, protection } of plan.volumes) {
      if (critical && (tier === "node-local" || tier === "longhorn")) expect(protection.copy).not.toBe("none");
      if (protection.copy === "sqlite-online-backup") {
        expect(plan.exports.map(({ dataset }) => dataset)).toContain(protection.dataset);
      }
    }
  });
});
