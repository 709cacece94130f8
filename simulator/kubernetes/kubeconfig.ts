import { parse } from "yaml";

/** The address (host:port) of the current cluster in a kubeconfig; undefined when the text is none. */
export function serverOf(kubeconfig: unknown): string | undefined {
  if (typeof kubeconfig !== "string") return undefined;
  try {
    const document = parse(kubeconfig);
    const context = named(document?.contexts, document?.["current-context"])?.context;
    const server = named(document?.clusters, context?.cluster)?.cluster?.server;
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

/** A kubeconfig for a cluster at `address` (host:port) with a bearer token. */
export function renderKubeconfig(address: string, token: string): string {
  const lines = [
    "apiVersion: v1",
    "kind: Config",
    "clusters:",
    `  - name: sandbox`,
    `    cluster: { server: "https://${address}" }`,
    "contexts:",
    "  - name: sandbox",
    "    context: { cluster: sandbox, user: sandbox }",
    "current-context: sandbox",
    "users:",
    "  - name: sandbox",
    `    user: { token: "${token}" }`,
  ];
  return `${lines.join("\n")}\n`;
}
