import { errno, type Issue } from "../errors.ts";
import { mountpointOf } from "../world/dataset.ts";
import { normalize, type Place } from "../world/files.ts";
import type { World } from "../world/world.ts";

/** Follows symbolic links within the world; undefined where the path leads nowhere. */
export function resolvePath(
  world: World,
  path: string,
  depth = 0,
): { readonly realpath: string; readonly place: Place } | undefined {
  const realpath = normalize(path);
  const place = world.files.find(realpath);
  if (!place) return undefined;
  if (place.node.kind !== "SYMLINK" || depth > 8) return { realpath, place };
  const { target } = place.node;
  const next = target.startsWith("/") ? target : `${realpath.slice(0, realpath.lastIndexOf("/"))}/${target}`;
  return resolvePath(world, next, depth + 1);
}

/** Why this path may not be shared (TrueNAS middleware utils: check_path_resides_within_volume). */
export function sharedPathIssues(world: World, field: string, path: string): Issue[] {
  const issue = (message: string, number: number = errno.EINVAL): Issue[] => [[field, message, number]];
  if (!path.startsWith("/")) return issue("Not a path starting with /");
  const clean = normalize(path);
  const pools = world.storage.pools.map(({ name }) => mountpointOf(name));
  if (!pools.some((pool) => clean === pool || clean.startsWith(`${pool}/`))) {
    return issue("The path must reside within a pool mount point");
  }
  if (`${clean}/`.includes("/.zfs/"))
    return issue("Paths inside of the ZFS control directory (.zfs) are not permitted");
  const place = world.files.find(clean);
  if (!place) return issue("The path does not exist.", errno.ENOENT);
  if (place.node.kind === "SYMLINK") return issue("The path is a symbolic link, which cannot be shared.");
  if (place.node.kind !== "DIRECTORY") return issue("The path is not a directory.");
  return [];
}

/** Whether a share's path cannot be served at the moment: it is missing, or its dataset is locked. */
export function isLocked(world: World, path: string): boolean {
  const dataset = world.storage.datasets.get(path.slice("/mnt/".length));
  return dataset?.locked === true || !world.files.exists(path);
}

/** What 26 adds to a share: its dataset and the path within. */
export function datasetParts(world: World, path: string): { dataset: string | null; relative_path: string | null } {
  const dataset = world.files.datasetOf(path);
  if (!dataset || !path.startsWith("/mnt/")) return { dataset: null, relative_path: null };
  return { dataset: dataset.name, relative_path: path.slice(mountpointOf(dataset.name).length + 1) };
}
