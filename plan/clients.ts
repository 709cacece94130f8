import type { Config } from "../config/index.ts";
import { addressCount, compareRanges, contains, hostRange, isWideOpen, overlaps } from "../config/network.ts";
import type { Notes } from "./notes.ts";

/** The ranges that may mount what names no clients of its own: `nas.clients`, else the Kubernetes nodes one by one. */
export function defaultClients(config: Config, notes: Notes): readonly string[] {
  if (config.nas.clients !== undefined) return checkedClients(config.nas.clients, "nas.clients", config, notes);
  const ranges = [...new Set(nodeAddresses(config).map(hostRange))].sort(compareRanges);
  if (ranges.length === 0) {
    notes.refuse(
      "nodes",
      config.nodes.map((node) => node.name),
      "An export is never open to every network; its clients are the nodes with the role kubernetes, and there is none.",
      "Give a node the role kubernetes, or list networks under nas.clients.",
    );
  }
  return ranges;
}

/** Client ranges as the owner wrote them: refused when open or overlapping, a warning when they admit strangers. */
export function checkedClients(
  clients: readonly string[],
  path: string,
  config: Config,
  notes: Notes,
): readonly string[] {
  for (const range of clients.filter(isWideOpen)) {
    notes.refuse(
      path,
      range,
      "An export is never open to every network; nothing wider than a private network (10.0.0.0/8, fc00::/7) is accepted.",
      "Remove clients, so that only the Kubernetes nodes are admitted, or list the networks that they are in.",
    );
  }
  for (const [index, range] of clients.entries()) {
    const other = clients.slice(index + 1).find((candidate) => overlaps(range, candidate));
    if (other !== undefined) {
      notes.refuse(
        path,
        [range, other],
        "Networks of one export do not overlap: the NAS refuses them.",
        "Keep the wider one.",
      );
    }
  }
  warnAboutStrangers(clients, path, config, notes);
  return [...clients].sort(compareRanges);
}

function warnAboutStrangers(clients: readonly string[], path: string, config: Config, notes: Notes): void {
  const addresses = nodeAddresses(config);
  for (const range of clients.filter((candidate) => !isWideOpen(candidate))) {
    const known = addresses.filter((address) => contains(range, address)).length;
    const others = addressCount(range) - BigInt(known);
    if (others > 0n) {
      const count =
        others === 1n ? "1 address that is no Kubernetes node" : `${others} addresses that are no Kubernetes nodes`;
      notes.warn(path, `${range} admits ${count}.`, "Remove clients, so that only the Kubernetes nodes are admitted.");
    }
  }
  const missing = config.nodes
    .filter((node) => node.roles.includes("kubernetes"))
    .filter((node) => !node.addresses.some((address) => clients.some((range) => contains(range, address))));
  if (missing.length > 0 && !clients.some(isWideOpen)) {
    const names = missing.map((node) => node.name).join(", ");
    notes.warn(
      path,
      `No address of ${names} is admitted; pods there cannot mount the volume.`,
      "Add the addresses, or remove clients.",
    );
  }
}

function nodeAddresses(config: Config): string[] {
  return config.nodes.filter((node) => node.roles.includes("kubernetes")).flatMap((node) => node.addresses);
}
