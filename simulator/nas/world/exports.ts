import ipaddr from "ipaddr.js";
import type { Identity } from "./access.ts";
import { isWithin } from "./dataset.ts";
import { normalize } from "./files.ts";
import { PosixError } from "./posix.ts";
import type { NfsSecurity, NfsShare } from "./sharing.ts";
import type { World } from "./world.ts";

/** Who nobody is: what the kernel maps the superuser of a client to. */
const nobody = 65_534;

const plainSecurity: readonly NfsSecurity[] = ["SYS"];

const inNetwork = (address: string, network: string): boolean => {
  try {
    const client = ipaddr.process(address);
    const [base, bits] = ipaddr.parseCIDR(network);
    return client.kind() === base.kind() && client.match(base, bits);
  } catch {
    return false;
  }
};

/** "*.example.com" against "node1.example.com": a star and a question mark do not cross a dot. */
function nameMatches(pattern: string, name: string): boolean {
  const source = pattern.replace(/[.*?+^${}()|\\]/g, (character) =>
    character === "*" ? "[^.]*" : character === "?" ? "[^.]" : `\\${character}`,
  );
  return new RegExp(`^${source}$`, "i").test(name);
}

/** How well a share fits a client, as exports(5) orders it: 3 a host, 2 a network, 1 a wildcard; 0 not at all. */
function rankOf(world: World, share: NfsShare, client: string): number {
  if (share.hosts.length === 0 && share.networks.length === 0) return 1;
  const hosts = share.hosts.filter((host) => !/[*?[\]@]/.test(host));
  if (hosts.some((host) => host === client || world.resolve(host) === client)) return 3;
  if (share.networks.some((network) => inNetwork(client, network))) return 2;
  const names = [...world.names].filter(([, address]) => address === client).map(([name]) => name);
  const wildcards = share.hosts.filter((host) => /[*?[\]]/.test(host));
  return wildcards.some((pattern) => pattern === "*" || names.some((name) => nameMatches(pattern, name))) ? 1 : 0;
}

/** Shares that the NFS server really offers: enabled, with a path that is there. */
const offered = (world: World): NfsShare[] =>
  world.nfsShares.filter(
    (share) =>
      share.enabled && world.files.exists(share.path) && !world.storage.datasets.get(share.path.slice(5))?.locked,
  );

/** The share of exactly this path that serves a client best. */
export function shareFor(world: World, path: string, client: string): NfsShare | undefined {
  const fitting = offered(world)
    .filter((share) => share.path === path)
    .map((share) => ({ share, rank: rankOf(world, share, client) }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank);
  return fitting[0]?.share;
}

/** The security flavours of a share; with none given the service's own. */
export const securityOf = (world: World, share: NfsShare): readonly NfsSecurity[] => {
  if (share.security.length > 0) return share.security;
  return world.nfsConfig.v4_krb ? ["KRB5", "KRB5I", "KRB5P"] : plainSecurity;
};

export interface MountRequest {
  /** Address of the node that mounts. */
  readonly client: string;
  /** The path given to mount: an export, or a directory below one in the same dataset. */
  readonly export: string;
  /** Default "4.1". */
  readonly version?: "3" | "4.0" | "4.1" | "4.2";
  /** Default "SYS". */
  readonly security?: NfsSecurity;
  /** Address of the NAS that is asked. Default: one that it listens on. */
  readonly server?: string;
}

export interface Mount {
  readonly share: NfsShare;
  /** Absolute path on the NAS. */
  readonly path: string;
  readonly version: NonNullable<MountRequest["version"]>;
}

/** Mounts an export as a node's kernel would. Throws PosixError with what mount would say. */
export function mount(world: World, request: MountRequest): Mount {
  const { client, version = "4.1", security = "SYS" } = request;
  const path = normalize(request.export);
  const bound = world.nfsConfig.bindip;
  const unbound = request.server !== undefined && bound.length > 0 && !bound.includes(request.server);
  if (!world.service("nfs")?.running || unbound)
    throw new PosixError("ECONNREFUSED", "the NFS service does not answer");
  if (!world.nfsConfig.protocols.includes(version === "3" ? "NFSV3" : "NFSV4")) {
    throw new PosixError("EPROTONOSUPPORT", `NFS version ${version} is switched off`);
  }
  const dataset = world.files.datasetOf(path);
  const above = offered(world).filter(
    (share) => isWithin(path, share.path) && world.files.datasetOf(share.path) === dataset && world.files.exists(path),
  );
  if (above.length === 0) throw new PosixError("ENOENT", `${path} is not exported`);
  const nearest = above.map((share) => share.path).sort((a, b) => b.length - a.length);
  const share = nearest.map((each) => shareFor(world, each, client)).find((each) => each !== undefined);
  if (!share) throw new PosixError("EACCES", `${path} is not exported to ${client}`);
  if (!securityOf(world, share).includes(security)) {
    throw new PosixError("EACCES", `${path} wants security ${securityOf(world, share).join(", ")}, not ${security}`);
  }
  return { share, path, version };
}

/** Who a client's user is on the NAS: mapall for everybody, maproot (by default nobody) for the superuser. */
export function squash(world: World, share: NfsShare, caller: Identity): Identity {
  const { directory } = world;
  const groupId = (name: string | null): number => (name === null ? nobody : (directory.group(name)?.gid ?? nobody));
  const userId = (name: string): number => directory.user(name)?.uid ?? nobody;
  if (share.mapall_user !== null)
    return { uid: userId(share.mapall_user), gid: groupId(share.mapall_group), groups: [] };
  const groups = world.nfsConfig.userd_manage_gids ? directory.groupsOf(caller.uid) : caller.groups;
  const root = share.maproot_user === null ? nobody : userId(share.maproot_user);
  const rootGroup = groupId(share.maproot_group);
  if (root === 0 && rootGroup === 0) return { ...caller, groups };
  const group = (gid: number): number => (gid === 0 ? rootGroup : gid);
  return { uid: caller.uid === 0 ? root : caller.uid, gid: group(caller.gid), groups: groups.map(group) };
}
