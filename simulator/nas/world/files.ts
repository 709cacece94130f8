import type { Clock } from "./clock.ts";
import { type Dataset, mountpointOf, upwards } from "./dataset.ts";
import { type DirectoryNode, directory, type FileNode, file, type Node, newBlock, type Owner, walk } from "./nodes.ts";
import { PosixError } from "./posix.ts";
import type { Storage } from "./storage.ts";

/** Bytes to write. `{ size }` stands for that many bytes of no interest, so that a test can fill a pool. */
export type Data = string | Uint8Array | { readonly size: number };

/** A file or directory, with the dataset that holds it. */
export interface Place {
  readonly dataset: Dataset;
  readonly node: Node;
  /** Below the dataset's mountpoint; "" for the mountpoint itself. */
  readonly relative: string;
}

const superuser: Owner = { uid: 0, gid: 0, mode: 0o644 };

/** `/mnt//tank/a/` -> `/mnt/tank/a`; `.` and `..` are resolved. */
export function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** Local access to the files of all datasets, as the superuser has it on the NAS itself. */
export class Files {
  private readonly storage: Storage;
  private readonly clock: Clock;

  constructor(storage: Storage, clock: Clock) {
    this.storage = storage;
    this.clock = clock;
  }

  /** The file system that a path lies in. A locked one is not mounted: its path lies in the one above. */
  datasetOf(path: string): Dataset | undefined {
    const name = normalize(path).slice("/mnt/".length);
    for (const candidate of upwards(name)) {
      const dataset = this.storage.datasets.get(candidate);
      if (dataset?.root && !dataset.locked) return dataset;
    }
    return undefined;
  }

  /** The file or directory at an absolute path under /mnt, or undefined. A symbolic link is not followed. */
  find(path: string): Place | undefined {
    const dataset = normalize(path).startsWith("/mnt/") ? this.datasetOf(path) : undefined;
    if (!dataset?.root) return undefined;
    const relative = normalize(path).slice(mountpointOf(dataset.name).length + 1);
    const node = this.within(dataset.root, relative);
    return node && { dataset, node, relative };
  }

  exists(path: string): boolean {
    return this.find(path) !== undefined;
  }

  /** Follows `relative` below a directory without leaving its dataset. */
  within(start: DirectoryNode, relative: string): Node | undefined {
    let node: Node | undefined = start;
    for (const part of relative === "" ? [] : relative.split("/")) {
      node = node?.kind === "DIRECTORY" ? node.children.get(part) : undefined;
    }
    return node;
  }

  get(path: string): Place {
    const place = this.find(path);
    if (!place) throw new PosixError("ENOENT", `${path}: no such file or directory`);
    return place;
  }

  read(path: string): Uint8Array {
    const { node } = this.get(path);
    if (node.kind !== "FILE") throw new PosixError("EISDIR", `${path}: is not a file`);
    return node.data;
  }

  list(path: string): string[] {
    const { node } = this.get(path);
    if (node.kind !== "DIRECTORY") throw new PosixError("ENOTDIR", `${path}: is not a directory`);
    return [...node.children.keys()].sort();
  }

  mkdir(path: string, owner: Owner = { uid: 0, gid: 0, mode: 0o755 }): DirectoryNode {
    const [parent, name] = this.parent(path);
    if (parent.children.has(name)) throw new PosixError("EEXIST", `${path}: exists already`);
    const made = directory(owner, this.clock.now());
    parent.children.set(name, made);
    this.touch(this.datasetOf(path), parent);
    return made;
  }

  /** Writes a file, made where it was missing. Its space has to be there. */
  write(path: string, data: Data, owner: Owner = superuser): FileNode {
    const [parent, name] = this.parent(path);
    const dataset = this.datasetOf(path);
    if (!dataset) throw new PosixError("ENOENT", `${path}: no such file or directory`);
    return this.writeIn(dataset, parent, name, data, owner);
  }

  writeIn(dataset: Dataset, parent: DirectoryNode, name: string, data: Data, owner: Owner): FileNode {
    const bytes =
      typeof data === "string" ? new TextEncoder().encode(data) : data instanceof Uint8Array ? data : new Uint8Array();
    const size = "size" in Object(data) ? (data as { size: number }).size : bytes.byteLength;
    const existing = parent.children.get(name);
    if (existing && existing.kind !== "FILE") throw new PosixError("EISDIR", `${name}: is not a file`);
    this.reserve(dataset, existing, size, existing?.uid ?? owner.uid);
    const now = this.clock.now();
    const node = existing ?? file(owner, now, bytes, size);
    Object.assign(node, { data: bytes, size, block: newBlock(), modified: now, changed: now });
    parent.children.set(name, node);
    this.touch(dataset, parent);
    return node;
  }

  remove(path: string): void {
    const [parent, name] = this.parent(path);
    if (!parent.children.delete(name)) throw new PosixError("ENOENT", `${path}: no such file or directory`);
    this.touch(this.datasetOf(path), parent);
  }

  /** Notes that a directory's contents, and so its dataset, changed. */
  touch(dataset: Dataset | undefined, node?: Node): void {
    if (dataset) dataset.version += 1;
    if (node) {
      node.modified = this.clock.now();
      node.changed = node.modified;
    }
  }

  private parent(path: string): readonly [DirectoryNode, string] {
    const clean = normalize(path);
    const slash = clean.lastIndexOf("/");
    const { node } = this.get(clean.slice(0, slash));
    if (node.kind !== "DIRECTORY") throw new PosixError("ENOTDIR", `${clean.slice(0, slash)}: is not a directory`);
    return [node, clean.slice(slash + 1)];
  }

  /** Refuses bytes that a quota or the pool has no room for. Bytes that a snapshot still holds are not freed by overwriting them. */
  private reserve(dataset: Dataset, existing: FileNode | undefined, size: number, uid: number): void {
    if (this.storage.effective(dataset, "readonly").raw === "on")
      throw new PosixError("EROFS", `${dataset.name} is read-only`);
    const growth = size - (existing?.size ?? 0);
    const quota = dataset.quotas.find((each) => each.kind === "USER" && each.id === uid && each.bytes > 0);
    if (quota && growth > 0 && this.ownedBy(dataset, uid) + growth > quota.bytes) {
      throw new PosixError("EDQUOT", `the quota of uid ${uid} on ${dataset.name} is used up`);
    }
    const space = this.storage.space(dataset);
    const refquota = Number(this.storage.effective(dataset, "refquota").raw);
    if (growth > 0 && refquota > 0 && space.usedbydataset + growth > refquota) {
      throw new PosixError(
        "EDQUOT",
        `${dataset.name} may hold ${refquota} bytes (refquota), ${space.usedbydataset + growth} are needed`,
      );
    }
    const needed = existing && this.isKept(dataset, existing) ? size : growth;
    if (needed <= 0 || needed <= space.room) return;
    const full = this.storage.freeInPool(dataset) < needed;
    throw new PosixError(
      full ? "ENOSPC" : "EDQUOT",
      `${dataset.name} has ${space.room} bytes left, ${needed} are needed`,
    );
  }

  private isKept(dataset: Dataset, existing: FileNode): boolean {
    return [...dataset.snapshots.values()].some(
      ({ root }) => root && [...walk(root)].some(([, node]) => node.kind === "FILE" && node.block === existing.block),
    );
  }

  private ownedBy(dataset: Dataset, uid: number): number {
    let total = 0;
    if (dataset.root)
      for (const [, node] of walk(dataset.root)) if (node.kind === "FILE" && node.uid === uid) total += node.size;
    return total;
  }
}
