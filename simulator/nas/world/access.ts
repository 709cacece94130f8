import type { Nfs4Entry, Node, PosixEntry } from "./nodes.ts";

/** Who acts, after the export has mapped them. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

export type Wish = "read" | "write" | "execute";

const bit: Readonly<Record<Wish, number>> = { read: 4, write: 2, execute: 1 };

const basic: Readonly<Record<string, number>> = { FULL_CONTROL: 7, MODIFY: 7, READ: 5, TRAVERSE: 1 };
const fields: Readonly<Record<Wish, string>> = { read: "READ_DATA", write: "WRITE_DATA", execute: "EXECUTE" };

const member = (who: Identity, gid: number): boolean => who.gid === gid || who.groups.includes(gid);

function byMode(node: Node, who: Identity, wish: Wish): boolean {
  const shift = who.uid === node.uid ? 6 : member(who, node.gid) ? 3 : 0;
  return ((node.mode >> shift) & bit[wish]) !== 0;
}

/** The first entry that concerns the caller and the wish decides. */
function byNfs4(node: Node, who: Identity, wish: Wish, entries: readonly Nfs4Entry[]): boolean {
  const concerns = ({ tag, id }: Nfs4Entry): boolean => {
    if (tag === "owner@") return who.uid === node.uid;
    if (tag === "group@") return member(who, node.gid);
    if (tag === "USER") return who.uid === id;
    if (tag === "GROUP") return id !== null && member(who, id);
    return true;
  };
  const speaksOf = ({ perms }: Nfs4Entry): boolean => {
    const { BASIC: set } = perms;
    return typeof set === "string" ? ((basic[set] ?? 0) & bit[wish]) !== 0 : perms[fields[wish]] === true;
  };
  return entries.find((entry) => concerns(entry) && speaksOf(entry))?.type === "ALLOW";
}

/** The most special entry decides; the mask limits all but owner and others. */
function byPosix(node: Node, who: Identity, wish: Wish, entries: readonly PosixEntry[]): boolean {
  const field = ({ read: "READ", write: "WRITE", execute: "EXECUTE" } as const)[wish];
  const access = entries.filter((entry) => !entry.default);
  const grants = (entry: PosixEntry | undefined): boolean => entry?.perms[field] === true;
  const first = (tag: PosixEntry["tag"]): PosixEntry | undefined => access.find((entry) => entry.tag === tag);
  if (who.uid === node.uid) return grants(first("USER_OBJ"));
  const mask = first("MASK");
  const masked = mask === undefined || grants(mask);
  const user = access.find((entry) => entry.tag === "USER" && entry.id === who.uid);
  if (user) return grants(user) && masked;
  const groups = access.filter(
    (entry) =>
      (entry.tag === "GROUP_OBJ" && member(who, node.gid)) ||
      (entry.tag === "GROUP" && entry.id !== null && member(who, entry.id)),
  );
  return groups.length > 0 ? groups.some(grants) && masked : grants(first("OTHER"));
}

/** Whether mode, owner and access list let somebody do this. The superuser may do everything but run what nobody can. */
export function mayAccess(node: Node, who: Identity, wish: Wish): boolean {
  if (who.uid === 0) return true;
  if (node.acl?.type === "NFS4") return byNfs4(node, who, wish, node.acl.entries);
  if (node.acl?.type === "POSIX1E") return byPosix(node, who, wish, node.acl.entries);
  return byMode(node, who, wish);
}
