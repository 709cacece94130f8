import { createHash } from "node:crypto";
import { ProviderError, type StatusName } from "../../providers/base/errors.ts";
import type { CheckResult, DiffRequest, DiffResult, Provider, ReadRequest } from "../../providers/base/provider.ts";
import {
  containsUnknown,
  isObject,
  isUnknown,
  type Properties,
  type PropertyValue,
  unknown,
} from "../../providers/base/values.ts";
import { ApiError, type Cluster, keyOf, metadataOf } from "./cluster.ts";
import { differences, isUnder } from "./diff.ts";
import { type Kind, kindOfToken, type Manifest } from "./kinds.ts";
import { serverOf } from "./kubeconfig.ts";

/** The release of the real provider whose behaviour this one follows. */
const VERSION = "4.34.2";
const AUTONAMED = "pulumi.com/autonamed";
/** What the API server adds to metadata; never part of what an owner wrote. */
const SERVER_METADATA = ["uid", "resourceVersion", "creationTimestamp"];
const CONFIGURATION = [
  "alwaysRender",
  "cluster",
  "clusterIdentifier",
  "context",
  "deleteUnreachable",
  "enableConfigMapMutable",
  "enablePatchForce",
  "enableSecretMutable",
  "enableServerSideApply",
  "helmReleaseSettings",
  "kubeClientSettings",
  "kubeconfig",
  "namespace",
  "renderYamlToDirectory",
  "skipUpdateUnreachable",
  "suppressDeprecationWarnings",
  "suppressHelmHookWarnings",
  "upsertExistingObjects",
];

/** The Pulumi Kubernetes provider over a simulated cluster, which answers at `address` (host:port) only. */
export function kubernetesProvider(cluster: Cluster, address: string): Provider {
  let configured: string | undefined;

  const reach = () => {
    if (configured === address) return;
    throw new ProviderError(
      "UNAVAILABLE",
      `configured Kubernetes cluster is unreachable: the kubeconfig names ${configured ?? "no server"}, the simulated cluster is ${address}`,
    );
  };

  return {
    version: VERSION,
    schema: () => JSON.stringify({ name: "kubernetes", version: VERSION, resources: {} }),
    checkConfig,
    diffConfig,
    configure: (inputs) => {
      configured = serverOf(inputs["kubeconfig"], inputs["context"]);
    },
    check: ({ type, urn, inputs, oldInputs }) => check(knownKind(type), urn, inputs, oldInputs),
    diff: (request) => diff(knownKind(request.type), request),
    create: async ({ inputs, preview }) => {
      reach();
      // What is not known yet cannot be judged: the real provider leaves that to the run itself, too.
      if (preview && containsUnknown(inputs)) return { id: "", state: inputs };
      const created = await answered(() => cluster.create(inputs as Manifest, preview));
      return { id: preview ? "" : idOf(created), state: preview ? withoutServerFacts(created) : created };
    },
    read: async (request) => {
      reach();
      return read(cluster, knownKind(request.type), request);
    },
    update: async ({ inputs, preview }) => {
      reach();
      if (preview && containsUnknown(inputs)) return inputs;
      return answered(() => cluster.update(inputs as Manifest, preview));
    },
    delete: async ({ state }) => {
      reach();
      cluster.delete(keyOf(state as Manifest));
    },
    invoke: async (token) => {
      throw new ProviderError("UNIMPLEMENTED", `function ${token} is not simulated`);
    },
    cancel: () => {},
  };
}

function knownKind(type: string): Kind {
  const kind = kindOfToken(type);
  if (kind === undefined) throw new ProviderError("UNIMPLEMENTED", `resource type ${type} is not simulated`);
  return kind;
}

function checkConfig(inputs: Properties): CheckResult {
  const failures = Object.keys(inputs)
    .filter((key) => !CONFIGURATION.includes(key) && key !== "version")
    .map((key) => ({ property: key, reason: "the Kubernetes provider has no such setting" }));
  const kubeconfig = inputs["kubeconfig"];
  if (kubeconfig !== undefined && !isUnknown(kubeconfig) && serverOf(kubeconfig, inputs["context"]) === undefined)
    failures.push({ property: "kubeconfig", reason: "it is not a kubeconfig with a current cluster" });
  return { inputs, failures };
}

/** A new cluster replaces everything in it: the identifier decides when there is one, else the server's address. */
function diffConfig({ oldInputs, inputs }: DiffRequest): DiffResult {
  const paths = new Map(differences(oldInputs, inputs));
  const before = oldInputs["clusterIdentifier"];
  const after = inputs["clusterIdentifier"];
  const replaces =
    before !== undefined || after !== undefined
      ? { property: "clusterIdentifier", needed: before !== after }
      : {
          property: "kubeconfig",
          needed:
            serverOf(oldInputs["kubeconfig"], oldInputs["context"]) !==
            serverOf(inputs["kubeconfig"], inputs["context"]),
        };
  if (replaces.needed) paths.set(replaces.property, { kind: "update", inputDiff: true, replace: true });
  return { paths };
}

function check(kind: Kind, urn: string, inputs: Properties, oldInputs: Properties): CheckResult {
  if (isUnknown(inputs["metadata"])) return { inputs: { ...inputs, apiVersion: kind.apiVersion, kind: kind.kind } };
  const metadata = { ...(isObject(inputs["metadata"]) ? inputs["metadata"] : {}) };
  if (metadata["name"] === undefined) {
    const kept = metadataOf(oldInputs as Manifest);
    const annotations = isObject(metadata["annotations"]) ? metadata["annotations"] : {};
    const wasAutonamed = isObject(kept["annotations"]) && kept["annotations"][AUTONAMED] === "true";
    metadata["name"] = wasAutonamed ? (kept["name"] ?? autoname(urn)) : autoname(urn);
    metadata["annotations"] = { ...annotations, [AUTONAMED]: "true" };
  }
  return { inputs: { ...inputs, apiVersion: kind.apiVersion, kind: kind.kind, metadata } };
}

function autoname(urn: string): string {
  const name = urn.split("::").at(-1) ?? "object";
  return `${name}-${createHash("sha256").update(urn).digest("hex").slice(0, 8)}`;
}

function diff(kind: Kind, { oldInputs, inputs, ignoreChanges }: DiffRequest): DiffResult {
  const paths = new Map(differences(oldInputs, inputs));
  for (const [path, change] of paths) {
    if (ignoreChanges.some((ignored) => isUnder(path, ignored))) paths.delete(path);
    else if (["metadata.name", "metadata.namespace", ...kind.replacing].some((field) => isUnder(path, field)))
      paths.set(path, { ...change, replace: true });
  }
  const before = metadataOf(oldInputs as Manifest);
  const after = metadataOf(inputs as Manifest);
  // Two objects of one name cannot exist side by side, so the old one has to go first.
  const sameName = before["name"] === after["name"] && before["namespace"] === after["namespace"];
  return { paths, deleteBeforeReplace: sameName };
}

async function read(cluster: Cluster, kind: Kind, { id, inputs }: ReadRequest) {
  const [name = "", namespace] = id.split("/").reverse();
  const key = { apiVersion: kind.apiVersion, kind: kind.kind, name, ...(namespace === undefined ? {} : { namespace }) };
  const live = cluster.get(key);
  if (live === undefined) return undefined;
  const owned = Object.keys(inputs).length === 0 ? withoutServerMetadata(live) : pick(live, inputs);
  return { id: idOf(live), state: live as Properties, inputs: owned as Properties };
}

function withoutServerMetadata(live: Manifest): Manifest {
  const { status: _status, ...rest } = live;
  const metadata = Object.entries(metadataOf(live)).filter(([key]) => !SERVER_METADATA.includes(key));
  return { ...rest, metadata: Object.fromEntries(metadata) };
}

/** The live values of the fields that the owner wrote; a field that is gone from the object is left out. */
function pick(live: PropertyValue, wanted: PropertyValue): PropertyValue {
  if (!isObject(live) || !isObject(wanted)) return live;
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([key, inner]) => {
      const value = live[key];
      return value === undefined ? [] : [[key, pick(value, inner)]];
    }),
  );
}

function withoutServerFacts(created: Manifest): Properties {
  const metadata = { ...metadataOf(created) };
  for (const key of SERVER_METADATA) metadata[key] = unknown;
  return { ...created, metadata } as Properties;
}

function idOf(manifest: Manifest): string {
  const { name, namespace } = keyOf(manifest);
  return namespace === undefined ? name : `${namespace}/${name}`;
}

const statusOf: Readonly<Record<ApiError["reason"], StatusName>> = {
  AlreadyExists: "ALREADY_EXISTS",
  NotFound: "NOT_FOUND",
  Invalid: "INVALID_ARGUMENT",
  BadRequest: "INVALID_ARGUMENT",
};

async function answered(body: () => Manifest): Promise<Manifest> {
  try {
    return body();
  } catch (error) {
    if (error instanceof ApiError) throw new ProviderError(statusOf[error.reason], error.message);
    throw error;
  }
}
