import { z } from "zod";
import { ProviderError } from "../../base/errors.ts";
import { sdkResource } from "../sdk.ts";
import { allGroups, allUsers, type GroupRow, refuseUnmanageable } from "./account-rows.ts";
import type { ResourceContext } from "./context.ts";
import { defineResource, sameBy } from "./definition.ts";
import { accountName, accountNumber } from "./names.ts";
import { byIdOrName, deleteById } from "./rows.ts";

const inputs = z.object({
  name: accountName.describe("Name of the group."),
  gid: accountNumber
    .optional()
    .describe("Number that files carry. Left out, the NAS chooses one from 3000 up. Cannot change."),
  smb: z.boolean().default(true).describe("Whether it can stand in access lists of SMB clients."),
});

export const group = defineResource({
  type: "truenas:index:Group",
  description: "A group of local accounts. Who is in it is said by each User; members made by hand stay.",
  inputs,
  outputs: z.object({ gid: z.int().describe("Number that files carry.") }),
  traits: {
    gid: {
      fixed:
        "files on the NAS carry the number. Write the old number again, or make a second group and give the files to it",
    },
  },
  outputTraits: { gid: { stable: true } },
  deletion:
    "Removes the group; files that carry its number stay. Refused while it is the primary group of a user, or a privilege is given to it.",
  lifecycle: {
    read: async (context, id) => {
      const row = await find(context, id);
      if (!row) return undefined;
      refuseUnmanageable("group", row.name, row);
      const { name, gid, smb } = row;
      return { id: String(row.id), inputs: { name, gid, smb }, explicit: ["name", "gid", "smb"], outputs: { gid } };
    },

    isSame: sameBy("name", "gid"),

    locate: async (context, wanted) => {
      const row = (await allGroups(context)).find(({ name }) => name === wanted.name);
      if (!row) return undefined;
      refuseUnmanageable("group", row.name, row);
      const asWanted = (wanted.gid ?? row.gid) === row.gid && row.smb === wanted.smb;
      return { id: String(row.id), ours: false, asWanted, description: `group ${row.name} (gid ${row.gid})` };
    },

    create: async (context, { name, gid, smb }) => {
      const request = { name, smb, ...(gid === undefined ? {} : { gid }) };
      return String(await context.nas.call<number>("group.create", [request], { signal: context.signal }));
    },

    // Without `users`, members stay as they are.
    update: async (context, { live, changed, inputs: wanted }) => {
      const request = Object.fromEntries([...changed].map((property) => [property, wanted[property]]));
      await context.nas.call("group.update", [Number(live.id), request], { signal: context.signal });
    },

    delete: async (context, id) => {
      await refuseInUse(context, Number(id));
      await deleteById(context, "group.delete", Number(id), { delete_users: false });
    },
  },
});

const find = async (context: ResourceContext, id: string): Promise<GroupRow | undefined> =>
  byIdOrName(await allGroups(context), id, ({ name }) => name);

/** The NAS would give its users another primary group without asking, and so other rights. */
async function refuseInUse(context: ResourceContext, id: number): Promise<void> {
  const users = (await allUsers(context)).filter((user) => user.group.id === id).map(({ username }) => username);
  if (users.length === 0) return;
  throw new ProviderError(
    "FAILED_PRECONDITION",
    `group ${id} is not removed, because it is the primary group of ${users.join(", ")}. Give them another one first.`,
  );
}

/** A group of local accounts. */
export class Group extends sdkResource(group) {}
