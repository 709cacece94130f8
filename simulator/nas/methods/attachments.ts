import type { CallContext } from "../method.ts";
import { isWithin, mountpointOf } from "../world/dataset.ts";
import type { World } from "../world/world.ts";
import { remove } from "./crud.ts";

/** Things of one kind that use a path (TrueNAS middleware common/attachment/). */
interface Attachments {
  readonly type: string;
  readonly service: string | null;
  readonly names: string[];
  readonly collection: string;
  readonly ids: number[];
  delete(id: number): void;
}

/** What lives at a path or below it. */
export function attachments(world: World, path: string, options: { readonly enabledOnly: boolean }): Attachments[] {
  const used = (each: { readonly enabled: boolean }, at: string): boolean =>
    (each.enabled || !options.enabledOnly) && isWithin(at, path);
  const nfs = world.nfsShares.filter((share) => used(share, share.path));
  const smb = world.smbShares.filter((share) => used(share, share.path));
  const tasks = world.snapshotTasks.filter((task) => used(task, mountpointOf(task.dataset)));
  return [
    {
      type: "NFS Share",
      service: "nfs",
      names: nfs.map((share) => share.path),
      collection: "sharing.nfs.query",
      ids: nfs.map(({ id }) => id),
      delete: (id) => remove(world.nfsShares, id),
    },
    {
      type: "SMB Share",
      service: "cifs",
      names: smb.map((share) => share.name),
      collection: "sharing.smb.query",
      ids: smb.map(({ id }) => id),
      delete: (id) => remove(world.smbShares, id),
    },
    {
      type: "Snapshot Task",
      service: null,
      names: tasks.map((task) => task.dataset),
      collection: "pool.snapshottask.query",
      ids: tasks.map(({ id }) => id),
      delete: (id) => remove(world.snapshotTasks, id),
    },
  ];
}

/** Deletes the enabled shares and tasks below a path, as a dataset's deletion does first; disabled ones stay. */
export function deleteAttachments(call: CallContext, path: string): void {
  for (const { ids, collection, delete: drop } of attachments(call.world, path, { enabledOnly: true })) {
    for (const id of ids) {
      drop(id);
      call.emit(collection, "REMOVED", id);
    }
  }
}
