import type { z } from "zod";
import type {
  AppConfig,
  Config,
  NasConfig,
  NodeConfig,
  OwnSnapshots,
  Retention,
  ShareConfig,
  VolumeConfig,
} from "./config.ts";
import { nearest } from "./issues.ts";
import { sorted } from "./map.ts";
import { compareRanges, normaliseRange } from "./network.ts";
import { type Problem, problem } from "./problem.ts";
import type { ReadResult } from "./read.ts";
import type { ReadApp, ReadVolume } from "./read-apps.ts";
import { formatSize, parseSize, smallestSize } from "./size.ts";
import type { ownSnapshots } from "./snapshots.ts";

/** User and group of an app that neither the owner nor the catalogue gave one. */
export const defaultRunAs = { uid: 1000, gid: 1000 } as const;

/** Applies defaults and the catalogue, converts units, sorts. Reports what only shows once both are known. */
export function normalise(
  found: ReadResult & { readonly nas: NonNullable<ReadResult["nas"]> },
  problems: Problem[],
): Config {
  return {
    sandbox: found.sandbox,
    nas: normaliseNas(found.nas),
    nodes: sorted(found.nodes).map(
      ([name, node]): NodeConfig => ({
        name,
        addresses: [...new Set([node.address, ...(node.addresses ?? [])])],
        roles: [...new Set(node.roles)].sort(),
        ...defined({ linkSpeedGbps: node.linkSpeedGbps }),
      }),
    ),
    apps: found.apps.map((app) => normaliseApp(app, found, problems)),
    snapshots: found.snapshots,
    shares: sorted(found.shares).flatMap(([name, { snapshots, clients, ...share }]): ShareConfig[] => {
      const own = normaliseSnapshots(snapshots, found.snapshots, `shares.${name}.snapshots`, problems);
      return own === undefined ? [] : [{ name, ...share, snapshots: own, ...ranges({ clients }) }];
    }),
    smb: sorted(found.smb).map(([name, { size, share, ...smb }]) => ({
      name,
      ...smb,
      share: share ?? name,
      size: bytes(size),
    })),
    kubernetes: {
      ...defined({ context: found.kubernetes.context }),
      storageClasses: found.kubernetes.storageClasses,
    },
  };
}

function normaliseNas({ endpoint, tls, clients, nfs, links, ...nas }: NonNullable<ReadResult["nas"]>): NasConfig {
  return {
    ...nas,
    endpoint: endpoint ?? (nas.host.includes(":") ? `[${nas.host}]` : nas.host),
    tls: defined({ ca: tls?.ca, fingerprint: tls?.fingerprint?.toUpperCase() }),
    ...ranges({ clients }),
    nfs: {
      ...defined({ servers: nfs.servers, domain: nfs.domain }),
      bindAddresses: unique(nfs.bindAddresses),
      protocols: unique(nfs.protocols),
      security: unique(nfs.security),
    },
    links: links.map(({ speedGbps, nodes, ...link }) => ({ ...link, ...defined({ speedGbps, nodes }) })),
  };
}

function normaliseApp({ name, settings, known, volumes }: ReadApp, all: ReadResult, problems: Problem[]): AppConfig {
  const { uid, gid } = settings.runAs ?? known?.runAs ?? defaultRunAs;
  const own =
    settings.snapshots && normaliseSnapshots(settings.snapshots, all.snapshots, `apps.${name}.snapshots`, problems);
  // An owner who names a kind has looked.
  const checked = volumes.some((volume) => volume.kind !== undefined);
  return {
    name,
    environment: settings.environment ?? all.environment,
    runAs: { uid, gid: gid ?? uid },
    ...defined({ snapshots: own, backupGroup: settings.backup?.group, verify: checked ? undefined : known?.verify }),
    volumes: volumes.flatMap((volume) => normaliseVolume(name, volume, known, problems)),
  };
}

function normaliseVolume(
  app: string,
  written: ReadVolume,
  known: ReadApp["known"],
  problems: Problem[],
): VolumeConfig[] {
  const path = `apps.${app}.${written.name}`;
  const catalogued = known && Object.hasOwn(known.volumes, written.name) ? known.volumes[written.name] : undefined;
  const { kind = catalogued?.kind, engine, size, quota, mount, group, clients, security, ...rest } = written;
  if (kind === undefined) {
    const guess = nearest(written.name, Object.keys(known?.volumes ?? {}));
    const fix = "Write for example kind: config; docs/configuration.md lists the kinds.";
    if (!problems.some((other) => other.path === `${path}.kind`)) {
      problems.push(
        problem(
          `${path}.kind`,
          undefined,
          "A volume states its kind of data, unless the catalogue knows it.",
          guess ? `Did you mean the volume ${guess}? Otherwise: ${fix}` : fix,
        ),
      );
    }
    return [];
  }
  const sizeText = size ?? catalogued?.size;
  const sizeReported = problems.some((other) => other.path === `${path}.size`);
  // A size that was written wrongly has been reported; a stand-in lets the other checks run.
  const sized = sizeText === undefined && sizeReported ? formatSize(smallestSize) : sizeText;
  return [
    {
      ...defined(rest),
      name: written.name,
      kind,
      ...defined({
        engine: engine ?? (kind === catalogued?.kind ? catalogued.engine : undefined),
        size: sized === undefined ? undefined : bytes(sized),
        quota: quota === undefined ? undefined : bytes(quota),
        mount: mount ?? catalogued?.mount,
        group: group ?? catalogued?.group,
        security: security && unique(security),
      }),
      ...ranges({ clients }),
    },
  ];
}

function normaliseSnapshots(
  { exempt, ...counts }: z.output<typeof ownSnapshots>,
  common: Retention,
  path: string,
  problems: Problem[],
): OwnSnapshots | undefined {
  const written = defined(counts);
  if (exempt === undefined) return { retention: { ...common, ...written } };
  if (Object.keys(written).length > 0) {
    problems.push(
      problem(
        path,
        { exempt, ...written },
        "An exemption takes no snapshots, so it has no counts.",
        "Keep either exempt or the counts.",
      ),
    );
  }
  return { exempt };
}

function ranges({ clients }: { readonly clients: readonly string[] | undefined }): { clients?: readonly string[] } {
  return clients === undefined
    ? {}
    : { clients: unique(clients.map((range) => normaliseRange(range) ?? range)).sort(compareRanges) };
}

function bytes(size: string): number {
  return parseSize(size) ?? smallestSize;
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Drops keys without a value, since an optional key is absent rather than undefined. */
function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
