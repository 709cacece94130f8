import { z } from "zod";
import { CallError, errno, invalid, notFound } from "../errors.ts";
import { type ApiVersion, type CallContext, type Method, text } from "../method.ts";
import type { Dataset, Snapshot } from "../world/dataset.ts";
import { namingSchemaProblem, snapshotName } from "../world/naming.ts";
import { walk } from "../world/nodes.ts";
import { byVersion, collection, type Row, textId } from "./crud.ts";
import { formatSize } from "./dataset-row.ts";
import { snapshotDelete, snapshotRead, snapshotRollback, snapshotWrite } from "./roles.ts";

const title = "PoolSnapshot";
const event = "pool.snapshot.query";

const idOf = (snapshot: Snapshot): string => `${snapshot.dataset}@${snapshot.name}`;

const property = (raw: string, value: string = raw, parsed: unknown = raw, source = "NONE"): Row => ({
  value,
  rawvalue: raw,
  source,
  parsed,
});

/** Bytes that only this snapshot holds, and those that it refers to. */
function sizes(dataset: Dataset, snapshot: Snapshot): { used: number; referenced: number } {
  const blocks = (root: Snapshot["root"]): Map<number, number> => {
    const found = new Map<number, number>();
    if (root) for (const [, node] of walk(root)) if (node.kind === "FILE") found.set(node.block, node.size);
    return found;
  };
  const own = blocks(snapshot.root);
  const elsewhere = new Set(blocks(dataset.root).keys());
  for (const other of dataset.snapshots.values()) {
    if (other !== snapshot) for (const block of blocks(other.root).keys()) elsewhere.add(block);
  }
  let used = 0;
  let referenced = 98_304;
  for (const [block, size] of own) {
    referenced += size;
    if (!elsewhere.has(block)) used += size;
  }
  return { used, referenced };
}

function properties(dataset: Dataset, snapshot: Snapshot): Row {
  const created = Math.floor(snapshot.created / 1000);
  const { used, referenced } = sizes(dataset, snapshot);
  const bytes = (number: number): Row => property(String(number), formatSize(number), number);
  return {
    creation: property(String(created), new Date(created * 1000).toUTCString(), new Date(created * 1000)),
    createtxg: property(String(snapshot.txg)),
    guid: property(snapshot.guid),
    used: bytes(used),
    referenced: bytes(referenced),
    userrefs: property(String(snapshot.holds.size), String(snapshot.holds.size), snapshot.holds.size),
    ...Object.fromEntries(
      [...snapshot.userProperties].map(([key, value]) => [key, property(value, value, value, "LOCAL")]),
    ),
  };
}

/** What create answers; reading adds holds and retention where they are asked for. */
const baseRow = (dataset: Dataset, snapshot: Snapshot): Row => ({
  id: idOf(snapshot),
  properties: properties(dataset, snapshot),
  pool: dataset.name.split("/")[0],
  name: idOf(snapshot),
  type: "SNAPSHOT",
  snapshot_name: snapshot.name,
  dataset: dataset.name,
  createtxg: String(snapshot.txg),
});

function rows({ world }: CallContext, extra: Row): Row[] {
  const least = Number(extra["min_txg"] ?? 0);
  const most = Number(extra["max_txg"] ?? 0);
  return world.storage.visible().flatMap((dataset) =>
    [...dataset.snapshots.values()]
      .filter(({ txg }) => txg >= least && (most === 0 || txg <= most))
      .map((snapshot) => ({
        ...baseRow(dataset, snapshot),
        ...(extra["holds"] === true && { holds: Object.fromEntries(snapshot.holds) }),
        ...(extra["retention"] === true && { retention: world.schedule.retention(snapshot) }),
      })),
  );
}

interface CreateInput {
  readonly dataset: string;
  readonly recursive: boolean;
  readonly exclude: readonly string[];
  readonly properties: Readonly<Record<string, unknown>>;
  readonly name?: string;
  readonly naming_schema?: string;
}

const createSchema = byVersion((version: ApiVersion) => {
  const both = {
    dataset: text().min(1),
    recursive: z.boolean().default(false),
    exclude: z.array(text()).default([]),
    vmware_sync: z.boolean().default(false),
    ...(version === "26.0" && { suspend_vms: z.boolean().default(false) }),
    properties: z.record(z.string(), z.unknown()).default({}),
  };
  return z.union([
    z.strictObject({ ...both, name: text().min(1) }),
    z.strictObject({ ...both, naming_schema: text().min(1) }),
  ]);
});

function create(call: CallContext, data: CreateInput): Row {
  const { storage, clock } = call.world;
  const dataset = storage.datasets.get(data.dataset);
  if (!dataset) throw invalid("snapshot_create.dataset", `${data.dataset} not found`, errno.ENOENT);
  const schema = data.naming_schema;
  const problem = schema === undefined ? undefined : namingSchemaProblem(schema);
  if (problem) throw invalid("snapshot_create.naming_schema", problem);
  const name = schema === undefined ? (data.name ?? "") : snapshotName(schema, clock.now());
  if (!/^[0-9A-Za-z _.:-]+$/.test(name)) throw invalid("snapshot_create.name", `${name} is not a name for a snapshot`);
  data.exclude.forEach((excluded, index) => {
    if (!data.recursive) throw invalid("snapshot_create.exclude", "Excluding datasets only makes sense with recursive");
    if (!excluded.startsWith(`${data.dataset}/`)) {
      throw invalid(`snapshot_create.exclude.${index}`, "Excluded dataset should be a child of selected dataset");
    }
  });
  const excluded = (each: Dataset): boolean =>
    data.exclude.some((path) => each.name === path || each.name.startsWith(`${path}/`));
  const targets = data.recursive ? storage.tree(data.dataset).filter((each) => !excluded(each)) : [dataset];
  const taken = targets.find((target) => target.snapshots.has(name));
  if (taken) {
    const message = `Failed to snapshot ${data.dataset}@${name}: ${taken.name}@${name} already exists`;
    if (call.version === "26.0") throw invalid("snapshot_create.name", message, errno.EEXIST);
    throw new CallError(message, errno.EEXIST);
  }
  const txg = storage.nextTxg();
  const own = Object.entries(data.properties).map(([key, value]) => [key, String(value)] as const);
  for (const target of targets) {
    const row = baseRow(target, storage.takeSnapshot(target, name, txg, own));
    call.emit(event, "ADDED", row["id"], row);
  }
  return baseRow(dataset, dataset.snapshots.get(name) as Snapshot);
}

/** The snapshot, and those of the same name below its dataset when `recursive`. */
function named(call: CallContext, id: string, recursive: boolean): readonly (readonly [Dataset, Snapshot])[] {
  const { storage } = call.world;
  const [path = "", name = ""] = id.split("@");
  const first = storage.datasets.get(path)?.snapshots.get(name);
  if (!first) throw notFound(title, id);
  const datasets = recursive ? storage.tree(path) : storage.tree(path).slice(0, 1);
  return datasets.flatMap((dataset) => {
    const snapshot = dataset.snapshots.get(name);
    return snapshot ? [[dataset, snapshot] as const] : [];
  });
}

function destroy(call: CallContext, id: string, options: { defer: boolean; recursive: boolean }): true {
  const targets = named(call, id, options.recursive);
  for (const [, snapshot] of targets) {
    const holds = [...snapshot.holds.keys()];
    const clones = [...snapshot.clones];
    if (holds.length === 0 && clones.length === 0) continue;
    if (options.defer) return true;
    const why = holds.length > 0 ? `it is held (${holds.join(", ")})` : `it has clones (${clones.join(", ")})`;
    const message = `Failed to delete ${idOf(snapshot)}: ${why}`;
    if (call.version === "26.0") throw invalid("options.defer", message, errno.EBUSY);
    throw new CallError(message, errno.EBUSY);
  }
  for (const [dataset, snapshot] of targets) {
    dataset.snapshots.delete(snapshot.name);
    call.emit(event, "REMOVED", idOf(snapshot));
  }
  return true;
}

interface RollbackOptions {
  readonly recursive: boolean;
  readonly recursive_clones: boolean;
  readonly recursive_rollback: boolean;
}

const rollbackOptions = z
  .strictObject({
    recursive: z.boolean().default(false),
    recursive_clones: z.boolean().default(false),
    force: z.boolean().default(false),
    recursive_rollback: z.boolean().default(false),
  })
  .prefault({});

/** Everything since is lost; newer snapshots are in the way unless they are to be destroyed as well. */
function rollback(call: CallContext, id: string, options: RollbackOptions): null {
  const { storage } = call.world;
  for (const [dataset, snapshot] of named(call, id, options.recursive_rollback)) {
    const newer = [...dataset.snapshots.values()].filter(({ txg }) => txg > snapshot.txg);
    const fail = (why: string) => new CallError(`Failed to rollback snapshot: cannot rollback to '${id}': ${why}`);
    if (newer.length > 0 && !options.recursive && !options.recursive_clones) throw fail("more recent snapshots exist");
    if (newer.some(({ holds }) => holds.size > 0)) throw fail("a more recent snapshot is held");
    const clones = newer.flatMap((each) => [...each.clones]);
    if (clones.length > 0 && !options.recursive_clones) throw fail("clones of more recent snapshots exist");
    for (const clone of clones) {
      const found = storage.datasets.get(clone);
      if (found) storage.destroy(found);
    }
    storage.rollback(dataset, snapshot);
    for (const each of newer) call.emit(event, "REMOVED", idOf(each));
  }
  return null;
}

const recursiveOption = z.strictObject({ recursive: z.boolean().default(false) }).prefault({});

/** hold and release: both answer null. */
const holder = (name: string, act: (call: CallContext, snapshot: Snapshot) => void): Method => ({
  name,
  access: snapshotWrite,
  params: () => [
    { name: "id", schema: textId },
    { name: "options", schema: recursiveOption, required: false },
  ],
  run: (call, [id, options]) => {
    for (const [, snapshot] of named(call, id as string, (options as { recursive: boolean }).recursive))
      act(call, snapshot);
    return null;
  },
});

export const snapshotMethods: readonly Method[] = [
  ...collection({ name: "pool.snapshot", title, access: snapshotRead, id: textId, rows }),
  {
    name: "pool.snapshot.create",
    access: snapshotWrite,
    params: (version) => [{ name: "data", schema: createSchema(version) }],
    run: (call, [data]) => create(call, data as CreateInput),
  },
  {
    name: "pool.snapshot.delete",
    access: snapshotDelete,
    params: () => [
      { name: "id", schema: textId },
      {
        name: "options",
        schema: z
          .strictObject({ defer: z.boolean().default(false), recursive: z.boolean().default(false) })
          .prefault({}),
        required: false,
      },
    ],
    run: (call, [id, options]) => destroy(call, id as string, options as { defer: boolean; recursive: boolean }),
  },
  {
    name: "pool.snapshot.rollback",
    access: snapshotRollback,
    params: () => [
      { name: "id", schema: textId },
      { name: "options", schema: rollbackOptions, required: false },
    ],
    run: (call, [id, options]) => rollback(call, id as string, options as RollbackOptions),
  },
  holder("pool.snapshot.hold", (call, snapshot) =>
    snapshot.holds.set("truenas", Math.floor(call.world.clock.now() / 1000)),
  ),
  // Every tag goes, not only the one that hold sets.
  holder("pool.snapshot.release", (_call, snapshot) => snapshot.holds.clear()),
];
