import { z } from "zod";
import type { CheckFailure } from "../../base/provider.ts";
import type { PropertyValue } from "../../base/values.ts";
import { accountNumber } from "./names.ts";

const posixTags = ["USER_OBJ", "GROUP_OBJ", "OTHER", "MASK"] as const;
const nfs4Tags = ["owner@", "group@", "everyone@"] as const;
const posixPerms = ["READ", "WRITE", "EXECUTE"] as const;
const nfs4Perms = [
  ...["READ_DATA", "WRITE_DATA", "APPEND_DATA", "READ_NAMED_ATTRS", "WRITE_NAMED_ATTRS", "EXECUTE", "DELETE"],
  ...["DELETE_CHILD", "READ_ATTRIBUTES", "WRITE_ATTRIBUTES", "READ_ACL", "WRITE_ACL", "WRITE_OWNER", "SYNCHRONIZE"],
] as const;
const traverse = ["READ_NAMED_ATTRS", "READ_ATTRIBUTES", "EXECUTE", "SYNCHRONIZE"];
/** What each simple name stands for (TrueNAS middleware utils/filesystem/acl.py). */
const basicPerms: Readonly<Record<string, readonly string[]>> = {
  FULL_CONTROL: nfs4Perms,
  MODIFY: nfs4Perms.filter((name) => name !== "WRITE_ACL" && name !== "WRITE_OWNER"),
  READ: ["READ_DATA", "READ_ACL", ...traverse],
  TRAVERSE: traverse,
};
const nfs4Flags = ["FILE_INHERIT", "DIRECTORY_INHERIT", "NO_PROPAGATE_INHERIT", "INHERIT_ONLY", "INHERITED"] as const;
const basicFlags: Readonly<Record<string, readonly string[]>> = {
  INHERIT: ["FILE_INHERIT", "DIRECTORY_INHERIT"],
  NOINHERIT: [],
};

/** One entry of an access control list, of either kind. */
export const aclEntry = z.strictObject({
  tag: z
    .enum([...posixTags, "USER", "GROUP", ...nfs4Tags])
    .describe(
      "Whom it is for. POSIX: USER_OBJ, GROUP_OBJ, OTHER, MASK. NFSv4: owner@, group@, everyone@. Both: USER and GROUP, with an id.",
    ),
  id: accountNumber.optional().describe("uid of a USER, gid of a GROUP."),
  perms: z
    .array(
      z.enum([...posixPerms, "FULL_CONTROL", "MODIFY", "TRAVERSE", ...nfs4Perms.filter((name) => name !== "EXECUTE")]),
    )
    .describe(
      "POSIX: READ, WRITE, EXECUTE. NFSv4: FULL_CONTROL, MODIFY, READ or TRAVERSE alone, or single permissions such as READ_DATA.",
    ),
  type: z.enum(["ALLOW", "DENY"]).optional().describe("NFSv4 only. Default: ALLOW."),
  flags: z
    .array(z.enum(["INHERIT", "NOINHERIT", ...nfs4Flags]))
    .optional()
    .describe("NFSv4 only: what new files and directories inherit. Default: nothing."),
  default: z
    .boolean()
    .optional()
    .describe("POSIX only: whether it is what new files and directories get. Default: false."),
});

export type AclEntry = z.output<typeof aclEntry>;
export type AclKind = "POSIX1E" | "NFS4";

const isPosixTag = (tag: string) => (posixTags as readonly string[]).includes(tag);

export const kindOfAcl = (acl: readonly AclEntry[]): AclKind =>
  acl.some(({ tag }) => isPosixTag(tag)) ? "POSIX1E" : "NFS4";

/** What is wrong with a list, before the NAS sees it. */
export function aclFailures(acl: readonly AclEntry[]): CheckFailure[] {
  if (acl.length === 0) return [];
  const kind = kindOfAcl(acl);
  const failures = acl.flatMap((entry, i) =>
    entryFailures(kind, entry).map((reason) => ({ property: `acl[${i}]`, reason })),
  );
  if (failures.length > 0 || kind === "NFS4") return failures;
  return [false, true]
    .flatMap((wanted) => scopeFailures(acl, wanted))
    .concat(
      acl.length === 3
        ? [{ property: "acl", reason: "says no more than a mode does; write mode instead, and acl: []" }]
        : [],
    );
}

function entryFailures(kind: AclKind, { tag, id, perms, type, flags, default: isDefault }: AclEntry): string[] {
  const named = tag === "USER" || tag === "GROUP";
  const failures = named === (id !== undefined) ? [] : [named ? `${tag} needs an id` : `${tag} takes no id`];
  if (kind === "POSIX1E") {
    if (!named && !isPosixTag(tag)) failures.push(`${tag} is of an NFSv4 list, and others are of a POSIX one`);
    const odd = perms.find((name) => !(posixPerms as readonly string[]).includes(name));
    if (odd) failures.push(`${odd} is no permission of a POSIX list; its are READ, WRITE and EXECUTE`);
    if (type !== undefined || flags !== undefined) failures.push("type and flags belong to an NFSv4 list");
    return failures;
  }
  if (isDefault !== undefined) failures.push("default belongs to a POSIX list; an NFSv4 one has flags");
  const basic = perms.find((name) => name in basicPerms);
  if (basic && perms.length > 1) failures.push(`${basic} stands for several permissions and is written alone`);
  if (perms.includes("WRITE")) failures.push("WRITE is no permission of an NFSv4 list; write WRITE_DATA, or MODIFY");
  const basicFlag = flags?.find((name) => name in basicFlags);
  if (basicFlag && (flags?.length ?? 0) > 1)
    failures.push(`${basicFlag} stands for several flags and is written alone`);
  return failures;
}

/** A POSIX list is two lists in one: for the directory itself, and for what is made in it. */
function scopeFailures(acl: readonly AclEntry[], isDefault: boolean): CheckFailure[] {
  const tags = acl.filter((entry) => (entry.default ?? false) === isDefault).map(({ tag, id }) => `${tag}${id ?? ""}`);
  if (tags.length === 0 && isDefault) return [];
  const needed = [
    "USER_OBJ",
    "GROUP_OBJ",
    "OTHER",
    ...(tags.some((tag) => /^(USER|GROUP)\d/.test(tag)) ? ["MASK"] : []),
  ];
  const what = isDefault ? " with default: true" : "";
  const missing = needed.filter((tag) => !tags.includes(tag)).map((tag) => `needs an entry for ${tag}${what}`);
  const twice = tags.filter((tag, i) => tags.indexOf(tag) !== i).map((tag) => `has two entries for ${tag}${what}`);
  return [...missing, ...twice].map((reason) => ({ property: "acl", reason }));
}

const expand = (names: readonly string[], basics: Readonly<Record<string, readonly string[]>>): string[] => {
  const [first = ""] = names;
  return [...(names.length === 1 ? (basics[first] ?? names) : names)].sort();
};

/** Denials first, then what allows; within each what counts for the object itself first: the order that Windows wants. */
function inOrder(acl: readonly AclEntry[]): AclEntry[] {
  const rank = ({ type, flags = [] }: AclEntry) => {
    const names = expand(flags, basicFlags);
    const inherits = names.some((name) => name !== "INHERITED");
    return (names.includes("INHERITED") ? 4 : 0) + (type === "DENY" ? 0 : 2) + (inherits ? 1 : 0);
  };
  return [...acl].sort((a, b) => rank(a) - rank(b));
}

/** An entry as text that is the same for the same meaning. */
function meaning(kind: AclKind, { tag, id, perms, type, flags = [], default: isDefault }: AclEntry): string {
  return kind === "POSIX1E"
    ? JSON.stringify([isDefault ?? false, tag, id ?? null, [...perms].sort()])
    : JSON.stringify([type ?? "ALLOW", tag, id ?? null, expand(perms, basicPerms), expand(flags, basicFlags)]);
}

/** Whether a list on the NAS means what is wanted: of a POSIX list the order is all one, of an NFSv4 list it decides. */
export function sameAcl(wanted: PropertyValue, actual: PropertyValue | undefined): boolean {
  const [want, have] = [wanted, actual ?? []] as unknown as [AclEntry[], AclEntry[]];
  if (want.length !== have.length) return false;
  if (want.length === 0) return true;
  const kind = kindOfAcl(want);
  if (kindOfAcl(have) !== kind) return false;
  const texts = (acl: readonly AclEntry[]) => acl.map((entry) => meaning(kind, entry));
  const [a, b] = kind === "POSIX1E" ? [texts(want).sort(), texts(have).sort()] : [texts(inOrder(want)), texts(have)];
  return a.every((text, i) => text === b[i]);
}

type Wire = Readonly<Record<string, unknown>>;

const truths = (all: readonly string[], names: readonly string[]): Wire =>
  Object.fromEntries(all.map((name) => [name, names.includes(name)]));

/** The list as filesystem.setacl takes it. */
export function aclToWire(acl: readonly AclEntry[]): Wire[] {
  if (kindOfAcl(acl) === "POSIX1E")
    return acl.map(({ tag, id = -1, perms, default: isDefault = false }) => ({
      tag,
      id,
      perms: truths(posixPerms, perms),
      default: isDefault,
    }));
  return inOrder(acl).map(({ tag, id = -1, perms, type = "ALLOW", flags = [] }) => ({
    tag,
    id,
    type,
    perms: truths(nfs4Perms, expand(perms, basicPerms)),
    flags: truths(nfs4Flags, expand(flags, basicFlags)),
  }));
}

const names = (value: unknown): string[] => {
  const bits = typeof value === "object" && value !== null ? Object.entries(value) : [];
  const basic = bits.find(([name]) => name === "BASIC")?.[1];
  return typeof basic === "string" ? [basic] : bits.filter(([, on]) => on === true).map(([name]) => name);
};

/** A list as filesystem.getacl tells it, in simple names where they fit. */
export function aclFromWire(kind: AclKind, rows: readonly Wire[]): AclEntry[] {
  return rows.map((row) => {
    const id = typeof row["id"] === "number" && row["id"] >= 0 ? { id: row["id"] } : {};
    const perms = names(row["perms"]);
    const own =
      kind === "POSIX1E"
        ? { ...(row["default"] === true ? { default: true } : {}) }
        : { type: row["type"], flags: names(row["flags"]) };
    return { tag: row["tag"], ...id, perms, ...own } as AclEntry;
  });
}
