import { parse, stringify } from "yaml";

/** The address (host:port) of a kubeconfig's cluster, in `context` or its current one; undefined when there is none. */
export function serverOf(kubeconfig: unknown, context?: unknown): string | undefined {
  if (typeof kubeconfig !== "string") return undefined;
  try {
    const document = parse(kubeconfig);
    const chosen = named(document?.contexts, context ?? document?.["current-context"])?.context;
    const server = named(document?.clusters, chosen?.cluster)?.cluster?.server;
    return typeof server === "string" ? new URL(server).host : undefined;
  } catch {
    return undefined;
  }
}

interface Entry {
  readonly name?: string;
  readonly cluster?: { readonly server?: string };
  readonly context?: { readonly cluster?: string };
}

function named(entries: unknown, name: unknown): Entry | undefined {
  return Array.isArray(entries) ? entries.find((entry: Entry) => entry.name === name) : undefined;
}

/** A kubeconfig for a cluster at `address` (host:port) with a bearer token, in which the cluster is found as `context`. */
export function renderKubeconfig(address: string, token: string, context = "sandbox"): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "sandbox", cluster: { server: `https://${address}` } }],
    contexts: [{ name: context, context: { cluster: "sandbox", user: "sandbox" } }],
    "current-context": context,
    users: [{ name: "sandbox", user: { token } }],
  });
}
