import { z } from "zod";
import { app } from "./apps.ts";
import { field } from "./field.ts";
import { kubernetes } from "./kubernetes.ts";
import { name, nodeName } from "./names.ts";
import { nas } from "./nas.ts";
import { node } from "./nodes.ts";
import { share, smbShare } from "./shares.ts";
import { defaultRetention, snapshots } from "./snapshots.ts";

function phase(what: string) {
  const notBuilt = "This phase is not part of this version yet; only `enabled: false` is accepted.";
  return field(
    z.strictObject({
      enabled: field(z.literal(false, notBuilt), { description: "Only false, for now.", example: false }),
    }),
    {
      description: what,
      example: { enabled: false },
    },
  ).default({ enabled: false });
}

/** Every plain key of a stack file, in the order in which an owner meets them. Single source of checks, editor help and docs. */
export const keys = {
  nas: field(nas, { description: "The TrueNAS: where it is, how it is trusted, which pool is used." }),
  nodes: field(z.record(nodeName, node), {
    description: "The machines of the homelab, by name.",
    example: { mainkube: { address: "10.10.10.30" } },
  }),
  apps: field(z.record(name, app), {
    description: "The apps whose data is kept, by name, with their volumes. Known apps need no more than `{}`.",
    example: { linkding: {} },
  }).default({}),
  snapshots: field(snapshots, {
    description: "Retention of the common snapshot chain, which covers the apps dataset and everything below it.",
    example: defaultRetention,
  }).prefault({}),
  shares: field(z.record(name, share), {
    description: "Media that exists on the NAS already, by name.",
    example: { media: { path: "/mnt/big/media", snapshots: { exempt: "can be ripped again" } } },
  }).default({}),
  smb: field(z.record(name, smbShare), {
    description: "SMB shares for people, by name, each on a dataset of its own.",
    example: { documents: { size: "200Gi" } },
  }).default({}),
  kubernetes: field(kubernetes, { description: "The cluster that uses the volumes." }).prefault({}),
  environment: field(z.enum(["production", "test"]), {
    description: "Default environment of the apps. `test` keeps everything on the nodes, without backups.",
    example: "production",
  }).default("production"),
  sandbox: field(z.boolean(), {
    description: "Marks a stack that only talks to simulated systems. Its endpoints must be loopback addresses.",
    example: true,
  }).default(false),
  objectStorage: phase("Phase 2 of the design: MinIO on the NAS, with buckets and identities."),
  backup: phase("Phase 2 of the design: dumps, SQLite copies, off-site replication."),
  ceph: phase("Phase 3 of the design: Ceph on Proxmox for the control plane."),
};

export type Keys = typeof keys;
export type KeyName = keyof Keys;
