import { z } from "zod";
import { CallError, errno } from "../errors.ts";
import { type ApiVersion, type CallContext, type Method, text } from "../method.ts";
import { type Dataset, isInternal, isWithin, mountpointOf, parentOf } from "../world/dataset.ts";
import { definitionOf, propertyNames } from "../world/properties.ts";
import { byVersion, type Row } from "./crud.ts";
import { resourceRead } from "./roles.ts";

const paths = (value: readonly string[]): boolean => new Set(value).size === value.length;

const querySchema = byVersion((version: ApiVersion) =>
  z
    .strictObject({
      paths: z.array(text()).refine(paths, "Entries must be unique").default([]),
      properties: z.array(text()).nullable().default([]),
      get_user_properties: z.boolean().default(false),
      get_source: z.boolean().default(version === "25.10"),
      nest_results: z.boolean().default(false),
      get_children: z.boolean().default(false),
      ...(version === "26.0" && { max_depth: z.int().default(0), get_tier: z.boolean().default(false) }),
    })
    .prefault({}),
);

interface Query {
  readonly paths: readonly string[];
  readonly properties: readonly string[] | null;
  readonly get_user_properties: boolean;
  readonly get_source: boolean;
  readonly nest_results: boolean;
  readonly get_children: boolean;
  readonly max_depth?: number;
}

function property(raw: string, value: unknown, source: Row | null): Row {
  return { raw, value, source };
}

/** Values as the library gives them: numbers as numbers, everything else as text. */
function allProperties({ world }: CallContext, dataset: Dataset, withSource: boolean): Row {
  const space = world.storage.space(dataset);
  const settings = propertyNames
    .filter((name) => (definitionOf(name).type ?? dataset.type) === dataset.type)
    .map((name) => {
      const { raw, source, from } = world.storage.effective(dataset, name);
      const number = ["number", "blocksize", "limit", "size"].includes(definitionOf(name).style);
      return [
        name,
        property(raw, number ? Number(raw) : raw, withSource ? { type: source, value: from } : null),
      ] as const;
    });
  const numbers = Object.entries(space)
    .filter(([name]) => name !== "room")
    .map(([name, value]) => [name, property(String(value), value, null)] as const);
  const mountpoint =
    dataset.type === "FILESYSTEM"
      ? [["mountpoint", property(mountpointOf(dataset.name), mountpointOf(dataset.name), null)] as const]
      : [];
  return Object.fromEntries([...settings, ...numbers, ...mountpoint]);
}

function row(call: CallContext, dataset: Dataset, query: Query, depth: number): Row {
  const { storage } = call.world;
  const wanted = query.properties;
  // An empty list stands for all of them, null for none.
  const all = wanted === null ? {} : allProperties(call, dataset, query.get_source);
  const properties = wanted?.length
    ? Object.fromEntries(Object.entries(all).filter(([name]) => wanted.includes(name)))
    : all;
  const deeper = query.get_children && (!query.max_depth || depth < query.max_depth);
  const children =
    query.nest_results && deeper
      ? storage.children(dataset.name).map((child) => row(call, child, query, depth + 1))
      : null;
  const entry = {
    createtxg: dataset.txg,
    guid: Number(dataset.guid.slice(0, 15)),
    name: dataset.name,
    pool: dataset.name.split("/")[0],
    properties: wanted === null && call.version === "26.0" ? null : properties,
    type: dataset.type,
    user_properties: query.get_user_properties ? Object.fromEntries(storage.userProperties(dataset)) : null,
    children: children && children.length > 0 ? children : query.nest_results ? [] : null,
  };
  return call.version === "26.0" ? { ...entry, tier: null } : entry;
}

function run(call: CallContext, query: Query): Row[] {
  const { storage } = call.world;
  for (const path of query.paths) {
    if (!storage.datasets.has(path)) throw new CallError(`'${path}' not found`, errno.ENOENT);
  }
  const roots = query.paths.length > 0 ? query.paths : storage.pools.map(({ name }) => name);
  const below = (dataset: Dataset): boolean => {
    if (roots.includes(dataset.name)) return true;
    if (!query.get_children || query.nest_results) return false;
    const depth = (name: string): number => name.split("/").length;
    return roots.some(
      (root) =>
        isWithin(dataset.name, root) && (!query.max_depth || depth(dataset.name) - depth(root) <= query.max_depth),
    );
  };
  return [...storage.datasets.values()]
    .filter((dataset) => below(dataset) && (roots.includes(dataset.name) || !isInternal(dataset.name)))
    .filter((dataset) => !query.nest_results || !query.get_children || !hasListedAncestor(roots, dataset.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((dataset) => row(call, dataset, query, 0));
}

const hasListedAncestor = (roots: readonly string[], name: string): boolean => {
  const parent = parentOf(name);
  return parent !== undefined && (roots.includes(parent) || hasListedAncestor(roots, parent));
};

export const zfsResourceMethods: readonly Method[] = [
  {
    name: "zfs.resource.query",
    access: resourceRead,
    params: (version) => [{ name: "data", schema: querySchema(version), required: false }],
    run: (call, [query]) => run(call, query as Query),
  },
];
