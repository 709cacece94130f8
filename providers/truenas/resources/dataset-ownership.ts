import { z } from "zod";
import { sdkResource } from "../sdk.ts";
import { sameSet } from "./compare.ts";
import type { ResourceContext } from "./context.ts";
import type { DatasetRow } from "./dataset-row.ts";
import { defineResource } from "./definition.ts";
import { datasetName, ownership, ownerValue } from "./names.ts";

const inputs = z.object({
  root: datasetName.describe("Dataset below which (and including which) this stack keeps its datasets. Cannot change."),
  datasets: z.array(datasetName).describe("Every dataset that the program plans now."),
});

const retiredEntry = z.object({ name: z.string(), since: z.string(), heldSnapshot: z.string() });

const outputs = z.object({
  retired: z
    .array(retiredEntry)
    .describe(
      "Datasets of this stack that are no longer planned: their bytes are kept, with the newest snapshot held.",
    ),
});

/**
 * The engine calls nobody when a retained resource leaves a program. This singleton knows all planned datasets and so
 * sees who left: it stamps them with a date and holds their newest snapshot, and undoes both when they return.
 */
export const datasetOwnership = defineResource({
  type: "truenas:index:DatasetOwnership",
  description: "Keeps the list of datasets that the program no longer plans but whose bytes are still there.",
  inputs,
  outputs,
  traits: {
    root: { fixed: "datasets cannot be moved below another one by changing a name; write the old root again" },
    datasets: { same: sameSet },
  },
  deletion: "Marks every dataset of the stack as retired; nothing is destroyed.",
  lifecycle: {
    read: async (context, root) => {
      const all = await below(context, root);
      if (all.length === 0) return undefined;
      const rows = all.filter((row) => isOurs(context, row));
      const planned = rows.filter((row) => retiredAt(row) === undefined).map((row) => row.id);
      const retired = rows.filter((row) => retiredAt(row) !== undefined).map(entry);
      return {
        id: root,
        inputs: { root, datasets: planned.sort() },
        explicit: ["root", "datasets"],
        outputs: { retired: retired.sort((a, b) => (a.name < b.name ? -1 : 1)) },
      };
    },

    locate: async (_context, { root }) => ({
      id: root,
      ours: true,
      standing: true,
      description: `the list of datasets below ${root}`,
    }),

    create: async (_context, { root }) => root,

    update: (context, { inputs: wanted }) => stamp(context, wanted.root, new Set(wanted.datasets)),

    delete: (context, root) => stamp(context, root, new Set()),
  },
});

async function stamp(context: ResourceContext, root: string, planned: ReadonlySet<string>): Promise<void> {
  for (const row of await below(context, root)) {
    // Planned and in the state, but without our mark: it was imported.
    if (planned.has(row.id) && !isOurs(context, row)) await claim(context, row);
    if (!isOurs(context, row)) continue;
    const isRetired = retiredAt(row) !== undefined;
    if (planned.has(row.id) && isRetired) await bringBack(context, row);
    if (!planned.has(row.id) && !isRetired) await retire(context, row);
  }
}

async function claim(context: ResourceContext, row: DatasetRow): Promise<void> {
  const marks = [{ key: ownership.owner, value: ownerValue(context, row.id) }];
  await context.nas.call("pool.dataset.update", [row.id, { user_properties_update: marks }], {
    signal: context.signal,
  });
}

async function retire(context: ResourceContext, row: DatasetRow): Promise<void> {
  const held = await holdNewestSnapshot(context, row.id);
  const marks = [
    { key: ownership.retiredAt, value: mark(row.id, new Date().toISOString()) },
    ...(held === undefined ? [] : [{ key: ownership.heldSnapshot, value: mark(row.id, held) }]),
  ];
  await context.nas.call("pool.dataset.update", [row.id, { user_properties_update: marks }], {
    signal: context.signal,
  });
  const kept = held === undefined ? "" : `, snapshot ${held} is held`;
  context.log("info", `dataset ${row.id} is no longer planned: it is retired, its bytes stay${kept}`);
}

async function bringBack(context: ResourceContext, row: DatasetRow): Promise<void> {
  const held = markOf(row, ownership.heldSnapshot);
  if (held !== undefined)
    await context.nas.call("pool.snapshot.release", [`${row.id}@${held}`], { signal: context.signal });
  const keys = [ownership.retiredAt, ...(held === undefined ? [] : [ownership.heldSnapshot])];
  const request = { user_properties_update: keys.map((key) => ({ key, remove: true })) };
  await context.nas.call("pool.dataset.update", [row.id, request], { signal: context.signal });
  context.log("info", `dataset ${row.id} is planned again: it is no longer retired`);
}

interface SnapshotRow {
  readonly id: string;
  readonly snapshot_name: string;
  readonly createtxg: string;
}

/** Holds the newest snapshot, so that pruning leaves one way back; tells its name. */
async function holdNewestSnapshot(context: ResourceContext, dataset: string): Promise<string | undefined> {
  const filters = [["dataset", "=", dataset]];
  const rows = await context.nas.call<SnapshotRow[]>("pool.snapshot.query", [filters], { signal: context.signal });
  const newest = [...rows].sort((a, b) => Number(b.createtxg) - Number(a.createtxg))[0];
  if (!newest) return undefined;
  await context.nas.call("pool.snapshot.hold", [newest.id], { signal: context.signal });
  return newest.snapshot_name;
}

/** User properties are inherited by children, so a value counts only on the dataset that it names. */
const mark = (dataset: string, value: string) => `${dataset} ${value}`;

function markOf(row: DatasetRow, key: string): string | undefined {
  const value = row.user_properties?.[key]?.value ?? "";
  return value.startsWith(`${row.id} `) ? value.slice(row.id.length + 1) : undefined;
}

const retiredAt = (row: DatasetRow) => markOf(row, ownership.retiredAt);

const entry = (row: DatasetRow) => ({
  name: row.id,
  since: retiredAt(row) ?? "",
  heldSnapshot: markOf(row, ownership.heldSnapshot) ?? "",
});

/** The datasets at and below a root. */
async function below(context: ResourceContext, root: string): Promise<DatasetRow[]> {
  const rows = (await context.nas.collection("pool.dataset.query").all()) as unknown as DatasetRow[];
  return rows.filter((row) => row.id === root || row.id.startsWith(`${root}/`));
}

/** Whether this stack made it, or took it over. */
const isOurs = (context: ResourceContext, row: DatasetRow) =>
  row.user_properties?.[ownership.owner]?.value === ownerValue(context, row.id);

/** Keeps the list of datasets that the program no longer plans but whose bytes are still there. */
export class DatasetOwnership extends sdkResource(datasetOwnership) {}
