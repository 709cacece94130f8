import { z } from "zod";
import { type ApiVersion, secret, text } from "../method.ts";
import { byVersion } from "./crud.ts";

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

export const compressions: readonly string[] = [
  "ON",
  "OFF",
  "LZ4",
  "GZIP",
  "GZIP-1",
  "GZIP-9",
  "ZSTD",
  "ZSTD-FAST",
  "ZLE",
  "LZJB",
  ...range(1, 19).map((level) => `ZSTD-${level}`),
  ...[...range(1, 10), ...range(2, 10).map((tens) => tens * 10), 500, 1000].map((level) => `ZSTD-FAST-${level}`),
];

export const checksums: readonly string[] = [
  "ON",
  "OFF",
  "FLETCHER2",
  "FLETCHER4",
  "SHA256",
  "SHA512",
  "SKEIN",
  "EDONR",
  "BLAKE3",
];

export const recordSizes: readonly string[] = [
  "512",
  "512B",
  "1K",
  "2K",
  "4K",
  "8K",
  "16K",
  "32K",
  "64K",
  "128K",
  "256K",
  "512K",
  "1M",
  "2M",
  "4M",
  "8M",
  "16M",
];

const GiB = 2 ** 30;
const inherit = z.literal("INHERIT");
const choice = (...values: readonly string[]): z.ZodType<string> => z.enum([...values, "INHERIT"]);
const percent = (): z.ZodType => z.union([z.int().min(0).max(100), inherit]);
const quota = (): z.ZodType => z.union([z.int().min(GiB), z.literal(0), z.null()]);

/** What create and update have in common, for both types. Only create has defaults. */
const common = {
  sync: choice("STANDARD", "ALWAYS", "DISABLED"),
  compression: choice(...compressions),
  exec: choice("ON", "OFF"),
  quota_warning: percent(),
  quota_critical: percent(),
  refquota_warning: percent(),
  refquota_critical: percent(),
  copies: z.union([z.int(), inherit]),
  snapdir: choice("DISABLED", "VISIBLE", "HIDDEN"),
  deduplication: choice("ON", "VERIFY", "OFF"),
  checksum: choice(...checksums),
  readonly: choice("ON", "OFF"),
  comments: text(),
  managedby: text().min(1),
};

const free = {
  snapdev: choice("HIDDEN", "VISIBLE").optional(),
  reservation: z.int().optional(),
  refreservation: z.int().optional(),
  special_small_block_size: z.union([z.int(), inherit]).optional(),
};

const filesystem = {
  aclmode: choice("PASSTHROUGH", "RESTRICTED", "DISCARD").optional(),
  acltype: choice("OFF", "NFSV4", "POSIX").optional(),
  atime: choice("ON", "OFF").optional(),
  quota: quota().optional(),
  refquota: quota().optional(),
  recordsize: text().optional(),
};

/** Keys need a colon; 26 takes lower case only and keeps the server's own ones to itself. */
const propertyKey = (version: ApiVersion): z.ZodType => {
  const key = text().regex(/.*:.*/);
  if (version === "25.10") return key;
  return key
    .refine((value) => /^[a-z0-9:._-]+$/.test(value), "User property names are made of a-z, 0-9 and : . _ -")
    .refine((value) => !/^(org\.freenas:|org\.truenas:managedby$)/.test(value), "This property is managed by TrueNAS");
};

const encryptionOptions = (version: ApiVersion): z.ZodType => {
  const least = version === "25.10" ? 100_000 : 1_300_000;
  return z.strictObject({
    generate_key: z.boolean().default(false),
    pbkdf2iters: z
      .int()
      .min(least)
      .default(version === "25.10" ? 350_000 : 1_300_000),
    passphrase: secret(text().min(8).nullable().default(null)),
    key: secret(text().length(64).nullable().default(null)),
    ...(version === "25.10" && {
      algorithm: z
        .enum(["AES-128-CCM", "AES-192-CCM", "AES-256-CCM", "AES-128-GCM", "AES-192-GCM", "AES-256-GCM"])
        .default("AES-256-GCM"),
    }),
  });
};

const mapValues = <T>(object: Readonly<Record<string, T>>, map: (value: T) => z.ZodType): Record<string, z.ZodType> =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));

/** The two forms of pool.dataset.create: the type decides, FILESYSTEM where it is absent. */
export const createSchema = byVersion((version) => {
  const both = {
    name: text().min(1),
    ...mapValues(common, (schema: z.ZodType) => schema.default("INHERIT")),
    ...free,
    share_type: z.enum(["GENERIC", "MULTIPROTOCOL", "NFS", "SMB", "APPS"]).default("GENERIC"),
    encryption_options: encryptionOptions(version).prefault({}),
    encryption: z.boolean().default(false),
    inherit_encryption: z.boolean().default(true),
    user_properties: z.array(z.strictObject({ key: propertyKey(version), value: text() })).default([]),
    create_ancestors: z.boolean().default(false),
  };
  const forFilesystem = z.strictObject({
    ...both,
    type: z.literal("FILESYSTEM").default("FILESYSTEM"),
    ...filesystem,
    casesensitivity: choice("SENSITIVE", "INSENSITIVE").optional(),
  });
  const forVolume = z.strictObject({
    ...both,
    type: z.literal("VOLUME").default("VOLUME"),
    force_size: z.boolean().optional(),
    sparse: z.boolean().optional(),
    volsize: z.int(),
    volblocksize: z.enum(["512", "512B", "1K", "2K", "4K", "8K", "16K", "32K", "64K", "128K"]).optional(),
  });
  return z.union([forFilesystem, forVolume]);
});

export const updateSchema = byVersion((version) =>
  z.strictObject({
    ...mapValues(common, (schema: z.ZodType) => schema.optional()),
    ...free,
    ...filesystem,
    force_size: z.boolean().optional(),
    volsize: z.int().optional(),
    create_ancestors: z.boolean().optional(),
    user_properties: z.array(z.strictObject({ key: propertyKey(version), value: text() })).optional(),
    user_properties_update: z
      .array(z.strictObject({ key: propertyKey(version), value: text().optional(), remove: z.boolean().optional() }))
      .optional(),
  }),
);

/** What pool.dataset.create gets, parsed. Both forms in one. */
export interface CreateInput {
  readonly name: string;
  readonly type: "FILESYSTEM" | "VOLUME";
  readonly share_type: "GENERIC" | "MULTIPROTOCOL" | "NFS" | "SMB" | "APPS";
  readonly encryption: boolean;
  readonly inherit_encryption: boolean;
  readonly encryption_options: {
    readonly generate_key: boolean;
    readonly pbkdf2iters: number;
    readonly passphrase: string | null;
    readonly key: string | null;
    readonly algorithm?: string;
  };
  readonly user_properties: readonly { readonly key: string; readonly value: string }[];
  readonly create_ancestors: boolean;
  readonly force_size?: boolean;
  readonly sparse?: boolean;
  readonly volsize?: number;
  readonly volblocksize?: string;
  readonly [setting: string]: unknown;
}

/** What pool.dataset.update gets, parsed. */
export interface UpdateInput {
  readonly user_properties?: readonly { readonly key: string; readonly value: string }[];
  readonly user_properties_update?: readonly {
    readonly key: string;
    readonly value?: string;
    readonly remove?: boolean;
  }[];
  readonly volsize?: number;
  readonly force_size?: boolean;
  readonly [setting: string]: unknown;
}
