import { z } from "zod";
import { CallError, errno } from "../errors.ts";
import { type ApiVersion, type CallContext, type Method, text } from "../method.ts";
import type { Place } from "../world/files.ts";
import type { Acl, Nfs4Entry, PosixEntry } from "../world/nodes.ts";
import { byVersion, type Row } from "./crud.ts";
import {
  apply,
  changeablePlace,
  FileFindings,
  lockOf,
  type OwnerInput,
  ownerOf,
  recursionFields,
} from "./file-permissions.ts";
import { resolvePath } from "./paths.ts";
import { fileAttributes, fileRead } from "./roles.ts";

const flags = (names: readonly string[]): z.ZodType =>
  z.strictObject(Object.fromEntries(names.map((name) => [name, z.boolean().default(false)])));

const nfs4Permissions = [
  "READ_DATA",
  "WRITE_DATA",
  "APPEND_DATA",
  "READ_NAMED_ATTRS",
  "WRITE_NAMED_ATTRS",
  "EXECUTE",
  "DELETE",
  "DELETE_CHILD",
  "READ_ATTRIBUTES",
  "WRITE_ATTRIBUTES",
  "READ_ACL",
  "WRITE_ACL",
  "WRITE_OWNER",
  "SYNCHRONIZE",
] as const;

const nfs4Flags = ["FILE_INHERIT", "DIRECTORY_INHERIT", "NO_PROPAGATE_INHERIT", "INHERIT_ONLY", "INHERITED"] as const;

const entryId = z.int().min(-1).max(2_147_483_647).nullable().default(null);
const who = text().nullable().default(null);

const nfs4Entry = z.strictObject({
  tag: z.enum(["owner@", "group@", "everyone@", "USER", "GROUP"]),
  type: z.enum(["ALLOW", "DENY"]),
  perms: z.union([
    flags(nfs4Permissions),
    z.strictObject({ BASIC: z.enum(["FULL_CONTROL", "MODIFY", "READ", "TRAVERSE"]) }),
  ]),
  flags: z.union([flags(nfs4Flags), z.strictObject({ BASIC: z.enum(["INHERIT", "NOINHERIT"]) })]),
  id: entryId,
  who,
});

const posixEntry = z.strictObject({
  tag: z.enum(["USER_OBJ", "GROUP_OBJ", "OTHER", "MASK", "USER", "GROUP"]),
  perms: z.strictObject({ READ: z.boolean(), WRITE: z.boolean(), EXECUTE: z.boolean() }),
  default: z.boolean(),
  id: entryId,
  who,
});

const ownerId = z.int().min(-1).max(2_147_483_647).nullable().default(-1);

const setaclSchema = byVersion((version: ApiVersion) =>
  z.strictObject({
    path: text().min(1),
    dacl: z.union([z.array(nfs4Entry), z.array(posixEntry)]),
    options: z
      .strictObject({
        ...recursionFields,
        stripacl: z.boolean().default(false),
        validate_effective_acl: z.boolean().default(true),
        ...(version === "25.10" && { canonicalize: z.boolean().default(true) }),
      })
      .prefault({}),
    nfs41_flags: flags(["autoinherit", "protected", "defaulted"]).prefault({}),
    uid: ownerId,
    user: text().nullable().default(null),
    gid: ownerId,
    group: text().nullable().default(null),
    acltype: z.enum(["NFS4", "POSIX1E"]).nullable().default(null),
  }),
);

type Entry = (Nfs4Entry | PosixEntry) & { readonly who: string | null };

interface SetaclInput extends OwnerInput {
  readonly dacl: readonly Entry[];
  readonly options: OwnerInput["options"] & { readonly canonicalize?: boolean };
  readonly acltype: "NFS4" | "POSIX1E" | null;
}

const aclTypes: Readonly<Record<string, "NFS4" | "POSIX1E" | "DISABLED">> = {
  nfsv4: "NFS4",
  posix: "POSIX1E",
  off: "DISABLED",
};

const aclTypeOf = ({ world }: CallContext, place: Place): "NFS4" | "POSIX1E" | "DISABLED" =>
  aclTypes[world.storage.effective(place.dataset, "acltype").raw] ?? "DISABLED";

const allowed = (bits: number, name: "READ" | "WRITE" | "EXECUTE"): boolean =>
  (bits & { READ: 4, WRITE: 2, EXECUTE: 1 }[name]) !== 0;

/** The list that says what the mode says. */
function trivialAcl(type: "NFS4" | "POSIX1E", mode: number): (Nfs4Entry | PosixEntry)[] {
  const [owner, group, other] = [(mode >> 6) & 7, (mode >> 3) & 7, mode & 7];
  if (type === "POSIX1E") {
    const entry = (tag: PosixEntry["tag"], bits: number): PosixEntry => ({
      tag,
      perms: { READ: allowed(bits, "READ"), WRITE: allowed(bits, "WRITE"), EXECUTE: allowed(bits, "EXECUTE") },
      default: false,
      id: -1,
    });
    return [entry("USER_OBJ", owner), entry("GROUP_OBJ", group), entry("OTHER", other)];
  }
  const entry = (tag: Nfs4Entry["tag"], bits: number): Nfs4Entry => ({
    tag,
    type: "ALLOW",
    perms: Object.fromEntries(
      nfs4Permissions.map((name) => [
        name,
        name === "READ_DATA"
          ? allowed(bits, "READ")
          : name === "WRITE_DATA" || name === "APPEND_DATA"
            ? allowed(bits, "WRITE")
            : name === "EXECUTE"
              ? allowed(bits, "EXECUTE")
              : ["READ_ATTRIBUTES", "READ_ACL", "READ_NAMED_ATTRS", "SYNCHRONIZE"].includes(name) ||
                (tag === "owner@" && name.startsWith("WRITE_")),
      ]),
    ),
    flags: { BASIC: "NOINHERIT" },
    id: -1,
  });
  return [entry("owner@", owner), entry("group@", group), entry("everyone@", other)];
}

const readOnlyPerms = ["READ_NAMED_ATTRS", "READ_ATTRIBUTES", "EXECUTE", "SYNCHRONIZE"] as const;
/** What each simple name stands for (TrueNAS middleware utils/filesystem/acl.py). */
const basicPermissions: Readonly<Record<string, readonly string[]>> = {
  FULL_CONTROL: nfs4Permissions,
  MODIFY: nfs4Permissions.filter((name) => name !== "WRITE_ACL" && name !== "WRITE_OWNER"),
  READ: ["READ_DATA", "READ_ACL", ...readOnlyPerms],
  TRAVERSE: readOnlyPerms,
};
const basicFlags: Readonly<Record<string, readonly string[]>> = {
  INHERIT: ["FILE_INHERIT", "DIRECTORY_INHERIT"],
  NOINHERIT: [],
};

type Named = Readonly<Record<string, boolean | string>>;

/** The names that a set of booleans, or the simple name in its place, stands for. */
const namesIn = (named: Named, basics: Readonly<Record<string, readonly string[]>>): readonly string[] =>
  typeof named["BASIC"] === "string"
    ? (basics[named["BASIC"]] ?? [])
    : Object.keys(named).filter((name) => named[name] === true);

function spelled(
  named: Named,
  all: readonly string[],
  basics: Readonly<Record<string, readonly string[]>>,
  simplified: boolean,
): Named {
  const names = new Set(namesIn(named, basics));
  const same = (list: readonly string[]): boolean =>
    list.length === names.size && list.every((name) => names.has(name));
  const basic = simplified ? Object.keys(basics).find((name) => same(basics[name] ?? [])) : undefined;
  return basic === undefined ? Object.fromEntries(all.map((name) => [name, names.has(name)])) : { BASIC: basic };
}

/** An NFSv4 entry as getacl tells it: simple names where they fit, or every bit by itself. */
const nfs4Row = (entry: Nfs4Entry, simplified: boolean): Row => ({
  ...entry,
  perms: spelled(entry.perms, nfs4Permissions, basicPermissions, simplified),
  flags: spelled(entry.flags, nfs4Flags, basicFlags, simplified),
});

/** The order that 25.10 puts entries in: denials first, and of each kind those for the object itself first. */
function canonical(entries: readonly Nfs4Entry[]): readonly Nfs4Entry[] {
  const rank = (entry: Nfs4Entry): number => {
    const names = namesIn(entry.flags, basicFlags);
    const inherited = names.includes("INHERITED") ? 4 : 0;
    return inherited + (entry.type === "ALLOW" ? 2 : 0) + (names.some((name) => name !== "INHERITED") ? 1 : 0);
  };
  return [...entries].sort((a, b) => rank(a) - rank(b));
}

/** The name of the account of an entry, where it is asked for. */
function whoOf({ world: { directory } }: CallContext, { tag, id }: Nfs4Entry | PosixEntry): string | null {
  if (id === null || id < 0) return null;
  return tag === "USER" ? directory.userName(id) : tag === "GROUP" ? directory.groupName(id) : null;
}

function aclRow(call: CallContext, path: string, simplified = true, resolve = false): Row {
  const resolved = resolvePath(call.world, path);
  if (!resolved) throw new CallError("Path not found.", errno.ENOENT);
  const { place } = resolved;
  const { node } = place;
  const type = aclTypeOf(call, place);
  const { directory } = call.world;
  const base = {
    path,
    uid: node.uid,
    gid: node.gid,
    user: directory.userName(node.uid),
    group: directory.groupName(node.gid),
  };
  if (type === "DISABLED") return { ...base, acltype: type, acl: null, trivial: true };
  const acl = (node.acl?.entries ?? trivialAcl(type, node.mode)).map((entry) => ({
    who: resolve ? whoOf(call, entry) : null,
    ...("type" in entry ? nfs4Row(entry, simplified) : entry),
  }));
  const trivial = node.acl === undefined;
  if (type === "POSIX1E") return { ...base, acltype: type, acl, trivial };
  return { ...base, acltype: type, acl, aclflags: { autoinherit: false, protected: false, defaulted: false }, trivial };
}

/** Mode bits that a list amounts to, as stat shows them afterwards. */
function modeFrom(acl: Acl): number {
  if (acl.type === "POSIX1E") {
    const bits = (tag: PosixEntry["tag"]): number | undefined => {
      const found = acl.entries.find((entry) => entry.tag === tag && !entry.default);
      return found && (found.perms.READ ? 4 : 0) + (found.perms.WRITE ? 2 : 0) + (found.perms.EXECUTE ? 1 : 0);
    };
    return ((bits("USER_OBJ") ?? 0) << 6) | ((bits("MASK") ?? bits("GROUP_OBJ") ?? 0) << 3) | (bits("OTHER") ?? 0);
  }
  const bits = (tag: Nfs4Entry["tag"]): number => {
    const entry = acl.entries.find((each) => each.tag === tag && each.type === "ALLOW");
    const basic = entry?.perms["BASIC"];
    if (typeof basic === "string") return { FULL_CONTROL: 7, MODIFY: 7, READ: 5, TRAVERSE: 1 }[basic] ?? 0;
    return (
      (entry?.perms["READ_DATA"] ? 4 : 0) + (entry?.perms["WRITE_DATA"] ? 2 : 0) + (entry?.perms["EXECUTE"] ? 1 : 0)
    );
  };
  return (bits("owner@") << 6) | (bits("group@") << 3) | bits("everyone@");
}

function resolved(call: CallContext, entry: Entry, index: number, found: FileFindings): Nfs4Entry | PosixEntry {
  const { who: name, ...rest } = entry;
  if (!name) return rest;
  const { directory } = call.world;
  const id = entry.tag === "USER" ? directory.user(name)?.uid : directory.group(name)?.gid;
  if (id === undefined) found.add(`dacl.${index}.who`, `${name}: account does not exist`);
  return { ...rest, id: id ?? -1 };
}

async function setacl(call: CallContext, data: SetaclInput): Promise<Row> {
  call.progress(0, "Preparing to set ACL.");
  const found = new FileFindings("filesystem_acl");
  const owner = ownerOf(call, data, found);
  const place = changeablePlace(call, data, found);
  const type = aclTypeOf(call, place);
  const given = data.dacl.some((entry) => "type" in entry) ? "NFS4" : "POSIX1E";
  if (type === "DISABLED") found.add("path", "ACLs are disabled on this dataset (acltype OFF)");
  else if ((data.acltype ?? type) !== type || (data.dacl.length > 0 && given !== type)) {
    found.add("acltype", `The dataset has ACLs of type ${type}`);
  }
  const inOrder = data.dacl.map((entry, index) => resolved(call, entry, index, found));
  const reorder = type === "NFS4" && call.version === "25.10" && data.options.canonicalize !== false;
  const entries = reorder ? canonical(inOrder as Nfs4Entry[]) : inOrder;
  if (!data.options.stripacl && entries.length === 0) found.add("dacl", "An ACL needs at least one entry");
  if (type === "POSIX1E" && entries.length > 0) {
    for (const tag of ["USER_OBJ", "GROUP_OBJ", "OTHER"]) {
      if (!entries.some((entry) => entry.tag === tag)) found.add("dacl", `Missing ACL entry for ${tag}`);
    }
  }
  found.check();
  const acl = { type, entries } as Acl;
  await apply(call, place, data.options, (node) => {
    if (data.options.stripacl) delete node.acl;
    else {
      const trivial = type === "POSIX1E" && entries.length === 3;
      node.mode = modeFrom(acl);
      if (trivial) delete node.acl;
      else node.acl = acl;
    }
    if (owner.uid !== -1) node.uid = owner.uid;
    if (owner.gid !== -1) node.gid = owner.gid;
  });
  call.progress(100, "Finished setting ACL.");
  return aclRow(call, data.path);
}

const versions: readonly ApiVersion[] = ["25.10", "26.0"];

export const fileAclMethods: readonly Method[] = [
  {
    name: "filesystem.getacl",
    access: fileRead,
    params: () => [
      { name: "path", schema: text().min(1) },
      { name: "simplified", schema: z.boolean().default(true), required: false },
      { name: "resolve_ids", schema: z.boolean().default(false), required: false },
    ],
    run: (call, [path, simplified, resolve]) => aclRow(call, path as string, simplified as boolean, resolve as boolean),
  },
  ...versions.map(
    (version): Method => ({
      name: "filesystem.setacl",
      versions: [version],
      access: fileAttributes,
      job: { lock: lockOf(version, "filesystem.setacl") },
      params: () => [{ name: "filesystem_acl", schema: setaclSchema(version) }],
      run: (call, [data]) => setacl(call, data as SetaclInput),
    }),
  ),
];
