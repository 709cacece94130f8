import { z } from "zod";
import { type CallContext, type Method, text } from "../method.ts";
import type { NfsShare } from "../world/sharing.ts";
import { nextId } from "../world/world.ts";
import { collection, integerId, type Row, remove, replace } from "./crud.ts";
import { findRow } from "./lookup.ts";
import { type ShareInput, validateShare } from "./nfs-rules.ts";
import { datasetParts, isLocked } from "./paths.ts";
import { nfsRead, nfsWrite } from "./roles.ts";

const title = "SharingNFS";
const event = "sharing.nfs.query";

const names = z.array(text().min(1));
const name = text().nullable();

const fields = {
  aliases: names,
  comment: text(),
  networks: names,
  hosts: names,
  ro: z.boolean(),
  maproot_user: name,
  maproot_group: name,
  mapall_user: name,
  mapall_group: name,
  security: z.array(z.enum(["SYS", "KRB5", "KRB5I", "KRB5P"])),
  enabled: z.boolean(),
  expose_snapshots: z.boolean(),
};

const createSchema = z.strictObject({
  path: text().min(1),
  aliases: fields.aliases.default([]),
  comment: fields.comment.default(""),
  networks: fields.networks.default([]),
  hosts: fields.hosts.default([]),
  ro: fields.ro.default(false),
  maproot_user: name.default(null),
  maproot_group: name.default(null),
  mapall_user: name.default(null),
  mapall_group: name.default(null),
  security: fields.security.default([]),
  enabled: fields.enabled.default(true),
  expose_snapshots: fields.expose_snapshots.default(false),
});

const updateSchema = z.strictObject({ path: text().min(1), ...fields }).partial();

function row(call: CallContext, share: NfsShare): Row {
  const { world, version } = call;
  const shown = { ...share, aliases: [], locked: isLocked(world, share.path) };
  return version === "26.0" ? { ...shown, ...datasetParts(world, share.path), tier: null } : shown;
}

/** Paths are kept without a slash at the end; aliases are taken and forgotten. */
function input(data: z.infer<typeof createSchema>): ShareInput {
  const { aliases: _, ...share } = data;
  return { ...share, path: share.path.replace(/(?<=.)\/+$/, "") };
}

function create(call: CallContext, data: z.infer<typeof createSchema>): Row {
  const { world } = call;
  const share: NfsShare = { id: nextId(world.nfsShares), ...validateShare(world, input(data), "sharingnfs_create") };
  world.nfsShares.push(share);
  const result = row(call, share);
  call.emit(event, "ADDED", share.id, result);
  return result;
}

function update(call: CallContext, id: number, data: z.infer<typeof updateSchema>): Row {
  const { world } = call;
  const { id: _, ...old } = findRow(world.nfsShares, title, id);
  const merged = input({ aliases: [], ...old, ...data } as z.infer<typeof createSchema>);
  const share = replace(world.nfsShares, { id, ...validateShare(world, merged, "sharingnfs_update", id) });
  const result = row(call, share);
  call.emit(event, "CHANGED", id, result);
  return result;
}

export const nfsShareMethods: readonly Method[] = [
  ...collection({
    name: "sharing.nfs",
    title,
    access: nfsRead,
    id: integerId,
    rows: (call) => call.world.nfsShares.map((share) => row(call, share)),
  }),
  {
    name: "sharing.nfs.create",
    access: nfsWrite,
    params: () => [{ name: "data", schema: createSchema }],
    run: (call, [data]) => create(call, data as z.infer<typeof createSchema>),
  },
  {
    name: "sharing.nfs.update",
    access: nfsWrite,
    params: () => [
      { name: "id", schema: integerId },
      { name: "data", schema: updateSchema },
    ],
    run: (call, [id, data]) => update(call, id as number, data as z.infer<typeof updateSchema>),
  },
  {
    name: "sharing.nfs.delete",
    access: nfsWrite,
    params: () => [{ name: "id", schema: integerId }],
    run: (call, [id]) => {
      findRow(call.world.nfsShares, title, id);
      remove(call.world.nfsShares, id as number);
      call.emit(event, "REMOVED", id);
      return true;
    },
  },
];
