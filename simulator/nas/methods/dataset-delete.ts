import { z } from "zod";
import { CallError, errno, invalid, notFound } from "../errors.ts";
import { type CallContext, type Method, text } from "../method.ts";
import { type Dataset, isInternal, mountpointOf } from "../world/dataset.ts";
import { deleteAttachments } from "./attachments.ts";
import { textId } from "./crud.ts";
import { nameProblem } from "./dataset-rules.ts";
import { findDataset } from "./lookup.ts";
import { datasetDelete, datasetWrite } from "./roles.ts";

interface DeleteOptions {
  readonly recursive: boolean;
  readonly force: boolean;
}

const deleteOptions = z
  .strictObject({ recursive: z.boolean().default(false), force: z.boolean().default(false) })
  .prefault({});

const clonesOf = (dataset: Dataset): string[] => [...dataset.snapshots.values()].flatMap(({ clones }) => [...clones]);
const isHeld = (dataset: Dataset): boolean => [...dataset.snapshots.values()].some(({ holds }) => holds.size > 0);

/**
 * Children first, then the attachments, then the dataset; what was deleted before a failure stays deleted
 * (TrueNAS middleware plugins/pool_/dataset.py, plugins/zfs/destroy_impl.py).
 */
function destroy(call: CallContext, id: string, options: DeleteOptions): true | null {
  const { storage } = call.world;
  const dataset = storage.datasets.get(id);
  if (dataset && !options.recursive && storage.tree(id).length > 1) {
    throw new CallError(`Failed to delete dataset: cannot destroy '${id}': filesystem has children`, errno.ENOTEMPTY);
  }
  if (!dataset) throw notFound("PoolDataset", id);
  if (isInternal(id)) throw new CallError(`${id} is a dataset that the system manages`, errno.EPERM);
  if (dataset.type === "FILESYSTEM") deleteAttachments(call, mountpointOf(id));
  if (!id.includes("/"))
    throw new CallError(`Failed to delete dataset: '${id}' is the root dataset of a pool; export the pool instead`);
  const gone = call.version === "26.0" ? destroy26(call, dataset, options) : destroy2510(call, dataset, options);
  for (const each of gone) call.emit("pool.dataset.query", "REMOVED", each);
  return true;
}

/** 25.10: what `zfs destroy` would say. */
function destroy2510(call: CallContext, dataset: Dataset, { recursive, force }: DeleteOptions): string[] {
  const { storage } = call.world;
  const tree = storage.tree(dataset.name);
  if (tree.some((each) => each.busy) && !force) {
    throw new CallError(
      `Failed to delete dataset: cannot unmount '${mountpointOf(dataset.name)}': pool or dataset is busy`,
      errno.EBUSY,
    );
  }
  if (!recursive && dataset.snapshots.size > 0) {
    throw new CallError(`Failed to delete dataset: cannot destroy '${dataset.name}': filesystem has children`);
  }
  const held = tree.find((each) => isHeld(each));
  if (held)
    throw new CallError(
      `Failed to delete dataset: cannot destroy snapshots of '${held.name}': dataset is busy`,
      errno.EBUSY,
    );
  const clone = tree.flatMap(clonesOf).find((name) => !tree.some((each) => each.name === name));
  if (clone) throw new CallError(`Failed to delete dataset: cannot destroy '${dataset.name}': ${clone} depends on it`);
  return remove(call, tree);
}

/** 26: holds are released and clones go along, wherever they are; a destroy that fails is not told to anybody. */
function destroy26(call: CallContext, dataset: Dataset, { recursive }: DeleteOptions): string[] {
  const { storage } = call.world;
  if (!recursive && dataset.snapshots.size > 0) {
    throw invalid(
      "options.recursive",
      `'${dataset.name}' has snapshots; recursive has to be set to destroy them`,
      errno.ENOTEMPTY,
    );
  }
  const tree = new Set(storage.tree(dataset.name));
  for (const each of tree) {
    for (const clone of clonesOf(each)) for (const below of storage.tree(clone)) tree.add(below);
  }
  if ([...tree].some((each) => each.busy)) return [];
  return remove(call, [...tree]);
}

/** Children before parents. */
function remove(call: CallContext, datasets: readonly Dataset[]): string[] {
  const ordered = [...datasets].sort((a, b) => b.name.length - a.name.length);
  for (const each of ordered) {
    for (const name of each.snapshots.keys()) call.emit("pool.snapshot.query", "REMOVED", `${each.name}@${name}`);
    call.world.storage.destroy(each);
  }
  return ordered.map(({ name }) => name);
}

function rename(call: CallContext, id: string, { new_name: name, force }: { new_name: string; force: boolean }): null {
  const { storage } = call.world;
  if (!force)
    throw invalid(
      "pool.dataset.rename.force",
      "Nothing checks what uses the dataset. Set force when its users are known.",
    );
  const dataset = findDataset(call.world, id);
  const problem = nameProblem(name) ?? (storage.datasets.has(name) ? `'${name}' already exists` : undefined);
  if (problem) throw invalid("pool.dataset.rename.new_name", problem);
  if (name.split("/")[0] !== id.split("/")[0])
    throw new CallError(`Failed to rename '${id}': ${name} lies in another pool`, errno.EXDEV);
  if (!storage.parent(name))
    throw new CallError(`Failed to rename '${id}': the parent of ${name} does not exist`, errno.ENOENT);
  storage.rename(dataset, name);
  return null;
}

export const datasetDeleteMethods: readonly Method[] = [
  {
    name: "pool.dataset.delete",
    access: datasetDelete,
    params: () => [
      { name: "id", schema: textId },
      { name: "options", schema: deleteOptions, required: false },
    ],
    run: (call, [id, options]) => destroy(call, id as string, options as DeleteOptions),
  },
  {
    name: "pool.dataset.rename",
    access: datasetWrite,
    params: () => [
      { name: "id", schema: text().min(1) },
      {
        name: "data",
        schema: z.strictObject({
          new_name: text().min(1),
          recursive: z.boolean().default(false),
          force: z.boolean().default(false),
        }),
      },
    ],
    run: (call, [id, data]) => rename(call, id as string, data as { new_name: string; force: boolean }),
  },
];
