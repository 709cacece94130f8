import { z } from "zod";
import { ProviderError } from "../../base/errors.ts";
import type { PropertyValue } from "../../base/values.ts";
import { sdkResource } from "../sdk.ts";
import { type AclEntry, aclEntry, aclFailures, aclFromWire, aclToWire, kindOfAcl, sameAcl } from "./acl.ts";
import type { ResourceContext } from "./context.ts";
import { type DatasetRow, zfsProperty } from "./dataset-row.ts";
import { type Change, defineResource } from "./definition.ts";
import { datasetOf, refuseLockedPath } from "./locked.ts";
import { nasPath } from "./names.ts";
import { aclOf, statPath } from "./path-stats.ts";
import { takeSafetySnapshot } from "./safety-snapshots.ts";

const accountId = z.int().min(0).max(2147483647);

const inputs = z.object({
  path: nasPath.describe("Directory whose owner and mode are set; not the pool's own directory."),
  uid: accountId.optional().describe("Owner, as a number."),
  gid: accountId.optional().describe("Group, as a number."),
  mode: z
    .string()
    .regex(/^0?[0-7]{3}$/, "must be an octal mode such as 0770")
    .optional()
    .describe("Permission bits, octal. Not together with an access control list, from which they follow."),
  acl: z
    .array(aclEntry)
    .optional()
    .describe(
      "Access control list, POSIX or NFSv4 as the dataset's acltype says. Empty: none but the mode. Left out: whatever is there stays.",
    ),
  recursive: z
    .boolean()
    .default(false)
    .describe(
      "Whether a change is applied to everything below as well. It says how a change is made, so it is no change itself.",
    ),
});
type Inputs = z.output<typeof inputs>;

const octal = (mode: PropertyValue | undefined) => Number.parseInt(String(mode), 8);

export const filesystemPermissions = defineResource({
  type: "truenas:index:FilesystemPermissions",
  description:
    "Owner, group, mode and access control list of a directory on the NAS. A snapshot is taken before a recursive change and before a list is dropped.",
  inputs,
  outputs: z.object({}),
  traits: {
    path: { replaces: true },
    mode: { same: (wanted, actual) => octal(wanted) === octal(actual) },
    acl: { same: sameAcl },
    recursive: { local: true },
  },
  rules: ({ uid, gid, mode, acl }) => {
    if (uid === undefined && gid === undefined && mode === undefined && acl === undefined)
      return [{ property: "mode", reason: "nothing to set: give uid, gid, mode or acl" }];
    const both = mode !== undefined && acl !== undefined && acl.length > 0;
    const clash = { property: "mode", reason: "follows from the access control list; write one of the two" };
    return [...(both ? [clash] : []), ...aclFailures(acl ?? [])];
  },
  deletion: "Leaves owner, mode and access control list as they are.",
  lifecycle: {
    read: async (context, path) => {
      const stat = await statPath(context, path);
      if (!stat) return undefined;
      const mode = (stat.mode & 0o777).toString(8).padStart(4, "0");
      const acl = stat.acl ? await readAcl(context, path) : [];
      const live: Partial<Inputs> = { path, uid: stat.uid, gid: stat.gid, mode, acl };
      return { id: path, inputs: live, explicit: ["path", "uid", "gid", acl.length > 0 ? "acl" : "mode"], outputs: {} };
    },

    preflight: (context, { path }) => refuseLockedPath(context, path, `owner and mode of ${path} cannot be set`),

    locate: async (_context, { path }) => ({
      id: path,
      ours: true,
      standing: true,
      description: `owner and mode of ${path}`,
    }),

    create: async (_context, { path }) => path,

    update: async (context, change) => {
      const { path, recursive } = change.inputs;
      const { method, request, drops } = requestFor(change);
      const dataset = await datasetOf(context, path);
      if (dataset) refuseUnfit(dataset, change);
      if (dataset && (recursive || drops)) await takeSafetySnapshot(context, dataset.id, "permissions");
      await context.nas.call(method, [request], { signal: context.signal, onProgress: context.progress });
    },

    delete: async (context, path) => context.log("info", `owner and mode of ${path} stay as they are`),
  },
});

async function readAcl(context: ResourceContext, path: string): Promise<AclEntry[]> {
  const { acltype, acl } = await aclOf(context, path);
  return acltype === "DISABLED" ? [] : aclFromWire(acltype, acl ?? []);
}

interface Request {
  readonly method: string;
  readonly request: Readonly<Record<string, unknown>>;
  /** Whether an access control list is lost by it. */
  readonly drops: boolean;
}

/** The one call that makes a change. An owner alone is changed in a way that leaves access control lists alone. */
function requestFor({ live, changed, inputs }: Change<Inputs>): Request {
  const { path, recursive } = inputs;
  const hasAcl = (live.inputs.acl ?? []).length > 0;
  const owner = Object.fromEntries(
    (["uid", "gid"] as const)
      .filter((property) => changed.has(property))
      .map((property) => [property, inputs[property]]),
  );
  // "traverse" would cross into child datasets, whose owners are their own business.
  const options = { recursive };
  if (changed.has("acl") && inputs.acl && inputs.acl.length > 0) {
    const acltype = kindOfAcl(inputs.acl);
    return {
      method: "filesystem.setacl",
      request: { path, dacl: aclToWire(inputs.acl), acltype, ...owner, options },
      drops: false,
    };
  }
  const drops = hasAcl && inputs.acl?.length === 0;
  if (changed.has("mode") && hasAcl && !drops) throw modeBesideAcl(path);
  if (!drops && !changed.has("mode") && (hasAcl || recursive))
    return { method: "filesystem.chown", request: { path, ...owner, options }, drops };
  const mode = changed.has("mode") || drops ? { mode: inputs.mode ?? live.inputs.mode } : {};
  const setperm = { path, ...owner, ...mode, options: { ...options, ...(drops ? { stripacl: true } : {}) } };
  return { method: "filesystem.setperm", request: setperm, drops };
}

const modeBesideAcl = (path: string) =>
  new ProviderError(
    "FAILED_PRECONDITION",
    `${path} has an access control list, from which its mode follows, so the mode alone cannot be set. ` +
      "Write acl: [] to drop the list (a snapshot is taken first), or acl with the entries wanted, or leave mode out.",
  );

const kinds: Readonly<Record<string, string>> = { POSIX: "POSIX1E", NFSV4: "NFS4", OFF: "none" };

/** What the NAS would refuse with a number, or in the middle of the work. */
function refuseUnfit(dataset: DatasetRow, { inputs: { path, acl }, changed }: Change<Inputs>): void {
  if (zfsProperty(dataset, "readonly")?.value === "ON") {
    throw new ProviderError(
      "FAILED_PRECONDITION",
      `the permissions of ${path} cannot be set, because dataset ${dataset.id} is read-only. Set its readonly to OFF first.`,
    );
  }
  const acltype = zfsProperty(dataset, "acltype")?.value ?? "";
  if (!changed.has("acl") || !acl || acl.length === 0 || kinds[acltype] === kindOfAcl(acl)) return;
  const wanted = kindOfAcl(acl) === "NFS4" ? "NFSV4" : "POSIX";
  throw new ProviderError(
    "FAILED_PRECONDITION",
    `acl of ${path} is an access control list of kind ${wanted}, and dataset ${dataset.id} has acltype ${acltype}. ` +
      `Write entries of that kind, or set acltype: ${wanted} on the dataset.`,
  );
}

/** Owner, group, mode and access control list of a directory on the NAS. */
export class FilesystemPermissions extends sdkResource(filesystemPermissions) {}
