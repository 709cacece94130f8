import ipaddr from "ipaddr.js";
import { errno, type Issue, ValidationErrors } from "../errors.ts";
import type { NfsShare } from "../world/sharing.ts";
import type { World } from "../world/world.ts";
import { resolvePath, sharedPathIssues } from "./paths.ts";

// The rules of TrueNAS middleware plugins/nfs.py, gaps included: two shares of one path that are open to everybody are not noticed,
// nor is an address in one share that lies in a network of another.

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

export type ShareInput = Omit<NfsShare, "id">;

const parse = (text: string): Network => {
  const [address, bits] = ipaddr.parseCIDR(text);
  return [address, bits];
};

/** "10.0.0.7/24" -> "10.0.0.0/24"; an address alone becomes a network of one. Undefined when it is neither. */
export function normalizeNetwork(text: string): string | undefined {
  try {
    const [address, bits] = text.includes("/") ? parse(text) : [ipaddr.parse(text), undefined];
    if (address.kind() === "ipv4") {
      if (!ipaddr.IPv4.isValidFourPartDecimal(address.toString())) return undefined;
      return `${ipaddr.IPv4.networkAddressFromCIDR(`${address}/${bits ?? 32}`)}/${bits ?? 32}`;
    }
    return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/${bits ?? 128}`)}/${bits ?? 128}`;
  } catch {
    return undefined;
  }
}

function overlaps(one: string, other: string): boolean {
  const [a, b] = [parse(one), parse(other)];
  if (a[0].kind() !== b[0].kind()) return false;
  const bits = Math.min(a[1], b[1]);
  return a[0].kind() === "ipv4"
    ? (a[0] as ipaddr.IPv4).match(b[0] as ipaddr.IPv4, bits)
    : (a[0] as ipaddr.IPv6).match(b[0] as ipaddr.IPv6, bits);
}

const pairs = <T>(values: readonly T[]): (readonly [T, T])[] =>
  values.flatMap((value, i) => values.slice(i + 1).map((other) => [value, other] as const));

const hasWildcard = (host: string): boolean => /[*?[\]]/.test(host.split(".")[0] ?? "");

/** "*.example.com" -> "example.com"; "*" -> undefined. */
const wildcardDomain = (host: string): string | undefined => {
  const dot = host.indexOf(".");
  return hasWildcard(host) && dot >= 0 ? host.slice(dot + 1) : undefined;
};

/** The address that a host of a share stands for; undefined for what has none. */
const addressOf = (world: World, host: string): string | undefined => {
  const name = wildcardDomain(host) ?? host;
  return hasWildcard(name) ? undefined : world.resolve(name);
};

class Findings {
  readonly issues: Issue[] = [];
  private readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  add(field: string, message: string, number: number = errno.EINVAL): void {
    this.issues.push([`${this.prefix}.${field}`, message, number]);
  }

  /** Each stage of the checks ends the request when it found something. */
  check(): void {
    if (this.issues.length > 0) throw new ValidationErrors(this.issues);
  }
}

/** Checks a share as create and update do, and gives it back with its networks normalised. */
export function validateShare(world: World, input: ShareInput, prefix: string, id?: number): ShareInput {
  const found = new Findings(prefix);
  const share: ShareInput = { ...input, networks: sanitize(input, found) };
  found.check();
  found.issues.push(...sharedPathIssues(world, `${prefix}.path`, share.path));
  const others = world.nfsShares.filter((other) => other.id !== id);
  within(world, share, others, found);
  found.check();
  const own = realpath(world, share.path);
  const samePath = others.filter((other) => realpath(world, other.path) === own);
  against(world, share, samePath, found);
  found.check();
  sameClients(share, samePath, found);
  found.check();
  mapping(world, share, found);
  flavours(world, share, found);
  if (share.expose_snapshots)
    found.add("expose_snapshots", "This is an enterprise feature and may not be enabled without a valid license.");
  found.check();
  return share;
}

const realpath = (world: World, path: string): string => resolvePath(world, path)?.realpath ?? path;

/** Form of hosts and networks, and each only once. */
function sanitize(input: ShareInput, found: Findings): string[] {
  for (const field of ["networks", "hosts"] as const) {
    const seen = new Set<string>();
    input[field].forEach((entry, index) => {
      const key = entry.toLowerCase();
      if (seen.has(key)) found.add(`${field}.${index}`, `Entries must be unique, but '${entry}' is repeated`);
      seen.add(key);
    });
  }
  input.hosts.forEach((host, index) => {
    if (/[\s'"]/.test(host)) found.add(`hosts.${index}`, `Cannot contain spaces or quotes: ${host}`);
  });
  return input.networks.map((network, index) => {
    const normalized = normalizeNetwork(network);
    if (normalized === undefined) found.add(`networks.${index}`, `'${network}' is not an address or a network`);
    return normalized ?? network;
  });
}

/** Conflicts inside one share; names of other shares count, as on the server. */
function within(world: World, share: ShareInput, others: readonly NfsShare[], found: Findings): void {
  for (const network of share.networks) {
    const address = network.split("/")[0];
    const host = [...others.flatMap(({ hosts }) => hosts), ...share.hosts].find(
      (each) => addressOf(world, each) === address,
    );
    if (host)
      found.add("networks", `ERROR - Resolved hostname to duplicate address: host '${host}' resolves to '${network}'`);
  }
  const double = pairs(share.networks).filter(([a, b]) => overlaps(a, b));
  if (double.length > 0)
    found.add("networks", `ERROR - Overlapped subnets: ${double.map((pair) => pair.join(" and ")).join(", ")}`);
}

/** Conflicts with shares of the same path, and hosts that cannot be resolved. */
function against(world: World, share: ShareInput, others: readonly NfsShare[], found: Findings): void {
  const networks = others.flatMap((other) =>
    other.hosts.length === 0 && other.networks.length === 0 ? ["0.0.0.0/0", "::/0"] : other.networks,
  );
  const names = others.flatMap(({ hosts }) => hosts).filter((host) => addressOf(world, host) === undefined);
  for (const network of share.networks) {
    const other = networks.find((used) => overlaps(used, network));
    if (!other) continue;
    const message =
      other === network
        ? `ERROR - Another NFS share already exports ${share.path} for network ${network}`
        : `ERROR - This or another NFS share exports ${share.path} to ${other} and overlaps network ${network}`;
    found.add("networks", message);
  }
  for (const host of share.hosts) {
    if (names.includes(host) && host !== "*") {
      found.add("hosts", `ERROR - Another NFS share already exports ${share.path} for host ${host}`);
    } else if (
      !host.startsWith("@") &&
      !(hasWildcard(host) && wildcardDomain(host) === undefined) &&
      addressOf(world, host) === undefined
    ) {
      found.add("hosts", `Unable to resolve host '${host}'`);
    }
  }
}

/** One path may not be exported twice to the same host or network. */
function sameClients(share: ShareInput, others: readonly NfsShare[], found: Findings): void {
  for (const other of others) {
    const hosts = share.hosts.filter((host) => host !== "*" && other.hosts.includes(host));
    const networks = share.networks.filter((network) => other.networks.includes(network));
    const [first] = [hosts, networks].filter((list) => list.length > 0);
    if (!first) continue;
    const clients = first.map((each) => `'${each}'`).join(", ");
    found.add(
      "path",
      `ERROR - Export conflict. Another share with the same path exports ${other.path} for {${clients}}`,
    );
    return;
  }
}

function mapping(world: World, share: ShareInput, found: Findings): void {
  for (const kind of ["maproot", "mapall"] as const) {
    const [user, group] = [share[`${kind}_user`], share[`${kind}_group`]];
    if (!user && !group) continue;
    if (!user) {
      found.add(`${kind}_user`, "This field is required when map group is specified");
      continue;
    }
    if (!world.directory.user(user)) found.add(`${kind}_user`, `User not found: ${user}`);
    if (group && !world.directory.group(group)) found.add(`${kind}_group`, `Group not found: ${group}`);
  }
  if (share.maproot_user && share.mapall_user) found.add("mapall_user", "maproot_user disqualifies mapall_user");
}

function flavours(world: World, share: ShareInput, found: Findings): void {
  const kerberos = share.security.filter((flavour) => flavour !== "SYS");
  if (kerberos.length > 0 && !world.nfsConfig.protocols.includes("NFSV4")) {
    found.add("security", `The following security flavor(s) require NFSv4 to be enabled: ${kerberos.join(",")}.`);
  }
}
