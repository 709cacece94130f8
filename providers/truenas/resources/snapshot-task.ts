import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { DestroyProtectionError } from "../client/errors.ts";
import { sdkResource } from "../sdk.ts";
import { sameSet } from "./compare.ts";
import type { ResourceContext } from "./context.ts";
import { defineResource, type Live } from "./definition.ts";
import { datasetName } from "./names.ts";
import { deleteById, idFilter } from "./rows.ts";
import { lifetimeMs, takenAt } from "./snapshot-names.ts";

const cron = (pattern: RegExp, fallback: string) => z.string().regex(pattern, "must be a cron field").default(fallback);
const field = /^[\d*,/-]+$/;
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time such as 08:30");

const schedule = z.strictObject({
  minute: cron(field, "00"),
  hour: cron(field, "*"),
  dom: cron(field, "*").describe("Day of the month."),
  month: cron(/^[\w*,/-]+$/, "*"),
  dow: cron(/^[\w*,/-]+$/, "*").describe("Day of the week, 1 is Monday."),
  begin: time.default("00:00").describe("First time of a day."),
  end: time.default("23:59").describe("Last time of a day."),
});

const inputs = z.object({
  dataset: datasetName.or(z.string().regex(/^[A-Za-z][\w.:-]*$/)).describe("Dataset whose snapshots are taken."),
  recursive: z.boolean().default(false).describe("Whether its children are taken with it."),
  exclude: z.array(z.string()).default([]).describe("Descendants that are left out; only with recursive."),
  lifetimeValue: z.int().min(1).default(2).describe("How many units a snapshot is kept."),
  lifetimeUnit: z.enum(["HOUR", "DAY", "WEEK", "MONTH", "YEAR"]).default("WEEK").describe("Unit of the lifetime."),
  namingSchema: z
    .string()
    .regex(/^[0-9A-Za-z %_.:-]+$/, "may hold letters, digits, space and % _ . : -")
    .refine(
      (s) => /%s/.test(s) || ["%Y", "%m", "%d", "%H", "%M"].every((part) => s.includes(part)),
      "needs %Y %m %d %H %M, or %s",
    )
    .default("auto-%Y-%m-%d_%H-%M")
    .describe(
      "Name of each snapshot. The NAS prunes by this pattern: two tasks on one dataset need names that never fit each other's.",
    ),
  schedule: schedule
    .default({ minute: "00", hour: "*", dom: "*", month: "*", dow: "*", begin: "00:00", end: "23:59" })
    .describe("When."),
  allowEmpty: z.boolean().default(true).describe("Whether a snapshot is taken when nothing changed."),
  enabled: z.boolean().default(true).describe("Whether the task runs."),
});
type Inputs = z.output<typeof inputs>;

interface TaskRow {
  readonly id: number;
  readonly dataset: string;
  readonly recursive: boolean;
  readonly exclude: string[];
  readonly lifetime_value: number;
  readonly lifetime_unit: Inputs["lifetimeUnit"];
  readonly naming_schema: string;
  readonly schedule: Inputs["schedule"];
  readonly allow_empty: boolean;
  readonly enabled: boolean;
}

/** Snapshot tasks have no place for a mark; names that begin so are this project's by convention. */
const ourPrefix = "hs-";
/** Snapshots that a changed or removed task no longer covers keep the removal date they were promised. */
const keepDates = { fixate_removal_date: true };

export const snapshotTask = defineResource({
  type: "truenas:index:SnapshotTask",
  description:
    "A schedule of snapshots with their lifetime. Snapshots that a change no longer covers keep their removal date; a shorter lifetime counts for those that exist too, and preview says how many go.",
  inputs,
  outputs: z.object({}),
  traits: { exclude: { same: sameSet } },
  rules: ({ dataset, recursive, exclude }) => {
    if (!recursive && exclude.length > 0) return [{ property: "exclude", reason: "needs recursive: true" }];
    return exclude.flatMap((name, i) =>
      name.startsWith(`${dataset}/`)
        ? []
        : [{ property: `exclude[${i}]`, reason: `${name} is no descendant of ${dataset}` }],
    );
  },
  deletion:
    "Removes the schedule; snapshots that it took keep their removal date. The last enabled one that covers a dataset stays on the NAS unless destroyProtection is off, with a warning.",
  lifecycle: {
    read: async (context, id) => {
      const row = (await context.nas.collection("pool.snapshottask.query").find(idFilter(id))) as TaskRow | undefined;
      return row && toLive(row);
    },

    // One with another name of ours is another task, also on the same dataset.
    isSame: ({ inputs: { dataset, namingSchema } }, known) =>
      known.namingSchema === undefined ||
      namingSchema === known.namingSchema ||
      (dataset === known.dataset && !namingSchema?.startsWith(ourPrefix)),

    // The NAS takes any number of equal tasks, so this look is all that keeps a repeated create from doubling one.
    locate: async (context, wanted) => {
      const tasks = (await context.nas.collection("pool.snapshottask.query").all()) as unknown as TaskRow[];
      const same = tasks.filter(
        (task) => task.dataset === wanted.dataset && task.naming_schema === wanted.namingSchema,
      );
      const [first] = same;
      if (!first) return undefined;
      const ours =
        wanted.namingSchema.startsWith(ourPrefix) && isDeepStrictEqual(comparable(first), comparable(toWire(wanted)));
      const more = same.length > 1 ? ` (and ${same.length - 1} more like it)` : "";
      return {
        id: String(first.id),
        ours,
        description: `snapshot task ${first.id} "${first.naming_schema}" on ${first.dataset}${more}`,
      };
    },

    create: async (context, wanted) => {
      const row = await context.nas.call<TaskRow>("pool.snapshottask.create", [toWire(wanted)], {
        signal: context.signal,
      });
      return String(row.id);
    },

    // The NAS prunes by the lifetime of the task that fits the name, so a shorter one reaches back.
    preflight: async (context, wanted, live) => {
      if (!live) return;
      const before = { ...wanted, ...live.inputs };
      if (lifetimeMs(wanted) >= lifetimeMs(before)) return;
      const pruned = await olderThan(context, before, Date.now() - lifetimeMs(wanted));
      const text = `keeping ${wanted.lifetimeValue} ${wanted.lifetimeUnit} instead of ${before.lifetimeValue} ${before.lifetimeUnit}`;
      context.log("warning", `${text} deletes ${pruned} existing snapshots of ${before.dataset} that are older`);
    },

    update: async (context, { live, changed, inputs: wanted }) => {
      const wire: Record<string, unknown> = toWire(wanted);
      const request = Object.fromEntries([...changed].map((property) => [snake(property), wire[snake(property)]]));
      await context.nas.call("pool.snapshottask.update", [Number(live.id), { ...request, ...keepDates }], {
        signal: context.signal,
      });
    },

    delete: async (context, id) => {
      try {
        await deleteById(context, "pool.snapshottask.delete", Number(id), keepDates);
      } catch (error) {
        if (!(error instanceof DestroyProtectionError)) throw error;
        // An error would leave a destroyed stack half there, over data that stays and needs its snapshots.
        context.log(
          "warning",
          `snapshot task ${id} stays on the NAS and only the program forgets it. Its removal was refused: ${error.reason}. ` +
            "If it is to go all the same, delete it in the TrueNAS UI (Data Protection); with nas.destroyProtection: false " +
            "this run would have removed it.",
        );
      }
    },
  },
});

/** How many snapshots of a task were taken before a moment. */
async function olderThan(context: ResourceContext, task: Inputs, moment: number): Promise<number> {
  const filter = task.recursive
    ? [
        "OR",
        [
          ["dataset", "=", task.dataset],
          ["dataset", "^", `${task.dataset}/`],
        ],
      ]
    : ["dataset", "=", task.dataset];
  const options = { select: ["dataset", "snapshot_name"] };
  const rows = await context.nas.call<{ snapshot_name: string }[]>("pool.snapshot.query", [[filter], options], {
    signal: context.signal,
  });
  return rows.filter((row) => (takenAt(task.namingSchema, row.snapshot_name) ?? moment) < moment).length;
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function toWire(task: Inputs): Omit<TaskRow, "id"> {
  const {
    lifetimeValue: lifetime_value,
    lifetimeUnit: lifetime_unit,
    namingSchema: naming_schema,
    allowEmpty: allow_empty,
    ...rest
  } = task;
  return { ...rest, lifetime_value, lifetime_unit, naming_schema, allow_empty };
}

function comparable({ exclude, ...task }: Omit<TaskRow, "id">) {
  const { dataset, recursive, lifetime_value, lifetime_unit, naming_schema, schedule, allow_empty, enabled } = task;
  return {
    dataset,
    recursive,
    lifetime_value,
    lifetime_unit,
    naming_schema,
    schedule,
    allow_empty,
    enabled,
    exclude: [...exclude].sort(),
  };
}

function toLive(row: TaskRow): Live<Inputs> {
  const live = {
    dataset: row.dataset,
    recursive: row.recursive,
    exclude: row.exclude,
    lifetimeValue: row.lifetime_value,
    lifetimeUnit: row.lifetime_unit,
    namingSchema: row.naming_schema,
    schedule: row.schedule,
    allowEmpty: row.allow_empty,
    enabled: row.enabled,
  };
  return { id: String(row.id), inputs: live, explicit: Object.keys(live) as (keyof Inputs)[], outputs: {} };
}

/** A schedule of snapshots with their lifetime. */
export class SnapshotTask extends sdkResource(snapshotTask) {}
