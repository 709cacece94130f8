import { type Identity, mayAccess, type Wish } from "./world/access.ts";
import type { Dataset } from "./world/dataset.ts";
import { type Mount, type MountRequest, mount, shareFor, squash } from "./world/exports.ts";
import type { Data } from "./world/files.ts";
import { type DirectoryNode, directory, type FileNode, type Node } from "./world/nodes.ts";
import { PosixError } from "./world/posix.ts";
import type { NfsShare } from "./world/sharing.ts";
import type { World } from "./world/world.ts";

export { type PosixCode, PosixError } from "./world/posix.ts";

/** Who does what, where: a process in a pod, on a node that mounts an export. */
export interface NfsAccess extends MountRequest {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. Default: none. */
  readonly groups?: readonly number[];
}

export interface NfsFileAccess extends NfsAccess {
  /** Below the mount, for example "data/app.db". */
  readonly file: string;
}

/** What a client sees of a file or directory. `mode` holds the permission bits. */
export interface NfsStat {
  readonly type: Node["kind"];
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  /** Bytes; for a directory the number of its entries. */
  readonly size: number;
}

/** Where a path led, under which export, as whom. */
interface Spot {
  readonly dataset: Dataset;
  readonly share: NfsShare;
  readonly who: Identity;
  readonly node: Node;
}

/**
 * NFS as a pod on a node sees it. Nothing is allowed that the real one would refuse: the service has to run, the path has to be
 * exported to that address with that security, owners and modes count after squashing, quotas end writes. The bytes of a child dataset
 * are not seen through the export of its parent, unless NFSv4 finds an export of the child itself.
 *
 * Every method rejects with a {@link PosixError} whose `code` is what the kernel would report.
 */
export class NfsClient {
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  /** Tries to mount, and nothing else. */
  async mount(request: MountRequest): Promise<void> {
    mount(this.world, request);
  }

  /** Writes a whole file, made where it is missing (mode 644 unless told). */
  async write(access: NfsFileAccess & { readonly data: Data; readonly mode?: number }): Promise<void> {
    const parent = this.enter(access, directoryOf(access.file));
    const { dataset, who } = parent;
    const folder = asDirectory(parent.node, access.file);
    const name = nameOf(access.file);
    const existing = folder.children.get(name);
    this.mayChange(parent, existing ?? folder, access.file);
    if (existing?.kind === "DIRECTORY") throw new PosixError("EISDIR", `${access.file} is a directory`);
    this.world.files.writeIn(dataset, folder, name, access.data, {
      uid: who.uid,
      gid: who.gid,
      mode: access.mode ?? 0o644,
    });
  }

  async read(access: NfsFileAccess): Promise<Uint8Array> {
    const { node, who } = this.enter(access, access.file);
    if (node.kind !== "FILE") throw new PosixError("EISDIR", `${access.file} is a directory`);
    need(node, who, "read", access.file);
    return (node as FileNode).data;
  }

  async mkdir(access: NfsFileAccess & { readonly mode?: number }): Promise<void> {
    const parent = this.enter(access, directoryOf(access.file));
    const folder = asDirectory(parent.node, access.file);
    const name = nameOf(access.file);
    if (folder.children.has(name)) throw new PosixError("EEXIST", `${access.file} exists already`);
    this.mayChange(parent, folder, access.file);
    const { uid, gid } = parent.who;
    folder.children.set(name, directory({ uid, gid, mode: access.mode ?? 0o755 }, this.world.clock.now()));
    this.world.files.touch(parent.dataset, folder);
  }

  /** Names in a directory; `file` "" is the mount itself. */
  async list(access: NfsAccess & { readonly file?: string }): Promise<string[]> {
    const { node, who } = this.enter(access, access.file ?? "");
    const folder = asDirectory(node, access.file ?? "/");
    need(folder, who, "read", access.file ?? "/");
    return [...folder.children.keys()].sort();
  }

  async stat(access: NfsAccess & { readonly file?: string }): Promise<NfsStat> {
    const { node } = this.enter(access, access.file ?? "");
    const size = node.kind === "FILE" ? node.size : node.kind === "DIRECTORY" ? node.children.size : node.target.length;
    return { type: node.kind, uid: node.uid, gid: node.gid, mode: node.mode, size };
  }

  /** Changes the owner (only the superuser may) or the group (the owner may, to one of its own). */
  async chown(
    access: NfsAccess & { readonly file?: string; readonly owner?: number; readonly group?: number },
  ): Promise<void> {
    const spot = this.enter(access, access.file ?? "");
    const { node, who } = spot;
    this.writable(spot);
    const newOwner = access.owner !== undefined && access.owner !== node.uid;
    const foreignGroup = access.group !== undefined && access.group !== who.gid && !who.groups.includes(access.group);
    if (who.uid !== 0 && (newOwner || who.uid !== node.uid || foreignGroup)) {
      throw new PosixError("EPERM", `uid ${who.uid} may not change the owner of ${access.file ?? access.export}`);
    }
    node.uid = access.owner ?? node.uid;
    node.gid = access.group ?? node.gid;
    this.world.files.touch(spot.dataset, node);
  }

  async chmod(access: NfsAccess & { readonly file?: string; readonly mode: number }): Promise<void> {
    const spot = this.enter(access, access.file ?? "");
    this.writable(spot);
    if (spot.who.uid !== 0 && spot.who.uid !== spot.node.uid) {
      throw new PosixError("EPERM", `uid ${spot.who.uid} does not own ${access.file ?? access.export}`);
    }
    spot.node.mode = access.mode;
    this.world.files.touch(spot.dataset, spot.node);
  }

  /** Removes a file or an empty directory. */
  async remove(access: NfsFileAccess): Promise<void> {
    const parent = this.enter(access, directoryOf(access.file));
    const folder = asDirectory(parent.node, access.file);
    const name = nameOf(access.file);
    const node = folder.children.get(name);
    if (!node) throw new PosixError("ENOENT", `${access.file} does not exist`);
    this.mayChange(parent, folder, access.file);
    if (node.kind === "DIRECTORY" && node.children.size > 0)
      throw new PosixError("ENOTEMPTY", `${access.file} is not empty`);
    folder.children.delete(name);
    this.world.files.touch(parent.dataset, folder);
  }

  /** Mounts, then walks down, asking at each directory whether it may be passed. */
  private enter(access: NfsAccess, path: string): Spot {
    const mounted = mount(this.world, access);
    const caller: Identity = { uid: access.uid, gid: access.gid, groups: access.groups ?? [] };
    const start = this.world.files.get(mounted.path);
    let spot: Spot = {
      dataset: start.dataset,
      share: mounted.share,
      who: squash(this.world, mounted.share, caller),
      node: start.node,
    };
    let at = mounted.path;
    for (const part of parts(path)) {
      const folder = asDirectory(spot.node, at);
      need(folder, spot.who, "execute", at);
      at = `${at}/${part}`;
      const next = folder.children.get(part);
      if (!next) throw new PosixError("ENOENT", `${at}: no such file or directory`);
      spot = this.crossed(access, mounted, at, caller) ?? { ...spot, node: next };
    }
    return spot;
  }

  /** NFSv4 goes on into a child dataset that has an export of its own for this client; version 3 stays in the parent. */
  private crossed(access: NfsAccess, mounted: Mount, path: string, caller: Identity): Spot | undefined {
    const child = this.world.storage.datasets.get(path.slice("/mnt/".length));
    const share = mounted.version === "3" || !child ? undefined : shareFor(this.world, path, access.client);
    if (!child?.root || !share) return undefined;
    return { dataset: child, share, who: squash(this.world, share, caller), node: child.root };
  }

  private writable({ share, dataset }: Spot): void {
    if (share.ro) throw new PosixError("EROFS", `the export of ${share.path} is read-only`);
    if (this.world.storage.effective(dataset, "readonly").raw === "on") {
      throw new PosixError("EROFS", `${dataset.name} is read-only`);
    }
  }

  private mayChange(spot: Spot, node: Node, what: string): void {
    this.writable(spot);
    need(node, spot.who, "write", what);
    if (node.kind === "DIRECTORY") need(node, spot.who, "execute", what);
  }
}

const parts = (path: string): string[] => path.split("/").filter((part) => part !== "" && part !== ".");
const nameOf = (path: string): string => parts(path).at(-1) ?? "";
const directoryOf = (path: string): string => parts(path).slice(0, -1).join("/");

function asDirectory(node: Node, path: string): DirectoryNode {
  if (node.kind !== "DIRECTORY") throw new PosixError("ENOTDIR", `${path}: not a directory`);
  return node;
}

function need(node: Node, who: Identity, wish: Wish, path: string): void {
  if (mayAccess(node, who, wish)) return;
  const mode = node.mode.toString(8).padStart(4, "0");
  throw new PosixError(
    "EACCES",
    `uid ${who.uid} gid ${who.gid} may not ${wish} ${path} (owner ${node.uid}:${node.gid}, mode ${mode})`,
  );
}
