import { z } from "zod";

/** A manifest as it travels: plain JSON. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export interface Manifest {
  [key: string]: Json;
}

/** What the API server knows about one kind of object. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** The fields an owner may write, besides apiVersion, kind and metadata. Unknown ones are refused. */
  readonly fields: z.ZodRawShape;
  /** What the API server fills in when the owner leaves it out. */
  defaults(manifest: Manifest): Manifest;
  /** What an update must not change, with the API server's own words. */
  readonly immutable: Readonly<Record<string, string>>;
  /** Fields whose change the Pulumi provider answers with a replacement (its forceNew table). */
  readonly replacing: readonly string[];
  /** Values that the schema alone cannot refuse. */
  problems(manifest: Manifest): string[];
}

const strings = z.record(z.string(), z.string());

const storageClass: Kind = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  namespaced: false,
  fields: {
    provisioner: z.string(),
    parameters: strings.optional(),
    reclaimPolicy: z.string().optional(),
    volumeBindingMode: z.string().optional(),
    mountOptions: z.array(z.string()).optional(),
    allowVolumeExpansion: z.boolean().optional(),
    allowedTopologies: z.array(z.unknown()).optional(),
  },
  defaults: (manifest) => ({ reclaimPolicy: "Delete", volumeBindingMode: "Immediate", ...manifest }),
  immutable: {
    parameters: "Forbidden: updates to parameters are forbidden.",
    provisioner: "Forbidden: updates to provisioner are forbidden.",
    reclaimPolicy: "Forbidden: updates to reclaimPolicy are forbidden.",
    volumeBindingMode: "Invalid value: field is immutable",
  },
  replacing: ["parameters", "provisioner"],
  problems: (manifest) => [
    ...oneOf(manifest, "reclaimPolicy", ["Delete", "Retain"]),
    ...oneOf(manifest, "volumeBindingMode", ["Immediate", "WaitForFirstConsumer"]),
    ...(manifest["provisioner"] === "" ? ["provisioner: Required value"] : []),
  ],
};

const namespace: Kind = {
  apiVersion: "v1",
  kind: "Namespace",
  namespaced: false,
  fields: { spec: z.strictObject({ finalizers: z.array(z.string()).optional() }).optional() },
  defaults: (manifest) => ({ ...manifest, spec: { finalizers: ["kubernetes"] }, status: { phase: "Active" } }),
  immutable: {},
  replacing: [],
  problems: () => [],
};

const kinds = [storageClass, namespace];

export function findKind(apiVersion: string, kind: string): Kind | undefined {
  return kinds.find((known) => known.apiVersion === apiVersion && known.kind === kind);
}

/** The kind behind a Pulumi type token such as `kubernetes:storage.k8s.io/v1:StorageClass`. */
export function kindOfToken(token: string): Kind | undefined {
  const [, group = "", name = ""] = token.split(":");
  return findKind(group === "core/v1" ? "v1" : group, name);
}

function oneOf(manifest: Manifest, field: string, allowed: readonly string[]): string[] {
  const value = manifest[field];
  if (value === undefined || (typeof value === "string" && allowed.includes(value))) return [];
  const supported = allowed.map((word) => JSON.stringify(word)).join(", ");
  return [`${field}: Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`];
}
