import { z } from "zod";
import { ProviderError } from "../../base/errors.ts";
import { sdkResource } from "../sdk.ts";
import { sameSet } from "./compare.ts";
import type { ResourceContext } from "./context.ts";
import { defineResource, sameBy } from "./definition.ts";
import { accountNumber } from "./names.ts";
import { byIdOrName, deleteById } from "./rows.ts";

const inputs = z.object({
  name: z.string().min(1).max(1024).describe("Name of the privilege."),
  localGroups: z.array(accountNumber).default([]).describe("Groups that it is given to, by gid."),
  roles: z
    .array(z.string().regex(/^[A-Z0-9_]+$/, "must be a role of TrueNAS such as SNAPSHOT_WRITE"))
    .default([])
    .describe("What their members may do, as roles of TrueNAS. FULL_ADMIN is everything."),
  webShell: z.boolean().default(false).describe("Whether they may use the shell of the web interface."),
});
type Inputs = z.output<typeof inputs>;

interface PrivilegeRow {
  readonly id: number;
  readonly name: string;
  readonly builtin_name: string | null;
  readonly local_groups: readonly { readonly gid: number | null }[];
  readonly roles: readonly string[];
  readonly web_shell: boolean;
}

export const privilege = defineResource({
  type: "truenas:index:Privilege",
  description: "What the members of groups may do on the NAS. Groups of a directory service are left alone.",
  inputs,
  outputs: z.object({}),
  traits: { localGroups: { same: sameSet }, roles: { same: sameSet } },
  deletion: "Takes the privilege away; groups and users stay.",
  lifecycle: {
    read: async (context, id) => {
      const row = byIdOrName(await all(context), id, ({ name }) => name);
      if (!row) return undefined;
      refuseBuiltin(row);
      const live = toInputs(row);
      return { id: String(row.id), inputs: live, explicit: Object.keys(live) as (keyof Inputs)[], outputs: {} };
    },

    isSame: sameBy("name", "localGroups"),

    locate: async (context, wanted) => {
      const row = (await all(context)).find(({ name }) => name === wanted.name);
      if (!row) return undefined;
      refuseBuiltin(row);
      const { localGroups, roles, webShell } = toInputs(row);
      const asWanted =
        sameSet(wanted.localGroups, localGroups) && sameSet(wanted.roles, roles) && wanted.webShell === webShell;
      return { id: String(row.id), ours: false, asWanted, description: `privilege ${row.id} "${row.name}"` };
    },

    create: async (context, wanted) => {
      const row = await context.nas.call<PrivilegeRow>("privilege.create", [toWire(wanted)], {
        signal: context.signal,
      });
      return String(row.id);
    },

    update: async (context, { live, changed, inputs: wanted }) => {
      const wire = toWire(wanted);
      const request = Object.fromEntries([...changed].map((property) => [wireOf(property), wire[wireOf(property)]]));
      await context.nas.call("privilege.update", [Number(live.id), request], { signal: context.signal });
    },

    delete: (context, id) => deleteById(context, "privilege.delete", Number(id)),
  },
});

const wireOf = (property: string) => property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const toWire = ({ localGroups, webShell, ...rest }: Inputs): Record<string, unknown> => ({
  ...rest,
  local_groups: localGroups,
  web_shell: webShell,
});

/** Groups are written by number and told whole. */
const toInputs = ({ name, local_groups, roles, web_shell }: PrivilegeRow): Inputs => ({
  name,
  localGroups: local_groups.flatMap(({ gid }) => gid ?? []),
  roles: [...roles],
  webShell: web_shell,
});

const all = async ({ nas }: ResourceContext) =>
  (await nas.collection("privilege.query").all()) as unknown as readonly PrivilegeRow[];

function refuseBuiltin({ name, builtin_name }: PrivilegeRow): void {
  if (builtin_name === null) return;
  throw new ProviderError(
    "FAILED_PRECONDITION",
    `privilege "${name}" belongs to TrueNAS itself; it is not managed from here, or one could lock oneself out. Make a privilege of your own.`,
  );
}

/** What the members of groups may do on the NAS. */
export class Privilege extends sdkResource(privilege) {}
