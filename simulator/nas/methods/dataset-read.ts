import { z } from "zod";
import type { CallContext, Method } from "../method.ts";
import { text } from "../method.ts";
import { type Dataset, isInternal, parentOf } from "../world/dataset.ts";
import { attachments } from "./attachments.ts";
import { collection, type Row, reader, textId } from "./crud.ts";
import { datasetRow, type Shape } from "./dataset-row.ts";
import { checksums, compressions, recordSizes } from "./dataset-schema.ts";
import { findDataset } from "./lookup.ts";
import { datasetRead } from "./roles.ts";

const listed = (value: unknown): readonly string[] | null =>
  Array.isArray(value) ? value.filter((each) => typeof each === "string") : null;

const shapeOf = (call: CallContext, extra: Row): Shape => ({
  version: call.version,
  properties: listed(extra["properties"]),
  userProperties: extra["retrieve_user_props"] !== false,
  children: extra["retrieve_children"] !== false,
  snapshotCount: extra["snapshots_count"] === true,
});

/** Ids that a filter names, when it names them: their rows are then the only ones that need to be computed. */
function namedIds(filters: readonly unknown[]): ReadonlySet<unknown> | undefined {
  for (const filter of filters) {
    const [field, operator, value] = Array.isArray(filter) ? filter : [];
    if (field !== "id" && field !== "name") continue;
    if (operator === "=") return new Set([value]);
    if (operator === "in" && Array.isArray(value)) return new Set(value);
  }
  return undefined;
}

function rows(call: CallContext, extra: Row, filters: readonly unknown[]): Row[] {
  const { storage } = call.world;
  const shape = shapeOf(call, extra);
  const hide = extra["exclude_internal_datasets"] !== false;
  const ids = namedIds(filters);
  // Without `flat` only pools are rows; their datasets hang below them.
  const nested = extra["flat"] === false;
  return storage.pools.flatMap((pool) => {
    const report = storage.spaceReport(pool);
    const wanted = (dataset: Dataset): boolean =>
      (!hide || !isInternal(dataset.name)) &&
      (!nested || parentOf(dataset.name) === undefined) &&
      (!ids || ids.has(dataset.name));
    return storage
      .tree(pool.name)
      .filter(wanted)
      .map((dataset) => datasetRow(call.world, dataset, shape, report));
  });
}

/** One dataset as get_instance, create, update and the events show it. */
export function instance(call: CallContext, dataset: Dataset): Row {
  const report = call.world.storage.spaceReport(call.world.storage.poolOf(dataset.name));
  return datasetRow(call.world, dataset, shapeOf(call, {}), report);
}

const details = reader("pool.dataset.details", datasetRead, (call) =>
  rows(call, { flat: false }, []).map(function detail(row): Row {
    const dataset = findDataset(call.world, String(row["id"]));
    const children = (row["children"] as readonly Row[]).map(detail);
    return { ...row, children, snapshot_count: dataset.snapshots.size, ...attachmentLists(call, dataset) };
  }),
);

/** What pool.dataset.details adds to a dataset: the things that use it. */
function attachmentLists(call: CallContext, dataset: Dataset): Row {
  const { nfsShares, smbShares, snapshotTasks } = call.world;
  const path = `/mnt/${dataset.name}`;
  const within = (each: { readonly path: string }): boolean => each.path === path;
  return {
    snapshot_tasks_count: snapshotTasks.filter((task) => task.dataset === dataset.name).length,
    nfs_shares: nfsShares.filter(within).map((share) => ({ enabled: share.enabled, path: share.path })),
    smb_shares: smbShares
      .filter(within)
      .map((share) => ({ enabled: share.enabled, path: share.path, share_name: share.name })),
    iscsi_shares: [],
    nvmet_shares: [],
    vms: [],
    apps: [],
    virt_instances: [],
    replication_tasks_count: 0,
    cloudsync_tasks_count: 0,
    rsync_tasks_count: 0,
  };
}

const choices = (values: readonly string[]): Row => Object.fromEntries(values.map((value) => [value, value]));

export const datasetReadMethods: readonly Method[] = [
  ...collection({
    name: "pool.dataset",
    title: "PoolDataset",
    access: datasetRead,
    id: textId,
    rows,
    countsEverything: true,
  }),
  details,
  {
    name: "pool.dataset.attachments",
    access: datasetRead,
    params: () => [{ name: "id", schema: textId }],
    run: ({ world }, [id]) =>
      attachments(world, `/mnt/${findDataset(world, id as string).name}`, { enabledOnly: false })
        .filter(({ names }) => names.length > 0)
        .map(({ type, service, names }) => ({ type, service, attachments: names })),
  },
  {
    name: "pool.dataset.snapshot_count",
    access: datasetRead,
    params: () => [{ name: "dataset", schema: text() }],
    run: ({ world }, [id]) => findDataset(world, id as string).snapshots.size,
  },
  reader("pool.dataset.checksum_choices", datasetRead, () => choices(checksums.filter((value) => value !== "OFF"))),
  reader("pool.dataset.compression_choices", datasetRead, () => choices(compressions)),
  {
    name: "pool.dataset.recordsize_choices",
    access: datasetRead,
    params: () => [{ name: "pool_name", schema: text().nullable().default(null), required: false }],
    run: () => recordSizes,
  },
];

/** Types that pool.filesystem_choices can be limited to. */
export const datasetTypes = z.array(z.enum(["FILESYSTEM", "VOLUME"]));
