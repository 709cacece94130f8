import { z } from "zod";
import { ProviderError } from "../../base/errors.ts";
import { sdkResource } from "../sdk.ts";
import { allGroups, allUsers, groupIds, refuseUnmanageable, type UserRow } from "./account-rows.ts";
import { sameSet } from "./compare.ts";
import type { ResourceContext } from "./context.ts";
import { defineResource, type Live, sameBy } from "./definition.ts";
import { accountName, accountNumber, nasPath } from "./names.ts";
import { byIdOrName, deleteById } from "./rows.ts";

const noHome = "/var/empty";

const inputs = z.object({
  username: accountName.describe("Name to log in with."),
  fullName: z
    .string()
    .min(1)
    .regex(/^[^:\n]+$/, "must not hold colons or line breaks")
    .describe("Name for people."),
  uid: accountNumber
    .optional()
    .describe("Number that files carry. Left out, the NAS chooses one from 3000 up. Cannot change."),
  group: accountName
    .optional()
    .describe("Primary group by name. Left out at creation, the user gets a group of its own name."),
  groups: z
    .array(accountName)
    .default([])
    .describe("Further groups by name. builtin_users, where TrueNAS puts every SMB user, needs no mention."),
  password: z
    .string()
    .min(1)
    .optional()
    .describe("Password; a secret. Never read back: a change made on the NAS is not seen."),
  passwordDisabled: z.boolean().default(false).describe("Whether there is no log-in by password. Not for SMB users."),
  smb: z
    .boolean()
    .default(false)
    .describe("Whether the user may use SMB shares. Turning it on needs the password again."),
  home: nasPath
    .or(z.literal(noHome))
    .default(noHome)
    .describe("Home directory, which has to exist. It stays when the user goes."),
  shell: z
    .string()
    .regex(/^\//, "must be the path of a shell, such as /usr/bin/zsh")
    .default("/usr/sbin/nologin")
    .describe("Log-in shell. The NAS's own default is /usr/bin/zsh; a user for files needs none."),
  locked: z.boolean().default(false).describe("Whether the account is shut."),
});
type Inputs = z.output<typeof inputs>;

/** TrueNAS puts every SMB user there by itself, so being there or not is no difference. */
const everybody = "builtin_users";

export const user = defineResource({
  type: "truenas:index:User",
  description: "A local account of the NAS, for files and shares. Accounts of TrueNAS itself are refused.",
  inputs,
  outputs: z.object({
    uid: z.int().describe("Number that files carry."),
    group: z.string().describe("Name of the primary group."),
    groupMade: z
      .boolean()
      .optional()
      .describe("Whether that group was made together with the user, so that it goes with the user too."),
  }),
  traits: {
    uid: {
      fixed:
        "files on the NAS carry the number. Write the old number again, or make a second user and give the files to it",
    },
    groups: {
      same: (wanted, actual) => sameSet(withoutEverybody(wanted), withoutEverybody(actual)),
    },
    password: { secret: true, unreadable: true },
  },
  outputTraits: { uid: { stable: true }, group: { stable: true }, groupMade: { once: true } },
  rules: ({ password, passwordDisabled, smb }) => {
    const failures = [];
    if (password !== undefined && passwordDisabled)
      failures.push({ property: "passwordDisabled", reason: "cannot stand together with password; keep one of them" });
    if (smb && passwordDisabled)
      failures.push({ property: "passwordDisabled", reason: "cannot stand with smb: SMB users need a password" });
    return failures;
  },
  deletion:
    "Removes the account. Its files and home directory stay, and so does its group, unless that was made with the user and nobody else is in it.",
  lifecycle: {
    read: async (context, id) => {
      const row = await find(context, id);
      if (!row) return undefined;
      refuseUnmanageable("user", row.username, row);
      return toLive(context, row);
    },

    isSame: sameBy("username", "uid"),

    preflight: async (_context, { username, password, passwordDisabled, smb }, live) => {
      const without = password === undefined && !passwordDisabled;
      if (!without) return;
      const reason = !live
        ? "needs a password, or passwordDisabled: true"
        : smb && !live.inputs.smb
          ? "needs its password for smb: the NAS makes the hash for SMB of it, and does not keep it"
          : live.inputs.passwordDisabled
            ? "needs a password, now that passwordDisabled is off"
            : undefined;
      if (reason !== undefined) throw new ProviderError("INVALID_ARGUMENT", `user ${username} ${reason}.`);
    },

    locate: async (context, wanted) => {
      const row = (await allUsers(context)).find(({ username }) => username === wanted.username);
      if (!row) return undefined;
      refuseUnmanageable("user", row.username, row);
      const asWanted = (wanted.uid ?? row.uid) === row.uid && row.full_name === wanted.fullName;
      return { id: String(row.id), ours: false, asWanted, description: `user ${row.username} (uid ${row.uid})` };
    },

    create: async (context, wanted) => {
      const { uid, password, username, group } = wanted;
      // One of that name would be used instead of a new one, and is not ours then.
      const groupMade = group === undefined && !(await allGroups(context)).some(({ name }) => name === username);
      const primary = group === undefined ? { group_create: true } : {};
      const request = {
        ...(await toWire(context, wanted)),
        ...primary,
        ...(uid === undefined ? {} : { uid }),
        ...(password === undefined ? {} : { password }),
      };
      const row = await context.nas.call<UserRow>("user.create", [request], { signal: context.signal });
      return { id: String(row.id), outputs: { groupMade } };
    },

    update: async (context, { live, changed, inputs: wanted }) => {
      const wire = await toWire(context, wanted);
      const names = [...changed].filter((property) => property !== "password").map((property) => wireOf(property));
      const request = Object.fromEntries(names.map((name) => [name, wire[name]]));
      // SMB gets its hash from the password alone, and an account without one needs it to have one.
      const needed = changed.has("password") || changed.has("smb") || changed.has("passwordDisabled");
      const password = needed && wanted.password !== undefined ? { password: wanted.password } : {};
      await context.nas.call("user.update", [Number(live.id), { ...request, ...password }], { signal: context.signal });
    },

    delete: async (context, id, wanted) => {
      const row = await find(context, id);
      if (!row) return;
      // The NAS would take the primary group along by default, also one that others are in.
      const { groupMade } = wanted as { groupMade?: boolean };
      const options = { delete_group: groupMade === true && (await isOwnGroup(context, row)) };
      await deleteById(context, "user.delete", Number(id), options);
    },
  },
});

function withoutEverybody(names: unknown): string[] {
  return Array.isArray(names) ? names.filter((name) => name !== everybody) : [];
}

const wireOf = (property: string) => property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Without what is said at creation alone, or only when it is needed. */
async function toWire(context: ResourceContext, wanted: Inputs): Promise<Record<string, unknown>> {
  const { username, fullName, passwordDisabled, smb, home, shell, locked } = wanted;
  const [groups, [primary]] = await Promise.all([
    groupIds(context, wanted.groups),
    groupIds(context, wanted.group === undefined ? [] : [wanted.group]),
  ]);
  const group = primary === undefined ? {} : { group: primary };
  return {
    username,
    full_name: fullName,
    password_disabled: passwordDisabled,
    smb,
    home,
    shell,
    locked,
    groups,
    ...group,
  };
}

async function toLive(context: ResourceContext, row: UserRow): Promise<Live<Inputs>> {
  const names = new Map((await allGroups(context)).map(({ id, name }) => [id, name]));
  const live: Inputs = {
    username: row.username,
    fullName: row.full_name,
    uid: row.uid,
    group: row.group.bsdgrp_group,
    groups: withoutEverybody(row.groups.flatMap((id) => names.get(id) ?? [])),
    passwordDisabled: row.password_disabled,
    smb: row.smb,
    home: row.home,
    shell: row.shell,
    locked: row.locked,
  };
  const explicit = Object.keys(live) as (keyof Inputs)[];
  return { id: String(row.id), inputs: live, explicit, outputs: { uid: row.uid, group: row.group.bsdgrp_group } };
}

const find = async (context: ResourceContext, id: string): Promise<UserRow | undefined> =>
  byIdOrName(await allUsers(context), id, ({ username }) => username);

/** Still what was made with the user: of its name, and nobody else is in it. */
async function isOwnGroup(context: ResourceContext, row: UserRow): Promise<boolean> {
  const [groups, users] = await Promise.all([allGroups(context), allUsers(context)]);
  const own = groups.find(({ id }) => id === row.group.id);
  const others = users.some(
    (other) => other.id !== row.id && (other.group.id === row.group.id || other.groups.includes(row.group.id)),
  );
  return own !== undefined && own.name === row.username && !own.builtin && !others;
}

/** A local account of the NAS. */
export class User extends sdkResource(user) {}
