import { hostRange, isAddress, overlaps } from "../config/network.ts";
import { isWithin } from "./names.ts";

/** What matters about an export for conflicts. */
export interface Exported {
  readonly path: string;
  readonly networks: readonly string[];
  readonly hosts: readonly string[];
  /** For messages. */
  readonly origin: string;
}

/** Two exports that cannot both be, and why. */
export interface Conflict {
  readonly first: string;
  readonly second: string;
  readonly path: string;
  readonly rule: string;
}

/**
 * Conflicts between exports of the same path, by the rules of TrueNAS (middleware, plugins/nfs.py) and beyond: it overlooks
 * two exports that are open to everybody, `*` beside a network, and a host whose address lies in another export's network.
 * Exports of different paths never clash, not even a directory inside another.
 */
export function findConflicts(exports: readonly Exported[]): Conflict[] {
  return exports.flatMap((first, index) =>
    exports.slice(index + 1).flatMap((second) => {
      const rule = first.path === second.path ? clash(first, second) : undefined;
      return rule === undefined ? [] : [{ first: first.origin, second: second.origin, path: first.path, rule }];
    }),
  );
}

/** A contradiction inside one export; undefined when there is none. */
export function findContradiction({ networks, hosts }: Pick<Exported, "networks" | "hosts">): string | undefined {
  for (const [index, network] of networks.entries()) {
    const other = networks.slice(index + 1).find((candidate) => overlaps(network, candidate));
    if (other !== undefined) return `Networks of one export do not overlap: ${network} and ${other} do.`;
  }
  for (const host of hosts.filter(isAddress)) {
    const network = networks.find((candidate) => overlaps(candidate, hostRange(host)));
    if (network !== undefined) return `The host ${host} is in the network ${network} of the same export.`;
  }
  return undefined;
}

function clash(a: Exported, b: Exported): string | undefined {
  const [openA, openB] = [isOpen(a), isOpen(b)];
  if (openA || openB) return "An export that is open to everybody leaves no client for another of the same path.";
  const host = a.hosts.find((name) => b.hosts.includes(name));
  if (host !== undefined) return `Both admit the host ${host}.`;
  const rangesA = rangesOf(a);
  const rangesB = rangesOf(b);
  for (const range of rangesA) {
    const other = rangesB.find((candidate) => overlaps(range, candidate));
    if (other !== undefined) return range === other ? `Both admit ${range}.` : `${range} and ${other} overlap.`;
  }
  return undefined;
}

function isOpen({ networks, hosts }: Exported): boolean {
  return (
    (networks.length === 0 && hosts.length === 0) ||
    hosts.includes("*") ||
    networks.some((range) => range.endsWith("/0"))
  );
}

function rangesOf({ networks, hosts }: Exported): string[] {
  return [...networks, ...hosts.filter(isAddress).map(hostRange)];
}

/** Pairs of paths of which one is, or lies inside, the other. */
export function findNested(paths: readonly { readonly path: string; readonly origin: string }[]): [string, string][] {
  return paths.flatMap((first, index) =>
    paths
      .slice(index + 1)
      .filter((second) => isWithin(first.path, second.path) || isWithin(second.path, first.path))
      .map((second): [string, string] => [first.origin, second.origin]),
  );
}
