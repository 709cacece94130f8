import type { Method } from "../method.ts";
import { mountpointOf, type Pool } from "../world/dataset.ts";
import type { World } from "../world/world.ts";
import { collection, integerId, type Row } from "./crud.ts";
import { datasetTypes } from "./dataset-read.ts";
import { poolChoices, poolRead } from "./roles.ts";

function disk(pool: Pool): Row {
  return {
    name: "sda1",
    type: "DISK",
    path: "/dev/sda1",
    guid: `${pool.guid}1`,
    status: pool.status === "ONLINE" ? "ONLINE" : pool.status,
    stats: { size: pool.size, allocated: 0, read_errors: 0, write_errors: 0, checksum_errors: 0 },
    children: [],
    device: "sda1",
    disk: "sda",
    unavail_disk: null,
  };
}

function row(world: World, pool: Pool, version: string): Row {
  const root = world.storage.datasets.get(pool.name);
  const allocated = root ? world.storage.space(root).used : 0;
  const free = pool.size - allocated;
  const online = pool.status === "ONLINE";
  return {
    id: pool.id,
    name: pool.name,
    guid: pool.guid,
    path: mountpointOf(pool.name),
    status: pool.status,
    scan: null,
    expand: null,
    is_upgraded: true,
    healthy: online,
    warning: pool.status === "DEGRADED",
    status_code: online ? "OK" : pool.status,
    status_detail: online ? null : `The pool is ${pool.status.toLowerCase()}.`,
    size: pool.size,
    allocated,
    free,
    freeing: 0,
    dedup_table_size: 0,
    dedup_table_quota: "auto",
    fragmentation: "0",
    size_str: String(pool.size),
    allocated_str: String(allocated),
    free_str: String(free),
    freeing_str: "0",
    autotrim: { parsed: "off", rawvalue: "off", value: "off", source: "DEFAULT" },
    topology: { data: [disk(pool)], log: [], cache: [], spare: [], special: [], dedup: [] },
    ...(version === "26.0" && { all_sed: false }),
  };
}

export const poolMethods: readonly Method[] = [
  ...collection({
    name: "pool",
    title: "Pool",
    access: poolRead,
    id: integerId,
    rows: ({ world, version }) => world.storage.pools.map((pool) => row(world, pool, version)),
  }),
  {
    name: "pool.filesystem_choices",
    access: poolChoices,
    params: () => [{ name: "types", schema: datasetTypes.default(["FILESYSTEM", "VOLUME"]), required: false }],
    run: ({ world }, [types]) =>
      world.storage
        .visible()
        .filter((dataset) => (types as readonly string[]).includes(dataset.type))
        .map(({ name }) => name),
  },
];
