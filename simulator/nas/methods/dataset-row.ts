import type { ApiVersion } from "../method.ts";
import { type Dataset, mountpointOf } from "../world/dataset.ts";
import {
  definitionOf,
  type Effective,
  type PropertyName,
  type PropertyStyle,
  propertyNames,
  userPropertyAliases,
} from "../world/properties.ts";
import type { Space, SpaceReport } from "../world/space.ts";
import type { World } from "../world/world.ts";
import type { Row } from "./crud.ts";

// How a dataset reads in pool.dataset.* (TrueNAS middleware plugins/pool_/dataset_query_utils.py).

const KiB = 1024;
const units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/** 1532000 -> "1.46 MiB"; below 1024: "512 bytes". */
export function formatSize(bytes: number): string {
  if (bytes < KiB) return `${bytes} bytes`;
  let value = bytes;
  let unit = -1;
  while (value >= KiB && unit < units.length - 1) {
    value /= KiB;
    unit += 1;
  }
  return `${Number(value.toFixed(2))} ${units[unit]}`;
}

const formatBlock = (bytes: number): string =>
  bytes >= KiB * KiB
    ? `${Math.floor(bytes / KiB / KiB)}M`
    : bytes >= KiB
      ? `${Math.floor(bytes / KiB)}K`
      : String(bytes);

const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (number: number): string => String(number).padStart(2, "0");

/** "Mon Aug 03  9:05 2026", in the server's time zone, which is UTC here. */
const formatTime = (time: number): string => {
  const date = new Date(time);
  const clock = `${String(date.getUTCHours()).padStart(2, " ")}:${two(date.getUTCMinutes())}`;
  return `${weekdays[date.getUTCDay()]} ${months[date.getUTCMonth()]} ${two(date.getUTCDate())} ${clock} ${date.getUTCFullYear()}`;
};

/** `parsed` and `value` of a raw value, by kind. */
function shown(style: PropertyStyle, raw: string): { parsed: unknown; value: string | null } {
  switch (style) {
    case "switch":
      return { parsed: raw === "on" ? true : raw === "off" ? false : null, value: raw.toUpperCase() };
    case "number":
      return { parsed: Number(raw), value: raw };
    case "blocksize":
      return { parsed: Number(raw), value: formatBlock(Number(raw)) };
    case "limit":
      return raw === "0" ? { parsed: null, value: null } : { parsed: Number(raw), value: formatSize(Number(raw)) };
    case "size":
      return { parsed: Number(raw), value: formatSize(Number(raw)) };
    default:
      return { parsed: raw, value: raw.toUpperCase() };
  }
}

const property = (style: PropertyStyle, { raw, source, from }: Effective): Row => {
  const { parsed, value } = shown(style, raw);
  return { parsed, rawvalue: raw, value, source, source_info: from };
};

const fixed = (parsed: unknown, rawvalue: string, value: string | null): Row => ({
  parsed,
  rawvalue,
  value,
  source: "NONE",
  source_info: null,
});

const bytes = (number: number): Row => fixed(number, String(number), formatSize(number));

const hidden: readonly PropertyName[] = ["aclinherit"];

export const apiName = (name: PropertyName): string => definitionOf(name).api ?? name;

/** The settable properties of a dataset as the API shows them. */
export function settings(world: World, dataset: Dataset): Row {
  const shownHere = propertyNames.filter((name) => {
    const { type } = definitionOf(name);
    return !hidden.includes(name) && (type === undefined || type === dataset.type);
  });
  return Object.fromEntries(
    shownHere.map((name) => [
      apiName(name),
      property(definitionOf(name).style, world.storage.effective(dataset, name)),
    ]),
  );
}

/** User properties, the server's own ones under their short names; it says LOCAL for inherited ones as well. */
export function userProperties(world: World, dataset: Dataset): Row {
  return Object.fromEntries(
    [...world.storage.userProperties(dataset)].map(([key, value]) => [
      userPropertyAliases[key] ?? key,
      { parsed: value, rawvalue: value, value, source: "LOCAL", source_info: null },
    ]),
  );
}

function encryption(dataset: Dataset): Row {
  const { encryption: crypto } = dataset;
  const format = crypto
    ? fixed(crypto.format, crypto.format, crypto.format.toUpperCase())
    : fixed("none", "none", null);
  const algorithm = crypto
    ? fixed(crypto.algorithm, crypto.algorithm, crypto.algorithm.toUpperCase())
    : fixed("off", "off", null);
  const rounds = String(crypto?.iterations ?? 0);
  return {
    encrypted: crypto !== undefined,
    encryption_root: crypto?.root ?? null,
    key_loaded: crypto !== undefined && !dataset.locked,
    locked: dataset.locked,
    key_format: format,
    encryption_algorithm: algorithm,
    pbkdf2iters: fixed(rounds, rounds, rounds),
  };
}

const usage = (space: Space): Row => ({
  used: bytes(space.used),
  usedbychildren: bytes(space.usedbychildren),
  usedbydataset: bytes(space.usedbydataset),
  usedbyrefreservation: bytes(space.usedbyrefreservation),
  usedbysnapshots: bytes(space.usedbysnapshots),
  available: bytes(space.available),
});

export interface Shape {
  readonly version: ApiVersion;
  /** Names of ZFS; null: all that are shown by default. */
  readonly properties: readonly string[] | null;
  readonly userProperties: boolean;
  readonly children: boolean;
  readonly snapshotCount: boolean;
}

const always = ["id", "type", "name", "pool", "mountpoint", "encrypted", "encryption_root", "key_loaded", "locked"];
const zfsNames: Readonly<Record<string, string>> = {
  dedup: "deduplication",
  encryption: "encryption_algorithm",
  keyformat: "key_format",
  special_small_blocks: "special_small_block_size",
};

/** One dataset, with its children when they are wanted, as pool.dataset.query shows it. */
export function datasetRow(world: World, dataset: Dataset, shape: Shape, report: SpaceReport): Row {
  const { storage } = world;
  const created = Math.floor(dataset.created / 1000);
  let row: Row = {
    id: dataset.name,
    type: dataset.type,
    name: dataset.name,
    pool: dataset.name.split("/")[0],
    ...settings(world, dataset),
    ...usage(storage.space(dataset, report)),
    compressratio: fixed("1.00", "1.00", "1.00x"),
    creation: fixed(new Date(created * 1000), String(created), formatTime(dataset.created)),
    origin: fixed(dataset.origin ?? "", dataset.origin ?? "", (dataset.origin ?? "").toUpperCase()),
    ...encryption(dataset),
    mountpoint: dataset.type === "FILESYSTEM" ? mountpointOf(dataset.name) : null,
  };
  if (shape.properties !== null) {
    const wanted = new Set([...always, ...shape.properties.map((name) => zfsNames[name] ?? name)]);
    row = Object.fromEntries(Object.entries(row).filter(([key]) => wanted.has(key)));
  }
  if (shape.userProperties) row["user_properties"] = userProperties(world, dataset);
  if (shape.snapshotCount) row["snapshot_count"] = dataset.snapshots.size;
  row["children"] = shape.children
    ? storage.children(dataset.name).map((child) => datasetRow(world, child, shape, report))
    : [];
  return shape.version === "26.0" ? { ...row, tier: null } : row;
}
