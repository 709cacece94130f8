import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { findKind, type Kind, type Manifest } from "./kinds.ts";

/** A refusal in the API server's words; `reason` is the machine-readable part of its Status object. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly reason: "AlreadyExists" | "NotFound" | "Invalid" | "BadRequest";

  constructor(reason: ApiError["reason"], message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface ObjectKey {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

const DNS_NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

const metadataSchema = z.strictObject({
  name: z.string(),
  namespace: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  finalizers: z.array(z.string()).optional(),
  ownerReferences: z.array(z.unknown()).optional(),
});

/** The objects of a simulated Kubernetes cluster, with the checks and defaults of a real API server. */
export class Cluster {
  readonly #objects = new Map<string, Manifest>();
  #version = 0;
  readonly #now: () => Date;

  constructor(now: () => Date = () => new Date()) {
    this.#now = now;
  }

  /** Every object, in the order of creation. */
  list(): Manifest[] {
    return structuredClone([...this.#objects.values()]);
  }

  get(key: ObjectKey): Manifest | undefined {
    return structuredClone(this.#objects.get(pathOf(key)));
  }

  /** @param dryRun checks and defaults only, as `--dry-run=server` does. */
  create(manifest: Manifest, dryRun = false): Manifest {
    const { kind, key } = this.#admit(manifest);
    if (this.#objects.has(pathOf(key)))
      throw new ApiError("AlreadyExists", `${plural(kind)} "${key.name}" already exists`);
    const metadata = { ...metadataOf(manifest), ...this.#identity(), ...this.#nextVersion(dryRun) };
    const stored = kind.defaults({ ...structuredClone(manifest), metadata: withNameLabel(kind, metadata) });
    if (!dryRun) this.#objects.set(pathOf(key), stored);
    return structuredClone(stored);
  }

  /** Replaces what an owner wrote; what only the server knows (uid, status) stays. */
  update(manifest: Manifest, dryRun = false): Manifest {
    const { kind, key } = this.#admit(manifest);
    const current = this.#objects.get(pathOf(key));
    if (current === undefined) throw new ApiError("NotFound", `${plural(kind)} "${key.name}" not found`);
    const { uid, creationTimestamp, resourceVersion } = metadataOf(current);
    const metadata = { ...metadataOf(manifest), uid, creationTimestamp, resourceVersion } as Manifest;
    const next = kind.defaults({ ...structuredClone(manifest), metadata: withNameLabel(kind, metadata) });
    const forbidden = Object.entries(kind.immutable)
      .filter(([field]) => !isDeepStrictEqual(current[field], next[field]))
      .map(([field, words]) => `${field}: ${words}`);
    if (forbidden.length > 0) throw invalid(kind, key.name, forbidden);
    if (!isDeepStrictEqual(current, next)) Object.assign(metadataOf(next), this.#nextVersion(dryRun));
    if (!dryRun) this.#objects.set(pathOf(key), next);
    return structuredClone(next);
  }

  /** False when there was nothing to delete. */
  delete(key: ObjectKey): boolean {
    return this.#objects.delete(pathOf(key));
  }

  #admit(manifest: Manifest): { kind: Kind; key: ObjectKey } {
    const apiVersion = String(manifest["apiVersion"] ?? "");
    const name = String(manifest["kind"] ?? "");
    const kind = findKind(apiVersion, name);
    if (kind === undefined)
      throw new ApiError("NotFound", `no matches for kind "${name}" in version "${apiVersion}" (not simulated)`);
    const schema = z.strictObject({
      apiVersion: z.string(),
      kind: z.string(),
      metadata: metadataSchema,
      ...kind.fields,
    });
    const parsed = schema.safeParse(manifest);
    if (!parsed.success)
      throw new ApiError(
        "BadRequest",
        `${name} in version "v1" cannot be handled: strict decoding error: ${flaws(parsed.error)}`,
      );
    const key = keyOf(manifest);
    const problems = kind.problems(manifest);
    if (!DNS_NAME.test(key.name) || key.name.length > 253)
      problems.unshift(
        `metadata.name: Invalid value: ${JSON.stringify(key.name)}: a lowercase RFC 1123 subdomain is needed`,
      );
    if (problems.length > 0) throw invalid(kind, key.name, problems);
    return { kind, key };
  }

  #identity(): Manifest {
    return {
      uid: randomUUID(),
      creationTimestamp: this.#now()
        .toISOString()
        .replace(/\.\d+Z$/, "Z"),
    };
  }

  #nextVersion(dryRun: boolean): Manifest {
    if (!dryRun) this.#version++;
    return { resourceVersion: String(this.#version) };
  }
}

export function metadataOf(manifest: Manifest): Manifest {
  return (manifest["metadata"] ?? {}) as Manifest;
}

export function keyOf(manifest: Manifest): ObjectKey {
  const { name, namespace } = metadataOf(manifest);
  return {
    apiVersion: String(manifest["apiVersion"]),
    kind: String(manifest["kind"]),
    ...(typeof namespace === "string" ? { namespace } : {}),
    name: String(name),
  };
}

function pathOf({ apiVersion, kind, namespace, name }: ObjectKey): string {
  return [apiVersion, kind, namespace ?? "", name].join("/");
}

/** Namespaces carry their own name as a label, so that selectors can find them. */
function withNameLabel(kind: Kind, metadata: Manifest): Manifest {
  if (kind.kind !== "Namespace") return metadata;
  const labels = {
    ...(metadata["labels"] as Manifest | undefined),
    "kubernetes.io/metadata.name": metadata["name"] ?? "",
  };
  return { ...metadata, labels };
}

function plural(kind: Kind): string {
  const [group] = kind.apiVersion.includes("/") ? kind.apiVersion.split("/") : [];
  const word = `${kind.kind.toLowerCase()}${kind.kind.endsWith("s") ? "es" : "s"}`;
  return group === undefined ? word : `${word}.${group}`;
}

function invalid(kind: Kind, name: string, problems: readonly string[]): ApiError {
  const group = kind.apiVersion.includes("/") ? `.${kind.apiVersion.split("/")[0]}` : "";
  const list = problems.length === 1 ? problems[0] : `[${problems.join(", ")}]`;
  return new ApiError("Invalid", `${kind.kind}${group} "${name}" is invalid: ${list}`);
}

function flaws(error: z.ZodError): string {
  return error.issues
    .flatMap((issue) => {
      const path = issue.path.map(String);
      if (issue.code === "unrecognized_keys")
        return issue.keys.map((key) => `unknown field "${[...path, key].join(".")}"`);
      return [`${path.join(".")}: ${issue.message}`];
    })
    .join(", ");
}
