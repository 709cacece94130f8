import { expect, test } from "vitest";
import { fitsSchema, nameOf } from "./schema-names.ts";
import { planOf } from "./try-plan.ts";

const data = { kind: "config", size: "1Gi" };

test("an app that asks for another retention has a chain of its own, left out of the common one with its subtree", () => {
  const plan = planOf({ apps: { a: { snapshots: { hourly: 48, monthly: 0 }, data, more: data }, b: { data } } });
  const tasks = plan.snapshotTasks.map((task) => [
    task.key,
    task.dataset,
    `${task.lifetimeValue} ${task.lifetimeUnit}`,
    task.exclude,
  ]);
  const excluded = ["tank/k8s-apps/a", "tank/k8s-apps/a/data", "tank/k8s-apps/a/more"];
  expect(tasks).toEqual([
    ["apps-hourly", "tank/k8s-apps", "24 HOUR", excluded],
    ["apps-daily", "tank/k8s-apps", "7 DAY", excluded],
    ["apps-weekly", "tank/k8s-apps", "4 WEEK", excluded],
    ["apps-monthly", "tank/k8s-apps", "12 MONTH", excluded],
    ["a-hourly", "tank/k8s-apps/a", "48 HOUR", []],
    ["a-daily", "tank/k8s-apps/a", "7 DAY", []],
    ["a-weekly", "tank/k8s-apps/a", "4 WEEK", []],
  ]);
  expect(plan.datasets.map(({ name, chain }) => [name, chain])).toEqual([
    ["tank/k8s-apps", "apps"],
    ["tank/k8s-apps/a", "a"],
    ["tank/k8s-apps/a/data", "a"],
    ["tank/k8s-apps/a/more", "a"],
    ["tank/k8s-apps/b", "apps"],
    ["tank/k8s-apps/b/data", "apps"],
  ]);
});

test("an app's chain follows its data into groups, and leaves the neighbours alone", () => {
  const plan = planOf({
    apps: { a: { snapshots: { hourly: 48 }, data, db: { ...data, group: "g" } }, b: { db: { ...data, group: "g" } } },
  });
  const own = plan.snapshotTasks.filter(({ chain, period }) => chain === "a" && period === "daily");
  expect(own.map(({ key, dataset }) => [key, dataset])).toEqual([
    ["a-a-daily", "tank/k8s-apps/a"],
    ["a-a-db-daily", "tank/k8s-apps/g/a-db"],
  ]);
  expect(plan.datasets.find(({ name }) => name === "tank/k8s-apps/g/b-db")?.chain).toBe("apps");
  expect(plan.datasets.find(({ name }) => name === "tank/k8s-apps/g")?.chain).toBe("apps");
});

test("copies of node-local databases are in the chain of their app", () => {
  const plan = planOf({ apps: { linkding: { snapshots: { daily: 30 } } } });
  expect(plan.volumes[0]?.protection).toMatchObject({ chain: "linkding", dataset: "tank/k8s-apps/linkding/backup" });
});

test("an exempted app is left out, and says why", () => {
  const plan = planOf({ apps: { ollama: { snapshots: { exempt: "models can be pulled again" } } } });
  expect(plan.snapshotTasks.map(({ chain }) => chain)).toEqual(["apps", "apps", "apps", "apps"]);
  expect(plan.snapshotTasks[0]?.exclude).toEqual(["tank/k8s-apps/ollama", "tank/k8s-apps/ollama/models"]);
  const models = plan.datasets.find(({ key }) => key === "ollama-models");
  expect([models?.chain, models?.exemption]).toEqual([undefined, "models can be pulled again"]);
  expect(plan.volumes.find(({ key }) => key === "ollama-models")?.protection).toEqual({
    copy: "none",
    active: false,
    reason: "No snapshots, for a stated reason: models can be pulled again.",
  });
});

test("a retention that is the common one needs no chain of its own", () => {
  const plan = planOf({ apps: { a: { snapshots: { hourly: 24 }, data } } });
  expect(new Set(plan.snapshotTasks.map(({ chain }) => chain))).toEqual(new Set(["apps"]));
});

test("snapshots for an app without data on the NAS, and more than TrueNAS likes, are warned about", () => {
  const plan = planOf({
    snapshots: { hourly: 600 },
    apps: { a: { snapshots: { daily: 9 }, tmp: { kind: "cache", size: "1Gi" } } },
  });
  const warnings = plan.findings.filter(({ severity }) => severity === "warning").map(({ path, text }) => [path, text]);
  expect(warnings).toEqual([
    ["apps.a.snapshots", expect.stringContaining("nothing to snapshot")],
    ["snapshots", expect.stringContaining("623 snapshots")],
  ]);
});

test("each period runs at its time", () => {
  const every = { minute: "0", hour: "*", dom: "*", month: "*", dow: "*" };
  expect(planOf({}).snapshotTasks.map(({ schedule }) => schedule)).toEqual([
    every,
    { ...every, hour: "0" },
    { ...every, hour: "0", dow: "sun" },
    { ...every, hour: "0", dom: "1" },
  ]);
});

test("no task prunes another's snapshots, even with names made to confuse", () => {
  const names = ["a", "a-hourly", "hourly", "a-2026-11-23", "a-daily-2026", "share-a"];
  const apps = Object.fromEntries(names.map((name) => [name, { snapshots: { hourly: 2 }, data }]));
  const { snapshotTasks } = planOf({ apps, shares: { b: { path: "/mnt/tank/b", snapshots: {} } } });
  for (const task of snapshotTasks) {
    const readers = snapshotTasks.filter((other) => fitsSchema(nameOf(task.namingSchema), other.namingSchema));
    expect(readers.map(({ key }) => key)).toEqual([task.key]);
    expect(fitsSchema("auto-2026-11-23_04-00", task.namingSchema)).toBe(false);
    expect(task.namingSchema).toMatch(/^hs-[-a-z0-9]+-%Y-%m-%d_%H-%M$/);
  }
});
