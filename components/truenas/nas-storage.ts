import * as pulumi from "@pulumi/pulumi";
import type { DatasetPlan, ExportPlan, NfsPlan, SmbSharePlan, SnapshotTaskPlan } from "../../plan/storage-plan.ts";
import * as truenas from "../../providers/truenas/index.ts";
import { newSmbShares } from "./smb-shares.ts";

export interface NasStorageArgs {
  /** The dataset below which every app lives, with its pool. */
  readonly appsDataset: string;
  readonly nfs: NfsPlan;
  /** Every parent before its children. */
  readonly datasets: readonly DatasetPlan[];
  readonly exports: readonly ExportPlan[];
  readonly smbShares: readonly SmbSharePlan[];
  readonly snapshotTasks: readonly SnapshotTaskPlan[];
}

/** What the NAS holds for the design: datasets with their owners, exports, SMB shares, snapshot schedules and the servers. */
export class NasStorage extends pulumi.ComponentResource {
  /** By dataset name. */
  readonly datasets: ReadonlyMap<string, truenas.Dataset>;
  /** By the key of the plan. */
  readonly exports: ReadonlyMap<string, truenas.NfsShare>;
  /** By the key of the plan. */
  readonly smbShares: ReadonlyMap<string, truenas.SmbShare>;
  /** Datasets that the program no longer plans; their bytes are kept. */
  readonly retired: truenas.DatasetOwnership["retired"];

  constructor(name: string, args: NasStorageArgs, options: pulumi.ComponentResourceOptions) {
    super("homelab:truenas:NasStorage", name, {}, options);
    const child: pulumi.CustomResourceOptions = { parent: this };

    const config = new truenas.NfsConfig(`${name}-nfs`, nfsConfig(args.nfs), child);
    const service = new truenas.Service(
      `${name}-service-nfs`,
      { name: "nfs", enabled: true, running: true },
      {
        ...child,
        dependsOn: config,
      },
    );

    const datasets = new Map<string, truenas.Dataset>();
    const ready = new Map<string, pulumi.Resource>();
    for (const plan of args.datasets) {
      const parent = datasets.get(plan.name.slice(0, plan.name.lastIndexOf("/")));
      const dataset = newDataset(name, plan, { ...child, ...(parent ? { dependsOn: parent } : {}) });
      datasets.set(plan.name, dataset);
      ready.set(plan.name, newPermissions(name, plan, { ...child, dependsOn: dataset }) ?? dataset);
    }

    const exports = new Map<string, truenas.NfsShare>();
    for (const plan of args.exports) {
      const dataset = ready.get(plan.dataset);
      exports.set(plan.key, newExport(name, plan, { ...child, dependsOn: [config, ...(dataset ? [dataset] : [])] }));
    }
    const anchors = new Map<string, pulumi.Resource>();
    for (const plan of anchorsFirst(args.snapshotTasks)) {
      const reach = [plan.dataset, ...plan.exclude];
      const dependsOn = reach.flatMap((dataset) => [datasets.get(dataset) ?? [], anchors.get(dataset) ?? []].flat());
      const task = newSnapshotTask(name, plan, { ...child, dependsOn });
      if (!anchors.has(plan.dataset)) anchors.set(plan.dataset, task);
    }

    const ownership = new truenas.DatasetOwnership(
      `${name}-ownership`,
      { root: args.appsDataset, datasets: args.datasets.map((plan) => plan.name).filter(isBelow(args.appsDataset)) },
      { ...child, dependsOn: [...datasets.values()] },
    );

    this.datasets = datasets;
    this.exports = exports;
    this.smbShares = newSmbShares(name, args.smbShares, ready, child);
    this.retired = ownership.retired;
    this.registerOutputs({ retired: this.retired, nfs: service.running });
  }
}

const isBelow = (root: string) => (name: string) => name === root || name.startsWith(`${root}/`);

function nfsConfig({ protocols, servers, bindAddresses, domain }: NfsPlan) {
  return {
    protocols: [...protocols],
    servers: servers ?? ("auto" as const),
    bindAddresses: [...bindAddresses],
    ...(domain === undefined ? {} : { v4Domain: domain }),
  };
}

function newDataset(name: string, plan: DatasetPlan, options: pulumi.CustomResourceOptions): truenas.Dataset {
  const { name: dataset, comments, properties, onDelete } = plan;
  // The engine then never asks for a deletion: removing an app keeps its bytes.
  return new truenas.Dataset(
    `${name}-dataset-${plan.key}`,
    { name: dataset, comments, ...properties, onDelete },
    {
      ...options,
      retainOnDelete: onDelete === "retain",
    },
  );
}

function newPermissions(name: string, { key, path, owner }: DatasetPlan, options: pulumi.CustomResourceOptions) {
  return owner && new truenas.FilesystemPermissions(`${name}-permissions-${key}`, { path, ...owner }, options);
}

function newExport(name: string, plan: ExportPlan, options: pulumi.CustomResourceOptions): truenas.NfsShare {
  const { path, comment, readOnly, maproot, mapall } = plan;
  const args = {
    path,
    comment,
    networks: [...plan.networks],
    hosts: [...plan.hosts],
    readOnly,
    security: [...plan.security],
    ...(maproot ? { maprootUser: maproot.user, maprootGroup: maproot.group } : {}),
    ...(mapall ? { mapallUser: mapall.user, mapallGroup: mapall.group } : {}),
  };
  return new truenas.NfsShare(`${name}-export-${plan.key}`, args, options);
}

/**
 * A chain lets go of a dataset only after the task that takes over was made; and of the tasks of one dataset the daily one
 * goes last, for the last one stays on the NAS as long as the dataset does.
 */
function anchorsFirst(tasks: readonly SnapshotTaskPlan[]): readonly SnapshotTaskPlan[] {
  const rank = ({ exclude, period }: SnapshotTaskPlan) => (exclude.length > 0 ? 2 : 0) + (period === "daily" ? 0 : 1);
  return [...tasks].sort((a, b) => rank(a) - rank(b));
}

function newSnapshotTask(name: string, plan: SnapshotTaskPlan, options: pulumi.CustomResourceOptions) {
  const { dataset, recursive, namingSchema, lifetimeValue, lifetimeUnit, schedule, allowEmpty } = plan;
  const args = {
    dataset,
    recursive,
    exclude: [...plan.exclude],
    namingSchema,
    lifetimeValue,
    lifetimeUnit,
    schedule,
    allowEmpty,
  };
  return new truenas.SnapshotTask(`${name}-snapshots-${plan.key}`, args, options);
}
