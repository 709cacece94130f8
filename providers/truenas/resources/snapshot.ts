import { z } from "zod";
import { ProviderError } from "../../base/errors.ts";
import type { Properties } from "../../base/values.ts";
import type { Row } from "../client/client.ts";
import { parseSafetySnapshot } from "../client/safety-snapshots.ts";
import { sdkResource } from "../sdk.ts";
import type { ResourceContext } from "./context.ts";
import { defineResource, type Live } from "./definition.ts";
import { refuseLocked } from "./locked.ts";
import { datasetName } from "./names.ts";
import { destroySnapshot } from "./snapshot-destroy.ts";
import { takenAt } from "./snapshot-names.ts";

const inputs = z.object({
  dataset: datasetName.describe("Dataset of which it is taken."),
  name: z
    .string()
    .regex(/^[0-9A-Za-z _.:-]+$/, "may hold letters, digits, space and _ . : -")
    .refine((name) => parseSafetySnapshot(name) === undefined, "is like those that this provider removes by itself")
    .describe("Its name, without the dataset. No schema of a snapshot task on the dataset may fit it."),
  recursive: z
    .boolean()
    .optional()
    .describe("Whether the datasets below are taken with it, at the same moment. Fixed when it is taken."),
  hold: z
    .boolean()
    .optional()
    .describe("Whether it is held, so that nothing can delete it. Left out: as it is on the NAS."),
  onDelete: z
    .enum(["retain", "destroy"])
    .default("retain")
    .describe(
      "What removing the resource does: keep the snapshot (default), or destroy it. Destroying needs hold: false, and destroyProtection off.",
    ),
});
type Inputs = z.output<typeof inputs>;

/** The tag that pool.snapshot.hold sets. */
const ourTag = "truenas";

export const snapshot = defineResource({
  type: "truenas:index:Snapshot",
  description: "One snapshot of a dataset, taken once. Removing the resource keeps it, unless onDelete says otherwise.",
  inputs,
  outputs: z.object({ created: z.string().describe("When the NAS took it. ISO 8601, UTC.") }),
  outputTraits: { created: { stable: true } },
  traits: {
    dataset: { replaces: true },
    name: { replaces: true },
    recursive: {
      writeOnly: true,
      fixed:
        "it is decided when the snapshot is taken. Write the old value again, or take another one under another name",
    },
    onDelete: { local: true },
  },
  deletion:
    "Keeps the snapshot. With onDelete: destroy, destroys it (and those that were taken with it) when nobody holds it and destroyProtection is off.",
  lifecycle: {
    read: async (context, id) => {
      const row = await find(context, id);
      return row && toLive(row);
    },

    preflight: async (context, { dataset, name }, live) => {
      if (live) return;
      await refuseLocked(context, dataset, `no snapshot of ${dataset} can be taken`);
      const tasks = await context.nas.collection("pool.snapshottask.query").all();
      const covers = (task: Row) =>
        task["dataset"] === dataset ||
        (task["recursive"] === true && dataset.startsWith(`${String(task["dataset"])}/`));
      const pruner = tasks.find((task) => covers(task) && takenAt(String(task["naming_schema"]), name) !== undefined);
      if (!pruner) return;
      throw new ProviderError(
        "FAILED_PRECONDITION",
        `snapshot ${dataset}@${name}: snapshot task ${pruner["id"]} ("${pruner["naming_schema"]}") would take it for one of its own ` +
          "and delete it when its time is over. Give it another name.",
      );
    },

    locate: async (context, { dataset, name }) => {
      const row = await find(context, `${dataset}@${name}`);
      return row && { id: row.id, ours: false, asWanted: true, description: `snapshot ${row.id}` };
    },

    create: async (context, { dataset, name, recursive = false }) => {
      await context.nas.call("pool.snapshot.create", [{ dataset, name, recursive }], { signal: context.signal });
      return `${dataset}@${name}`;
    },

    update: async (context, { live, changed, inputs: { hold, recursive = false } }) => {
      if (!changed.has("hold")) return;
      if (hold) await context.nas.call("pool.snapshot.hold", [live.id, { recursive }], { signal: context.signal });
      else await release(context, live.id, recursive);
    },

    delete: (context, id, { onDelete, recursive }) => destroySnapshot(context, id, onDelete, recursive ?? false),
  },
});

/** The NAS removes every tag, so one that somebody else set stops it. */
async function release(context: ResourceContext, id: string, recursive: boolean): Promise<void> {
  const others = Object.keys((await find(context, id))?.holds ?? {}).filter((tag) => tag !== ourTag);
  if (others.length > 0) {
    throw new ProviderError(
      "FAILED_PRECONDITION",
      `snapshot ${id} is also held as ${others.join(", ")}, and the NAS releases all holds at once. Release it there, or write hold: true.`,
    );
  }
  await context.nas.call("pool.snapshot.release", [id, { recursive }], { signal: context.signal });
}

interface SnapshotRow extends Row {
  readonly id: string;
  readonly dataset: string;
  readonly snapshot_name: string;
  readonly holds?: Readonly<Record<string, unknown>>;
  readonly properties?: { readonly creation?: { readonly rawvalue?: string } };
}

async function find(context: ResourceContext, id: string): Promise<SnapshotRow | undefined> {
  if (!/^[^@]+@[^@]+$/.test(id)) {
    throw new ProviderError(
      "INVALID_ARGUMENT",
      `"${id}" is no id of a snapshot: expected dataset@name, such as tank/apps@before`,
    );
  }
  const params = [[["id", "=", id]], { extra: { holds: true } }];
  return (await context.nas.call<SnapshotRow[]>("pool.snapshot.query", params, { signal: context.signal }))[0];
}

function toLive(row: SnapshotRow): Live<Inputs> {
  const seconds = Number(row.properties?.creation?.rawvalue ?? Number.NaN);
  const created = Number.isNaN(seconds) ? "" : new Date(seconds * 1000).toISOString();
  const hold = ourTag in (row.holds ?? {});
  const live = { dataset: row.dataset, name: row.snapshot_name, hold };
  const explicit: (keyof Inputs & string)[] = hold ? ["dataset", "name", "hold"] : ["dataset", "name"];
  return { id: row.id, inputs: live, explicit, outputs: { created } satisfies Properties };
}

/** One snapshot of a dataset, taken once. */
export class Snapshot extends sdkResource(snapshot) {}
