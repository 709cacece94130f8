/** Permissions of one NFSv4 access entry, as the API names them. */
export interface Nfs4Entry {
  readonly tag: "owner@" | "group@" | "everyone@" | "USER" | "GROUP";
  readonly type: "ALLOW" | "DENY";
  readonly perms: Readonly<Record<string, boolean | string>>;
  readonly flags: Readonly<Record<string, boolean | string>>;
  readonly id: number | null;
}

/** One POSIX access entry. */
export interface PosixEntry {
  readonly tag: "USER_OBJ" | "GROUP_OBJ" | "OTHER" | "MASK" | "USER" | "GROUP";
  readonly perms: { readonly READ: boolean; readonly WRITE: boolean; readonly EXECUTE: boolean };
  readonly default: boolean;
  readonly id: number | null;
}

/** An access list that says more than the mode does. */
export type Acl =
  | { readonly type: "NFS4"; readonly entries: readonly Nfs4Entry[] }
  | { readonly type: "POSIX1E"; readonly entries: readonly PosixEntry[] };

interface Inode {
  readonly inode: number;
  uid: number;
  gid: number;
  /** Permission bits only (for example 0o755); the file type is added where an API wants it. */
  mode: number;
  /** Absent: the mode says everything (a trivial list). */
  acl?: Acl;
  /** Milliseconds since 1970. */
  readonly born: number;
  modified: number;
  changed: number;
}

export interface FileNode extends Inode {
  readonly kind: "FILE";
  /** Bytes. May be larger than `data`, which stands for its beginning: tests can fill a pool without filling memory. */
  size: number;
  data: Uint8Array;
  /** Changes with each write, so that snapshots know which bytes they hold alone. */
  block: number;
}

export interface SymlinkNode extends Inode {
  readonly kind: "SYMLINK";
  readonly target: string;
}

export interface DirectoryNode extends Inode {
  readonly kind: "DIRECTORY";
  readonly children: Map<string, Node>;
}

export type Node = FileNode | SymlinkNode | DirectoryNode;

export interface Owner {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

let lastInode = 33;
let lastBlock = 0;

/** A number that no other file, and no earlier state of this file, has. */
export const newBlock = (): number => ++lastBlock;

const inode = (owner: Owner, now: number): Inode => ({
  inode: ++lastInode,
  uid: owner.uid,
  gid: owner.gid,
  mode: owner.mode,
  born: now,
  modified: now,
  changed: now,
});

export const directory = (owner: Owner, now: number): DirectoryNode => ({
  ...inode(owner, now),
  kind: "DIRECTORY",
  children: new Map(),
});

export const file = (owner: Owner, now: number, data: Uint8Array, size: number = data.byteLength): FileNode => ({
  ...inode(owner, now),
  kind: "FILE",
  size,
  data,
  block: newBlock(),
});

export const symlink = (target: string, now: number): SymlinkNode => ({
  ...inode({ uid: 0, gid: 0, mode: 0o777 }, now),
  kind: "SYMLINK",
  target,
});

/** A copy that later changes do not reach: what a snapshot keeps. Bytes are shared, for a write replaces them. */
export function freeze<T extends Node>(node: T): T {
  if (node.kind !== "DIRECTORY") return { ...node };
  const children = new Map([...node.children].map(([name, child]) => [name, freeze(child)]));
  return { ...node, children };
}

/** This node and everything below it, each with its path relative to the start ("" for the start itself). */
export function* walk(node: Node, path = ""): Generator<readonly [path: string, node: Node]> {
  yield [path, node];
  if (node.kind !== "DIRECTORY") return;
  for (const [name, child] of node.children) yield* walk(child, path === "" ? name : `${path}/${name}`);
}

/** The full st_mode: file type and permission bits. */
export const fullMode = (node: Node): number =>
  ({ DIRECTORY: 0o040000, FILE: 0o100000, SYMLINK: 0o120000 })[node.kind] | node.mode;
