import { z } from "zod";
import { CallError, errno } from "../errors.ts";
import { applyQuery, type QueryOptions } from "../filter.ts";
import { type CallContext, type Method, type Param, queryParams, text } from "../method.ts";
import { isInternal, mountpointOf } from "../world/dataset.ts";
import { normalize } from "../world/files.ts";
import { PosixError } from "../world/posix.ts";
import type { World } from "../world/world.ts";
import type { Row } from "./crud.ts";
import { entryRow, statfsRow, statRow } from "./file-rows.ts";
import { fileData, fileRead } from "./roles.ts";

const [filters, options] = queryParams as readonly [Param, Param];

function listed(world: World, path: string): Row[] {
  const clean = normalize(path);
  if (clean === "/mnt") {
    const roots = world.storage.pools.map(({ name }) => mountpointOf(name));
    return roots.map((root) => entryRow(root, world.files.get(root)));
  }
  const place = world.files.find(clean);
  if (!place) throw new CallError(`Directory ${path} does not exist`, errno.ENOENT);
  if (place.node.kind !== "DIRECTORY") throw new CallError(`Path ${path} is not a directory`, errno.ENOTDIR);
  return world.files
    .list(clean)
    .map((name) => `${clean}/${name}`)
    .filter((entry) => !isInternal(entry.slice("/mnt/".length)))
    .map((entry) => entryRow(entry, world.files.get(entry)));
}

/** An octal mode as text, "755" or "0o755". */
export const octal = text().refine((value) => /^(0o)?[0-7]{1,5}$/.test(value), "Please provide a valid value for mode");

export const modeOf = (value: string): number => Number.parseInt(value.replace(/^0o/, ""), 8) & 0o7777;

interface Mkdir {
  readonly path: string;
  readonly options: { readonly mode: string };
}

function mkdir({ world }: CallContext, data: Mkdir): Row {
  const { path } = data;
  if (!path.startsWith("/")) throw new CallError(`${path}: not an absolute path.`, errno.EINVAL);
  const clean = normalize(path);
  if (world.files.exists(clean)) throw new CallError(`${path}: path already exists.`, errno.EEXIST);
  if (!clean.startsWith("/mnt/")) throw new CallError(`${path}: path not permitted`, errno.EPERM);
  try {
    world.files.mkdir(clean, { uid: 0, gid: 0, mode: modeOf(data.options.mode) });
  } catch (error) {
    if (error instanceof PosixError) throw new CallError(`[Errno ${error.errno}] ${error.message}`, error.errno);
    throw error;
  }
  return entryRow(clean, world.files.get(clean));
}

const path = { name: "path", schema: text().min(1) };

export const filesystemMethods: readonly Method[] = [
  {
    name: "filesystem.stat",
    access: fileRead,
    params: () => [path],
    run: ({ world }, [at]) => statRow(world, at as string),
  },
  {
    name: "filesystem.statfs",
    access: fileRead,
    params: () => [path],
    run: ({ world }, [at]) => statfsRow(world, at as string),
  },
  {
    name: "filesystem.listdir",
    access: fileRead,
    params: () => [path, { ...filters, name: "query_filters" }, { ...options, name: "query_options" }],
    run: ({ world }, [at, conditions, chosen]) =>
      applyQuery(listed(world, at as string), conditions as readonly unknown[], chosen as QueryOptions),
  },
  {
    name: "filesystem.mkdir",
    access: fileData,
    params: () => [
      {
        name: "filesystem_mkdir",
        schema: z.strictObject({
          path: text().min(1),
          options: z
            .strictObject({ mode: octal.default("755"), raise_chmod_error: z.boolean().default(true) })
            .prefault({}),
        }),
      },
    ],
    run: (call, [data]) => mkdir(call, data as Mkdir),
  },
];
