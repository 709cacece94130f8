import type { Collection } from "../client/client.ts";
import { NotFoundError } from "../client/errors.ts";
import type { ResourceContext } from "./context.ts";
import type { DatasetRow } from "./dataset-row.ts";
import { ownership } from "./names.ts";

/** Owner and mode of a path, as filesystem.stat tells them. */
export interface PathStat {
  readonly path: string;
  /** All bits, file type included. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whether it has an access control list that says more than the mode. */
  readonly acl: boolean;
}

/** A list as filesystem.getacl tells it. */
export interface PathAcl {
  readonly path: string;
  readonly acltype: "NFS4" | "POSIX1E" | "DISABLED";
  readonly acl: readonly Readonly<Record<string, unknown>>[] | null;
}

/** One element of a core.bulk result. */
interface BulkItem<T> {
  readonly error: unknown;
  readonly result: T | null;
}

/** Bytes of the paths in one core.bulk call; the NAS refuses requests of more than 64 KiB. */
const maxBytes = 60_000;

/** A path on the NAS; undefined only when the NAS says that it does not exist. */
export async function statPath(context: ResourceContext, path: string): Promise<PathStat | undefined> {
  // In bulk a failure has no number, so what was not found there is asked for by itself.
  return (await statsOf(context).find(path)) ?? (await statOne(context, path));
}

async function statOne({ nas, signal }: ResourceContext, path: string): Promise<PathStat | undefined> {
  try {
    return { ...(await nas.call<Omit<PathStat, "path">>("filesystem.stat", [path], { signal })), path };
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** The access control list of a path that has one. */
export async function aclOf(context: ResourceContext, path: string): Promise<PathAcl> {
  const { nas, signal } = context;
  const lists = nas.derivedCollection<PathAcl & Record<string, unknown>>("filesystem.getacl", "path", async (keys) => {
    const paths = keys?.map(String) ?? (await statsOf(context).all()).filter(({ acl }) => acl).map((stat) => stat.path);
    return (await Promise.all(chunksOf(paths).map((chunk) => bulkAcl(nas, chunk)))).flat();
  });
  return (await lists.find(path)) ?? (await nas.call<PathAcl>("filesystem.getacl", [path], { signal }));
}

async function bulkAcl(nas: ResourceContext["nas"], paths: readonly string[]) {
  const params = ["filesystem.getacl", paths.map((path) => [path])];
  const items = await nas.call<readonly BulkItem<PathAcl>[]>("core.bulk", params);
  return items.flatMap(({ result }, i) => (result !== null && result.path === paths[i] ? [{ ...result }] : []));
}

/** No method lists paths with their owners; a bulk call keeps a refresh of many from being as many calls. */
function statsOf({ nas }: ResourceContext): Collection<PathStat & Record<string, unknown>> {
  return nas.derivedCollection("filesystem.stat", "path", async (keys) => {
    const paths = keys?.map(String) ?? (await managedMountpoints(nas));
    return (await Promise.all(chunksOf(paths).map((chunk) => bulkStat(nas, chunk)))).flat();
  });
}

/** As few requests as possible: a thousand paths of ordinary length fit in one. */
export function chunksOf(paths: readonly string[]): string[][] {
  const chunks: string[][] = [];
  let bytes = maxBytes;
  for (const path of paths) {
    const size = Buffer.byteLength(JSON.stringify([path])) + 1;
    if (bytes + size > maxBytes) {
      chunks.push([]);
      bytes = 0;
    }
    bytes += size;
    chunks.at(-1)?.push(path);
  }
  return chunks;
}

async function bulkStat(nas: ResourceContext["nas"], paths: readonly string[]) {
  const params = ["filesystem.stat", paths.map((path) => [path])];
  type Stat = Omit<PathStat, "path"> & { readonly realpath: string };
  const items = await nas.call<readonly BulkItem<Stat>[]>("core.bulk", params);
  // When its queue is full the NAS answers with the result of another bulk, whose paths are others. A path that is a symbolic
  // link is asked for by itself.
  return items.flatMap(({ result }, i) => {
    const path = paths[i] ?? "";
    return result?.realpath === path ? [{ ...result, path }] : [];
  });
}

/** Where the datasets are mounted whose owners and modes a program of ours is likely to ask for. */
async function managedMountpoints(nas: ResourceContext["nas"]): Promise<string[]> {
  const rows = (await nas.collection("pool.dataset.query").all()) as unknown as DatasetRow[];
  return rows.flatMap((row) =>
    row.mountpoint !== null && row.user_properties?.[ownership.owner] ? [row.mountpoint] : [],
  );
}
