import { z } from "zod";
import { CallError, errno, type Issue, ValidationErrors } from "../errors.ts";
import { type CallContext, type Method, text } from "../method.ts";
import { parseField } from "../world/cron.ts";
import { isInternal } from "../world/dataset.ts";
import { namingSchemaProblem } from "../world/naming.ts";
import type { SnapshotTask } from "../world/retention.ts";
import { nextId } from "../world/world.ts";
import { collection, integerId, type Row, reader, remove, replace } from "./crud.ts";
import { findRow } from "./lookup.ts";
import { taskRead, taskWrite } from "./roles.ts";

const title = "PeriodicSnapshotTask";
const event = "pool.snapshottask.query";

const cronField = (name: Parameters<typeof parseField>[1], initial: string): z.ZodDefault<z.ZodString> =>
  text()
    .superRefine((value, context) => {
      try {
        parseField(value, name);
      } catch (error) {
        context.addIssue({
          code: "custom",
          message: `Please ensure fields match cron syntax: ${(error as Error).message}`,
        });
      }
    })
    .default(initial);

const timeOfDay = (initial: string): z.ZodDefault<z.ZodString> =>
  text()
    .refine((value) => /^([01]?\d|2[0-3]):[0-5]\d$/.test(value), "Time should be in 24 hour format like 18:00")
    .default(initial);

const schedule = z
  .strictObject({
    minute: cronField("minute", "00"),
    hour: cronField("hour", "*"),
    dom: cronField("dom", "*"),
    month: cronField("month", "*"),
    dow: cronField("dow", "*"),
    begin: timeOfDay("00:00"),
    end: timeOfDay("23:59"),
  })
  .prefault({});

const namingSchema = text().superRefine((value, context) => {
  const message = namingSchemaProblem(value);
  if (message) context.addIssue({ code: "custom", message });
});

const unit = z.enum(["HOUR", "DAY", "WEEK", "MONTH", "YEAR"]);
const excluded = z.array(text());

const createSchema = z.strictObject({
  dataset: text(),
  recursive: z.boolean().default(false),
  lifetime_value: z.int().default(2),
  lifetime_unit: unit.default("WEEK"),
  enabled: z.boolean().default(true),
  exclude: excluded.default([]),
  naming_schema: namingSchema.default("auto-%Y-%m-%d_%H-%M"),
  allow_empty: z.boolean().default(true),
  schedule,
});

const changes = {
  dataset: text().optional(),
  recursive: z.boolean().optional(),
  lifetime_value: z.int().optional(),
  lifetime_unit: unit.optional(),
  enabled: z.boolean().optional(),
  exclude: excluded.optional(),
  naming_schema: namingSchema.optional(),
  allow_empty: z.boolean().optional(),
  schedule: z.union([z.undefined(), schedule]),
};
const previewSchema = z.strictObject(changes);
const updateSchema = z.strictObject({ ...changes, fixate_removal_date: z.boolean().default(false) });

type Changes = Partial<Omit<SnapshotTask, "id">>;

const row = ({ world }: CallContext, task: SnapshotTask): Row => ({
  ...task,
  vmware_sync: false,
  state: world.schedule.states.get(task.id) ?? { state: "PENDING" },
});

function validate({ world }: CallContext, task: Omit<SnapshotTask, "id">, prefix: string): void {
  const issues: Issue[] = [];
  const add = (field: string, message: string): void => {
    issues.push([`${prefix}.${field}`, message, errno.EINVAL]);
  };
  const dataset = world.storage.datasets.get(task.dataset);
  const known = dataset !== undefined && !dataset.locked && !isInternal(task.dataset);
  if (!known) add("dataset", "Dataset not found");
  if (!task.recursive && task.exclude.length > 0) {
    add("exclude", "Excluding datasets is not necessary for non-recursive periodic snapshot tasks");
  }
  task.exclude.forEach((path, index) => {
    if (!path.startsWith(`${task.dataset}/`))
      add(`exclude.${index}`, "Excluded dataset should be a child or other descendant of selected dataset");
  });
  if (issues.length > 0) throw new ValidationErrors(issues);
}

const merged = (task: SnapshotTask, data: Changes): SnapshotTask => ({
  ...task,
  ...Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)),
});

/** Snapshot names by dataset, in order. */
function grouped(ids: Iterable<string>): Record<string, string[]> {
  const result: Record<string, string[]> = {};
  for (const id of [...ids].sort()) {
    const [dataset = "", name = ""] = id.split("@");
    result[dataset] = [...(result[dataset] ?? []), name];
  }
  return result;
}

/** Snapshots that an updated task would no longer count as its own. A lifetime that changes alone is not among the reasons. */
function released({ world }: CallContext, old: SnapshotTask, next: SnapshotTask): string[] {
  const kept = world.schedule.owned(next);
  return [...world.schedule.owned(old)].filter((id) => !kept.has(id));
}

function create(call: CallContext, data: Omit<SnapshotTask, "id">): Row {
  validate(call, data, "periodic_snapshot_create");
  const task: SnapshotTask = { id: nextId(call.world.snapshotTasks), ...data };
  call.world.snapshotTasks.push(task);
  const result = row(call, task);
  call.emit(event, "ADDED", task.id, result);
  return result;
}

function update(call: CallContext, id: number, data: Changes & { readonly fixate_removal_date: boolean }): Row {
  const { world } = call;
  const old = findRow(world.snapshotTasks, title, id);
  const { fixate_removal_date: fixate, ...rest } = data;
  const next = merged(old, rest);
  validate(call, next, "periodic_snapshot_update");
  if (fixate) world.schedule.fixate(old, released(call, old, next));
  replace(world.snapshotTasks, next);
  const result = row(call, next);
  call.emit(event, "CHANGED", id, result);
  return result;
}

function destroy(call: CallContext, id: number, options: { readonly fixate_removal_date: boolean }): true {
  const { world } = call;
  const task = findRow(world.snapshotTasks, title, id);
  if (options.fixate_removal_date) world.schedule.fixate(task, world.schedule.owned(task));
  remove(world.snapshotTasks, id);
  world.schedule.states.delete(id);
  call.emit(event, "REMOVED", id);
  return true;
}

function run(call: CallContext, id: number): null {
  const task = findRow(call.world.snapshotTasks, title, id);
  if (!task.enabled) throw new CallError("Task is not enabled");
  call.world.schedule.run(task);
  call.emit(event, "CHANGED", id, row(call, task));
  return null;
}

const id = { name: "id", schema: integerId };

export const snapshotTaskMethods: readonly Method[] = [
  ...collection({
    name: "pool.snapshottask",
    title,
    access: taskRead,
    id: integerId,
    rows: (call) => call.world.snapshotTasks.map((task) => row(call, task)),
  }),
  {
    name: "pool.snapshottask.create",
    access: taskWrite,
    params: () => [{ name: "data", schema: createSchema }],
    run: (call, [data]) => create(call, data as Omit<SnapshotTask, "id">),
  },
  {
    name: "pool.snapshottask.update",
    access: taskWrite,
    params: () => [id, { name: "data", schema: updateSchema }],
    run: (call, [number, data]) =>
      update(call, number as number, data as Changes & { readonly fixate_removal_date: boolean }),
  },
  {
    name: "pool.snapshottask.delete",
    access: taskWrite,
    params: () => [
      id,
      {
        name: "options",
        schema: z.strictObject({ fixate_removal_date: z.boolean().default(false) }).prefault({}),
        required: false,
      },
    ],
    run: (call, [number, options]) =>
      destroy(call, number as number, options as { readonly fixate_removal_date: boolean }),
  },
  {
    name: "pool.snapshottask.run",
    access: taskWrite,
    params: () => [id],
    run: (call, [number]) => run(call, number as number),
  },
  reader("pool.snapshottask.max_count", taskRead, () => 512),
  {
    name: "pool.snapshottask.update_will_change_retention_for",
    access: taskRead,
    params: () => [id, { name: "data", schema: previewSchema }],
    run: (call, [number, data]) => {
      const old = findRow(call.world.snapshotTasks, title, number);
      return grouped(released(call, old, merged(old, data as Changes)));
    },
  },
  {
    name: "pool.snapshottask.delete_will_change_retention_for",
    access: taskRead,
    params: () => [id],
    run: (call, [number]) => grouped(call.world.schedule.owned(findRow(call.world.snapshotTasks, title, number))),
  },
];
