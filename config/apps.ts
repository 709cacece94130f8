import { z } from "zod";
import { field } from "./field.ts";
import { mountPath, mountPoint, name, nodeName } from "./names.ts";
import { clientsField, securityField } from "./nas.ts";
import { sizeField } from "./size.ts";
import { ownSnapshots } from "./snapshots.ts";

export const kinds = [
  "media",
  "database",
  "sqlite",
  "config",
  "models",
  "cache",
  "session",
  "scratch",
  "ci",
  "backup",
  "archive",
  "control-plane",
  "unverified",
] as const;
export const engines = ["postgresql", "mysql", "mariadb", "redis"] as const;
export const tiers = ["truenas-nfs", "truenas-smb", "node-local", "longhorn", "s3", "ceph"] as const;
export const recordsizes = ["4K", "8K", "16K", "32K", "64K", "128K", "256K", "512K", "1M"] as const;

const shareRule =
  "A share is the name of an entry of `shares`, or the mount point of a dataset: /mnt/<pool>/<dataset>.";
const reasonRule = "It needs a stated reason of at least 10 characters in place of a value.";

function reason(description: string, example: string) {
  return field(z.string(reasonRule).trim().min(10, reasonRule), { description, fallback: "off", example });
}

/** One volume of an app. What the catalogue knows about a known app need not be repeated. */
export const volume = z.strictObject({
  kind: field(z.enum(kinds), {
    description: "What kind of data it holds. It decides where the volume goes and how it is protected.",
    fallback: "from the catalogue; required for an app that is not in it",
    example: "models",
  }).optional(),
  engine: field(z.enum(engines), {
    description: "Database engine, for the kind database.",
    fallback: "from the catalogue",
    example: "postgresql",
  }).optional(),
  size: sizeField(
    "How much it may hold. On the NAS it is the dataset's refquota, so snapshots do not count.",
    "500Gi",
    "from the catalogue; required otherwise, except for media",
  ).optional(),
  quota: sizeField("Upper bound including snapshots, for a volume on the NAS.", "750Gi", "none").optional(),
  mount: field(mountPath, {
    description: "Where the container mounts it.",
    fallback: "from the catalogue",
    example: "/root/.ollama/models",
  }).optional(),
  share: field(
    z.string(shareRule).refine((text) => name.safeParse(text).success || mountPoint.safeParse(text).success, shareRule),
    {
      description: "For media: the existing share that it reads, by name or by mount point.",
      example: "media",
    },
  ).optional(),
  readOnly: field(z.boolean(), {
    description: "Whether the app may only read.",
    fallback: "true for media, otherwise false",
    example: true,
  }).optional(),
  node: field(nodeName, {
    description: "The node that holds node-local data; the app is tied to it.",
    fallback: "the only Kubernetes node; with several, the one that the scheduler takes first",
    example: "mainkube",
  }).optional(),
  group: field(name, {
    description: "Puts the dataset below this group, as <group>/<app>-<volume>, instead of below the app.",
    fallback: "none",
    example: "databases",
  }).optional(),
  tier: field(z.enum(tiers), {
    description: "Another place than the kind would go to, where the rules allow one.",
    fallback: "decided by the kind",
    example: "node-local",
  }).optional(),
  critical: field(z.boolean(), {
    description: "Whether it needs an off-site copy.",
    fallback: "true, except for media, models and what can be rebuilt",
    example: true,
  }).optional(),
  backup: field(z.boolean(), {
    description: "Whether copies are made besides snapshots: SQLite backups, database dumps.",
    fallback: "by kind",
    example: true,
  }).optional(),
  clients: clientsField("Networks that may mount this volume's export.", "nas.clients").optional(),
  security: securityField("Security flavour of this volume's export.", "nas.nfs.security").optional(),
  sync: field(
    z.enum(
      ["standard", "always"],
      "Sync is standard or always; disabling it needs a stated reason, under syncDisabled.",
    ),
    {
      description: "When the NAS answers a write: as the client asks, or always after it is on stable storage.",
      fallback: "standard",
      example: "always",
    },
  ).optional(),
  syncDisabled: reason(
    "Lets the NAS answer writes before they are safe, for this stated reason. A power cut then loses seconds of data.",
    "scratch space that is rebuilt after every start",
  ).optional(),
  noRootSquash: reason(
    "Lets root on a client be root on the export, for this stated reason.",
    "the init container changes owners once",
  ).optional(),
  recordsize: field(z.enum(recordsizes), {
    description: "ZFS record size of the dataset.",
    fallback: "by kind",
    example: "1M",
  }).optional(),
});

const runAs = z.strictObject({
  uid: field(z.int().min(1).max(4294967293), { description: "Numeric user.", example: 1000 }),
  gid: field(z.int().min(1).max(4294967293), {
    description: "Numeric group.",
    fallback: "the same number as uid",
    example: 1000,
  }).optional(),
});

/** Settings of an app that concern all its volumes; these words are not free as volume names. */
export const appSettings = {
  runAs: field(runAs, {
    description: "User and group that the app runs as. They own its data on the NAS.",
    fallback: "from the catalogue, otherwise 1000:1000",
    example: { uid: 1000, gid: 1000 },
  }).optional(),
  environment: field(z.enum(["production", "test"]), {
    description: "`test` puts all its volumes on the node, without backups.",
    fallback: "the stack's environment",
    example: "test",
  }).optional(),
  snapshots: field(ownSnapshots, {
    description: "Another retention than the common one (counts that are left out stay as they are), or an exemption.",
    fallback: "the common chain",
    example: { hourly: 48 },
  }).optional(),
  backup: field(
    z.strictObject({ group: field(name, { description: "Group dataset that holds the copies.", example: "backups" }) }),
    {
      description: "Keeps the SQLite copies at <group>/<app> instead of <app>/backup.",
      fallback: "<app>/backup",
      example: { group: "backups" },
    },
  ).optional(),
};

/** An app: its settings, and its volumes by name. `false` leaves out a volume that the catalogue would add. */
export const app = z.strictObject(appSettings).catchall(z.union([volume, z.literal(false)]));

/** Kinds whose volumes an app could name, for messages. */
export const settingNames: readonly string[] = Object.keys(appSettings);
