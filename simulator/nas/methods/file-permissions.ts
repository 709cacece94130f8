import { z } from "zod";
import { errno, type Issue, ValidationErrors } from "../errors.ts";
import { type ApiVersion, type CallContext, type Method, text } from "../method.ts";
import { mountpointOf } from "../world/dataset.ts";
import type { Place } from "../world/files.ts";
import type { Node } from "../world/nodes.ts";
import { statRow } from "./file-rows.ts";
import { modeOf, octal } from "./filesystem.ts";
import { resolvePath } from "./paths.ts";
import { fileAttributes } from "./roles.ts";

// Jobs that change owners and modes (TrueNAS middleware plugins/filesystem_/acl.py).

const id = (initial: number | null = null): z.ZodType => z.int().min(-1).max(2_147_483_647).nullable().default(initial);
const name = (): z.ZodType => text().min(1).nullable().default(null);

/** Owner fields of setperm and chown. */
export const ownerFields = { uid: id(), user: name(), gid: id(), group: name() };

export const recursionFields = { recursive: z.boolean().default(false), traverse: z.boolean().default(false) };

export interface OwnerInput {
  readonly path: string;
  readonly uid: number | null;
  readonly user: string | null;
  readonly gid: number | null;
  readonly group: string | null;
  readonly options: { readonly recursive: boolean; readonly traverse: boolean; readonly stripacl?: boolean };
}

interface Ids {
  /** -1: unchanged. */
  readonly uid: number;
  readonly gid: number;
}

/** Collects findings under a method's own prefix, which has a dot in it on this server. */
export class FileFindings {
  readonly issues: Issue[] = [];
  private readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  add(field: string, message: string): void {
    this.issues.push([`${this.prefix}.${field}`, message, errno.EINVAL]);
  }

  check(): void {
    if (this.issues.length > 0) throw new ValidationErrors(this.issues);
  }
}

/** Names win over numbers; null is -1, which changes nothing. */
export function ownerOf({ world }: CallContext, input: Omit<OwnerInput, "path" | "options">, found: FileFindings): Ids {
  const user = input.user ? world.directory.user(input.user) : undefined;
  const group = input.group ? world.directory.group(input.group) : undefined;
  if (input.user && !user) found.add("user", `${input.user}: user does not exist`);
  if (input.group && !group) found.add("group", `${input.group}: group does not exist`);
  return { uid: user?.uid ?? input.uid ?? -1, gid: group?.gid ?? input.gid ?? -1 };
}

/** The place whose permissions may be changed. Throws CallError ENOENT where there is none. */
export function changeablePlace({ world }: CallContext, input: OwnerInput, found: FileFindings): Place {
  statRow(world, input.path);
  const resolved = resolvePath(world, input.path);
  if (!resolved) {
    found.add(
      "path",
      `Changes to permissions on paths that are not beneath the directory /mnt are not permitted: ${input.path}`,
    );
    found.check();
    throw new ValidationErrors(found.issues);
  }
  const { place, realpath } = resolved;
  if (place.node.kind === "FILE" && input.options.recursive)
    found.add("path", "Recursive operations on a file are invalid.");
  if (`${realpath}/`.includes("/.zfs/"))
    found.add("path", "Permissions changes in ZFS control directory (.zfs) are not permitted");
  if (world.storage.pools.some((pool) => realpath === mountpointOf(pool.name))) {
    found.add("path", `The specified path is a ZFS pool mountpoint "(${input.path})" `);
  }
  if (world.storage.datasets.get(realpath.slice("/mnt/".length))?.locked)
    found.add("path", "The path is in a locked dataset");
  if (world.storage.effective(place.dataset, "readonly").raw === "on")
    found.add("path", `The dataset ${place.dataset.name} is read-only`);
  return place;
}

/** The nodes below a place, those of child datasets only when they are to be traversed. */
export function* below(call: CallContext, place: Place, traverse: boolean): Generator<readonly [Place, Node]> {
  const { files, storage } = call.world;
  const at = `${mountpointOf(place.dataset.name)}${place.relative === "" ? "" : `/${place.relative}`}`;
  if (place.node.kind !== "DIRECTORY") return;
  for (const name of place.node.children.keys()) {
    const isDataset = storage.datasets.has(`${at}/${name}`.slice("/mnt/".length));
    const child = files.find(`${at}/${name}`);
    if (!child || (isDataset && !traverse)) continue;
    yield [child, child.node];
    yield* below(call, child, traverse);
  }
}

/** A change of owner, mode or list, on the place and below it. */
export async function apply(
  call: CallContext,
  place: Place,
  options: OwnerInput["options"],
  change: (node: Node) => void,
): Promise<void> {
  const set = ({ dataset, node }: Place): void => {
    change(node);
    node.changed = call.world.clock.now();
    dataset.version += 1;
  };
  set(place);
  if (!options.recursive) return;
  call.progress(10, "Recursively changing what lies below.");
  await call.sleep(1);
  for (const [each] of below(call, place, options.traverse)) set(each);
}

const setOwner = (node: Node, { uid, gid }: Ids): void => {
  if (uid !== -1) node.uid = uid;
  if (gid !== -1) node.gid = gid;
};

async function setperm(call: CallContext, data: OwnerInput & { readonly mode: string | null }): Promise<null> {
  call.progress(0, "Preparing to set permissions.");
  const found = new FileFindings("filesystem.setperm");
  const owner = ownerOf(call, data, found);
  const place = changeablePlace(call, data, found);
  if (place.node.acl && !data.options.stripacl) {
    found.add("mode", `Non-trivial ACL present on [${data.path}]. Option "stripacl" required to change permission.`);
  }
  if (data.mode !== null && modeOf(data.mode) === 0) found.add("mode", "Empty permissions are not permitted.");
  found.check();
  const mode = data.mode === null ? undefined : modeOf(data.mode);
  await apply(call, place, data.options, (node) => {
    delete node.acl;
    if (mode !== undefined) node.mode = node.kind === "FILE" && node !== place.node ? mode & ~0o111 : mode;
    setOwner(node, owner);
  });
  call.progress(100, "Finished setting permissions.");
  return null;
}

async function chown(call: CallContext, data: OwnerInput): Promise<null> {
  call.progress(0, "Preparing to change owner.");
  const found = new FileFindings("filesystem.chown");
  const owner = ownerOf(call, data, found);
  const place = changeablePlace(call, data, found);
  found.check();
  await apply(call, place, data.options, (node) => setOwner(node, owner));
  call.progress(100, "Finished changing owner.");
  return null;
}

/** 25.10 has one lock for all of them, 26 one per path. */
export const lockOf =
  (version: ApiVersion, method: string) =>
  (params: readonly unknown[]): string =>
    version === "25.10" ? "perm_change" : `${method}:${(params[0] as { path?: unknown } | undefined)?.path}`;

const permissionSchema = z.strictObject({
  path: text().min(1),
  ...ownerFields,
  mode: octal.nullable().default(null),
  options: z.strictObject({ ...recursionFields, stripacl: z.boolean().default(false) }).prefault({}),
});

const chownSchema = z.strictObject({
  path: text().min(1),
  ...ownerFields,
  options: z.strictObject(recursionFields).prefault({}),
});

const versions: readonly ApiVersion[] = ["25.10", "26.0"];

export const filePermissionMethods: readonly Method[] = versions.flatMap((version): Method[] => [
  {
    name: "filesystem.setperm",
    versions: [version],
    access: fileAttributes,
    job: { lock: lockOf(version, "filesystem.setperm") },
    params: () => [{ name: "filesystem_setperm", schema: permissionSchema }],
    run: (call, [data]) => setperm(call, data as OwnerInput & { readonly mode: string | null }),
  },
  {
    name: "filesystem.chown",
    versions: [version],
    access: fileAttributes,
    job: { lock: lockOf(version, "filesystem.chown") },
    params: () => [{ name: "filesystem_chown", schema: chownSchema }],
    run: (call, [data]) => chown(call, data as OwnerInput),
  },
]);
