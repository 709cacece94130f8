import { z } from "zod";
import { sdkResource } from "../sdk.ts";
import { sameSet } from "./compare.ts";
import { defineResource } from "./definition.ts";

const inputs = z.object({
  protocols: z
    .array(z.enum(["NFSV3", "NFSV4"]))
    .min(1, "must name at least one of NFSV3, NFSV4")
    .optional()
    .describe("NFSV4 turns on 4.0, 4.1 and 4.2 together; there is no minor switch."),
  servers: z
    .union([z.literal("auto"), z.int().min(1).max(256)], 'must be "auto" or a number from 1 to 256')
    .optional()
    .describe("Server threads; auto: as many as the NAS thinks fit."),
  bindAddresses: z.array(z.ipv4().or(z.ipv6())).optional().describe("Addresses of the NAS that serve NFS; empty: all."),
  v4Domain: z.string().optional().describe("NFSv4 identity domain; only with NFSV4."),
  allowNonroot: z.boolean().optional().describe("Whether mounts from unprivileged ports are allowed."),
});
type Inputs = z.output<typeof inputs>;

interface ConfigRow {
  readonly protocols: ("NFSV3" | "NFSV4")[];
  readonly servers: number | null;
  readonly managed_nfsd: boolean;
  readonly bindip: string[];
  readonly v4_domain: string;
  readonly allow_nonroot: boolean;
}

/** The NAS has one NFS configuration, so its id is a constant. */
const id = "nfs";

export const nfsConfig = defineResource({
  type: "truenas:index:NfsConfig",
  description: "The settings of the NFS server. There is one per NAS; properties that are left out are left alone.",
  inputs,
  outputs: z.object({}),
  traits: {
    protocols: { same: sameSet },
    bindAddresses: { same: sameSet, wire: "bindip" },
  },
  rules: ({ protocols, v4Domain }) => {
    if (!v4Domain || protocols === undefined || protocols.includes("NFSV4")) return [];
    return [{ property: "v4Domain", reason: "needs NFSV4 among the protocols" }];
  },
  deletion: "Leaves the settings as they are.",
  lifecycle: {
    read: async (context) => {
      const row = (await context.nas.call("nfs.config", [], { signal: context.signal })) as ConfigRow;
      const live: Required<Inputs> = {
        protocols: row.protocols,
        servers: row.managed_nfsd ? "auto" : (row.servers ?? "auto"),
        bindAddresses: row.bindip,
        v4Domain: row.v4_domain,
        allowNonroot: row.allow_nonroot,
      };
      return { id, inputs: live, explicit: ["protocols", "servers", "bindAddresses"], outputs: {} };
    },
    locate: async () => ({ id, ours: true, standing: true, description: "the settings of the NFS server" }),
    create: async () => id,
    update: async (context, { changed, inputs: wanted }) => {
      const wire: Record<string, unknown> = {
        protocols: wanted.protocols,
        servers: wanted.servers === "auto" ? null : wanted.servers,
        bindip: wanted.bindAddresses,
        v4_domain: wanted.v4Domain,
        allow_nonroot: wanted.allowNonroot,
      };
      const names = { bindAddresses: "bindip", v4Domain: "v4_domain", allowNonroot: "allow_nonroot" } as const;
      const request = Object.fromEntries(
        [...changed]
          .map((property) => names[property as keyof typeof names] ?? property)
          .map((name) => [name, wire[name]]),
      );
      await context.nas.call("nfs.update", [request], { signal: context.signal });
    },
    delete: async (context) => context.log("info", "the settings of the NFS server stay as they are"),
  },
});

/** The settings of the NFS server. */
export class NfsConfig extends sdkResource(nfsConfig) {}
