import { afterAll, beforeAll, expect, test } from "vitest";
import { readHoldings } from "../../commands/rehearsal/holdings.ts";
import { Rehearsal, type StackSettings, section, steps, succeeded } from "./harness.ts";

// The rails under an ordinary life: they must not stand in the way of it, and must stop what loses something. The tests build
// on each other, in their order.
let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await Rehearsal.start({
    edit: (config) => {
      config["homelab-storage:apps"] = { ollama: { models: { size: "500Gi" } } };
      config["homelab-storage:shares"] = {};
    },
  });
  succeeded(await rehearsal.up());
});
afterAll(() => rehearsal?.stop());

const schemas = async () => {
  const { snapshotTasks } = await readHoldings(rehearsal.nas, rehearsal.plan.nas.pool);
  return snapshotTasks.map(({ dataset, schema }) => `${dataset} ${schema.replace(/-%.*/, "")}`);
};
const common = ["hourly", "daily", "weekly", "monthly"].map((period) => `big/k8s-apps hs-apps-${period}`).sort();
const ollama = (config: StackSettings) => section(config, "apps")["ollama"] as Record<string, unknown>;

test("an app gets its own chain without a switch: the new tasks are made before the common ones let go", async () => {
  await rehearsal.configure((config) => {
    ollama(config)["snapshots"] = { hourly: 0, daily: 30, weekly: 0, monthly: 0 };
  });
  const up = succeeded(await rehearsal.up());
  expect(steps(up)).toContain("create SnapshotTask nas-snapshots-ollama-daily");
  expect(steps(up)).toContain("update SnapshotTask nas-snapshots-apps-daily");
  expect(await schemas()).toEqual([...common, "big/k8s-apps/ollama hs-ollama-daily"]);
});

test("the app leaves, and its chain with it: the common one takes its datasets over first", async () => {
  const restore = await rehearsal.configure((config) => {
    config["homelab-storage:apps"] = {};
  });
  const up = succeeded(await rehearsal.up());
  expect(steps(up)).toContain("delete SnapshotTask nas-snapshots-ollama-daily");
  expect(up.report.warnings.filter((text) => text.includes("stays on the NAS"))).toEqual([]);
  expect(await schemas()).toEqual(common);
  await restore();
  succeeded(await rehearsal.up());
  expect(await schemas()).toEqual([...common, "big/k8s-apps/ollama hs-ollama-daily"]);
});

test("giving snapshots up leaves the last task, and says where to delete it", async () => {
  await rehearsal.configure((config) => {
    ollama(config)["snapshots"] = { exempt: "can be downloaded again" };
  });
  const kept = succeeded(await rehearsal.up());
  expect(kept.report.warnings.join("\n")).toMatch(
    /snapshot task \d+ stays on the NAS[\s\S]*delete it in the TrueNAS UI/,
  );
  expect(await schemas()).toEqual([...common, "big/k8s-apps/ollama hs-ollama-daily"]);
});

test("with nas.readOnly a preview works and says so, and up stops at the first change", async () => {
  const before = await readHoldings(rehearsal.nas, rehearsal.plan.nas.pool);
  const restore = await rehearsal.configure((config) => {
    section(config, "nas")["readOnly"] = true;
    ollama(config)["models"] = { size: "600Gi" };
  });
  const preview = succeeded(await rehearsal.preview());
  expect(preview.report.warnings.join("\n")).toContain("nas.readOnly: The NAS is only read");
  const up = await rehearsal.up();
  expect(up.code).not.toBe(0);
  expect(up.report.errors.join("\n")).toContain("Set nas.readOnly: false in the configuration");
  expect(await readHoldings(rehearsal.nas, rehearsal.plan.nas.pool)).toEqual(before);
  await restore();
  succeeded(await rehearsal.up());
});
