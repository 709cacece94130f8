import { z } from "zod";
import { sdkResource } from "../sdk.ts";
import { sameSet } from "./compare.ts";
import type { ResourceContext } from "./context.ts";
import { defineResource, type Live, sameBy } from "./definition.ts";
import { refuseLockedPath } from "./locked.ts";
import { nasPath, shareMark, withoutMark } from "./names.ts";
import { deleteById, findAll, idFilter } from "./rows.ts";

/** An account of the NAS by name; empty for none. */
const account = z.string().default("");

const inputs = z.object({
  path: nasPath.describe("Directory that is exported. A child dataset below it is not visible through this export."),
  comment: z.string().max(900).default("").describe("Text that the NAS shows beside the export."),
  networks: z
    .array(z.cidrv4("must be an IPv4 network such as 10.0.0.0/24").or(z.cidrv6("must be a network in CIDR form")))
    .default([])
    .describe("Networks that may mount it. With neither networks nor hosts, everybody may."),
  hosts: z
    .array(z.string().regex(/^[^\s"']+$/, "must not hold spaces or quotes"))
    .default([])
    .describe("Hosts that may mount it, by name or address."),
  readOnly: z.boolean().default(false).describe("Whether clients may only read."),
  maprootUser: account.describe("Account that root of a client becomes; empty: nobody (root squash)."),
  maprootGroup: account.describe("Group that root of a client becomes; needs maprootUser."),
  mapallUser: account.describe("Account that every user of a client becomes. Not together with maprootUser."),
  mapallGroup: account.describe("Group that every user of a client becomes; needs mapallUser."),
  security: z
    .array(z.enum(["SYS", "KRB5", "KRB5I", "KRB5P"]))
    .default([])
    .describe("Security flavours, best first; empty means SYS. Kerberos needs NFSv4 and a keytab on the NAS."),
  enabled: z.boolean().default(true).describe("Whether the export is offered."),
});
type Inputs = z.output<typeof inputs>;

interface ShareRow {
  readonly id: number;
  readonly path: string;
  readonly comment: string;
  readonly networks: string[];
  readonly hosts: string[];
  readonly ro: boolean;
  readonly maproot_user: string | null;
  readonly maproot_group: string | null;
  readonly mapall_user: string | null;
  readonly mapall_group: string | null;
  readonly security: Inputs["security"];
  readonly enabled: boolean;
  readonly locked?: boolean | null;
}

export const nfsShare = defineResource({
  type: "truenas:index:NfsShare",
  description: "An NFS export of one directory on the NAS. Removing it ends access; the data stays.",
  inputs,
  outputs: z.object({
    locked: z.boolean().describe("Whether the NAS leaves the export out because its dataset is locked or missing."),
  }),
  traits: {
    networks: { same: sameSet },
    hosts: { same: sameSet },
    readOnly: { wire: "ro" },
  },
  rules: (share) => {
    const failures = [];
    if (share.maprootUser !== "" && share.mapallUser !== "") {
      failures.push({ property: "mapallUser", reason: "cannot stand together with maprootUser; keep one of them" });
    }
    if (share.maprootGroup !== "" && share.maprootUser === "")
      failures.push({ property: "maprootGroup", reason: "needs maprootUser" });
    if (share.mapallGroup !== "" && share.mapallUser === "")
      failures.push({ property: "mapallGroup", reason: "needs mapallUser" });
    return failures;
  },
  deletion: "Removes the export. Clients that have it mounted get errors; the data stays.",
  lifecycle: {
    read: async (context, id) => {
      const row = await find(context, id);
      return row && { ...toLive(row), ours: row.comment.endsWith(shareMark(context)) };
    },

    isSame: sameBy("path"),

    preflight: async (context, { path }, live) => {
      if (live?.inputs.path !== path) await refuseLockedPath(context, path, `NFS export of ${path} cannot be made`);
    },

    locate: async (context, { path }) => {
      const shares = await at(context, path);
      const ours = shares.find((share) => share.comment.endsWith(shareMark(context)));
      // Another export of this stack may serve the same directory to other clients: that is for the NAS to judge.
      const foreign = shares.find((share) => !share.comment.includes(`[pulumi ${context.project}/${context.stack}/`));
      const found = ours ?? foreign;
      return found && { id: String(found.id), ours: found === ours, description: `NFS export ${found.id} of ${path}` };
    },

    create: async (context, wanted) => {
      const row = await context.nas.call<ShareRow>("sharing.nfs.create", [toWire(context, wanted)], {
        signal: context.signal,
      });
      return String(row.id);
    },

    update: async (context, { live, changed, inputs: wanted }) => {
      const wire = toWire(context, wanted);
      const request = Object.fromEntries([...changed].map((property) => [wireOf(property), wire[wireOf(property)]]));
      await context.nas.call("sharing.nfs.update", [Number(live.id), request], { signal: context.signal });
    },

    delete: (context, id) => deleteById(context, "sharing.nfs.delete", Number(id)),
  },
});

const wireOf = (property: keyof Inputs & string) =>
  property === "readOnly" ? "ro" : property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function toWire(context: ResourceContext, { comment, ...share }: Inputs): Record<string, unknown> {
  const properties = Object.entries(share).map(([property, value]) => {
    return [wireOf(property as keyof Inputs & string), value === "" ? null : value];
  });
  return { ...Object.fromEntries(properties), comment: `${comment} ${shareMark(context)}`.trimStart() };
}

function toLive(row: ShareRow): Live<Inputs> {
  return {
    id: String(row.id),
    inputs: {
      path: row.path,
      comment: withoutMark(row.comment),
      networks: row.networks,
      hosts: row.hosts,
      readOnly: row.ro,
      maprootUser: row.maproot_user ?? "",
      maprootGroup: row.maproot_group ?? "",
      mapallUser: row.mapall_user ?? "",
      mapallGroup: row.mapall_group ?? "",
      security: row.security,
      enabled: row.enabled,
    },
    explicit: [
      "path",
      "comment",
      "networks",
      "hosts",
      "readOnly",
      "maprootUser",
      "maprootGroup",
      "mapallUser",
      "mapallGroup",
      "security",
      "enabled",
    ],
    outputs: { locked: row.locked ?? false },
  };
}

const at = async (context: ResourceContext, path: string) =>
  (await findAll(context, "sharing.nfs.query", "path", path)) as unknown as ShareRow[];

/** By number, or by a path that one export alone has: that is what an owner knows. */
async function find(context: ResourceContext, id: string): Promise<ShareRow | undefined> {
  if (!id.startsWith("/"))
    return (await context.nas.collection("sharing.nfs.query").find(idFilter(id))) as ShareRow | undefined;
  const shares = await at(context, id);
  return shares.length === 1 ? shares[0] : undefined;
}

/** An NFS export of one directory on the NAS. */
export class NfsShare extends sdkResource(nfsShare) {}
