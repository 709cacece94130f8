import { randomBytes } from "node:crypto";
import { z } from "zod";
import { CallError, errno, ValidationErrors } from "../errors.ts";
import { type ApiVersion, type CallContext, type Method, secret, text } from "../method.ts";
import type { User } from "../world/directory.ts";
import { nextId } from "../world/world.ts";
import { byVersion, collection, integerId, type Row, remove, replace } from "./crud.ts";
import { groupRow, highestId, nextNumber } from "./groups.ts";
import { findRow } from "./lookup.ts";
import { accountRead, accountWrite } from "./roles.ts";
import { knownShells, userIssues } from "./user-rules.ts";

const event = "user.query";

const command = text().min(1);
const idmap = z.union([z.literal("DIRECT"), z.null(), z.int().min(1).max(4_294_967_294)]);
const password = secret(text().min(1).nullable());

const common = (version: ApiVersion) => ({
  username: text(),
  home: text().min(1),
  shell: text().min(1),
  full_name: text().min(1),
  smb: z.boolean(),
  ...(version === "26.0" && { webshare: z.boolean() }),
  userns_idmap: idmap,
  group: z.int().nullable(),
  groups: z.array(z.int()),
  password_disabled: z.boolean(),
  ssh_password_enabled: z.boolean(),
  sshpubkey: text().nullable(),
  locked: z.boolean(),
  sudo_commands: z.array(command),
  sudo_commands_nopasswd: z.array(command),
  email: (version === "25.10" ? z.email() : text()).nullable(),
  home_create: z.boolean(),
  home_mode: text(),
  password,
  random_password: z.boolean(),
});

const createSchema = byVersion((version) => {
  const { username, full_name, ...rest } = common(version);
  return z.strictObject({
    uid: z.int().min(0).max(highestId).nullable().default(null),
    username,
    full_name,
    ...rest,
    home: rest.home.default("/var/empty"),
    shell: rest.shell.default("/usr/bin/zsh"),
    smb: rest.smb.default(true),
    ...(version === "26.0" && { webshare: z.boolean().default(false) }),
    userns_idmap: rest.userns_idmap.default(null),
    group: rest.group.default(null),
    groups: rest.groups.default([]),
    password_disabled: rest.password_disabled.default(false),
    ssh_password_enabled: rest.ssh_password_enabled.default(false),
    sshpubkey: rest.sshpubkey.default(null),
    locked: rest.locked.default(false),
    sudo_commands: rest.sudo_commands.default([]),
    sudo_commands_nopasswd: rest.sudo_commands_nopasswd.default([]),
    email: rest.email.default(null),
    group_create: z.boolean().default(false),
    home_create: z.boolean().default(false),
    home_mode: rest.home_mode.default("700"),
    password: secret(password.default(null)),
    random_password: z.boolean().default(false),
  });
});

const updateSchema = byVersion((version) => z.strictObject(common(version)).partial());

/** What a request may hold; the fields of a user among them have the same names. */
interface Request extends Partial<Omit<User, "id" | "group">> {
  readonly group?: number | null;
  readonly group_create?: boolean;
  readonly home_create?: boolean;
  readonly home_mode?: string;
  readonly password?: string | null;
  readonly random_password?: boolean;
}

const groupOf = (call: CallContext, user: User): Row => {
  const group = call.world.directory.groups.find(({ id }) => id === user.group);
  return {
    id: user.group,
    bsdgrp_gid: group?.gid ?? -1,
    bsdgrp_group: group?.name ?? "",
    bsdgrp_builtin: group?.builtin ?? false,
    bsdgrp_smb: group?.smb ?? false,
    bsdgrp_sudo_commands: group?.sudo_commands ?? [],
    bsdgrp_sudo_commands_nopasswd: group?.sudo_commands_nopasswd ?? [],
    bsdgrp_userns_idmap: group?.userns_idmap ?? null,
  };
};

function userRow(call: CallContext, user: User): Row {
  const { directory } = call.world;
  const { webshare, ...rest } = user;
  return {
    ...rest,
    unixhash: user.password_disabled ? "*" : "$6$rounds=656000$simulated$",
    smbhash: user.smb ? `${user.username}:${user.uid}:simulated` : "",
    group: groupOf(call, user),
    groups: [...user.groups],
    roles: directory.userRoles(user),
    local: true,
    immutable: user.builtin,
    twofactor_auth_configured: false,
    sid: user.smb ? `S-1-5-21-3141592653-2718281828-1618033988-${20_000 + user.id}` : null,
    last_password_change: null,
    password_age: null,
    password_history: null,
    password_change_required: false,
    api_keys: directory.apiKeys.filter((key) => key.username === user.username).map(({ id }) => id),
    ...(call.version === "26.0" && { webshare }),
  };
}

/** Every SMB user is a member of builtin_users, asked for or not. */
function withSmbGroup(call: CallContext, user: User): User {
  const everybody = call.world.directory.group("builtin_users")?.id;
  if (!user.smb || everybody === undefined || user.groups.includes(everybody)) return user;
  return { ...user, groups: [...user.groups, everybody] };
}

/** The password that the request leads to; null where it says nothing of one. */
function newPassword(call: CallContext, { username, password_disabled }: User, request: Request): string | null {
  const { passwords } = call.world.directory;
  if (password_disabled) passwords.delete(username);
  const chosen = request.random_password ? randomBytes(12).toString("base64url") : request.password;
  if (!chosen) return null;
  passwords.set(username, { ...passwords.get(username), password: chosen });
  return chosen;
}

/** A password is told only where the NAS made it up. */
const answer = (call: CallContext, user: User, request: Request, chosen: string | null): Row => ({
  ...userRow(call, user),
  password: request.random_password ? chosen : null,
});

function create(call: CallContext, request: Request & Pick<User, "username" | "full_name">): Row {
  const issues = userIssues(call, "user_create", request);
  if (issues.length > 0) throw new ValidationErrors(issues);
  const { directory } = call.world;
  const { group_create, home_create: _c, home_mode: _m, password: _p, random_password: _r, ...fields } = request;
  const uid = request.uid ?? nextNumber(directory.users.map((user) => user.uid));
  const own = group_create ? ownGroup(call, request.username, uid) : undefined;
  const blank = { webshare: false, builtin: false } as const;
  const user = withSmbGroup(call, {
    ...blank,
    ...(fields as User),
    uid,
    id: nextId(directory.users),
    group: own ?? (request.group as number),
  });
  directory.users.push(user);
  const chosen = newPassword(call, user, request);
  call.emit(event, "ADDED", user.id, userRow(call, user));
  return answer(call, user, request, chosen);
}

/** A group of the user's own name, with its number where that is free; one that exists already is used as it is. */
function ownGroup(call: CallContext, name: string, uid: number): number {
  const { directory } = call.world;
  const existing = directory.group(name);
  if (existing) return existing.id;
  const gids = directory.groups.map((group) => group.gid);
  const { id } = directory.addGroup({ gid: gids.includes(uid) ? nextNumber(gids) : uid, name });
  const group = directory.groups.find((each) => each.id === id);
  if (group) call.emit("group.query", "ADDED", id, groupRow(call, group));
  return id;
}

function update(call: CallContext, id: number, request: Request): Row {
  const { directory } = call.world;
  const old = findRow(directory.users, "User", id);
  const issues = userIssues(call, "user_update", request, old);
  if (issues.length > 0) throw new ValidationErrors(issues);
  const { home_create: _c, home_mode: _m, password: _p, random_password: _r, ...fields } = request;
  const user = replace(directory.users, withSmbGroup(call, { ...old, ...(fields as Partial<User>) }));
  if (user.username !== old.username) rename(call, old.username, user.username);
  const chosen = newPassword(call, user, request);
  call.emit(event, "CHANGED", id, userRow(call, user));
  return answer(call, user, request, chosen);
}

/** Password and keys belong to the user, whatever it is called. */
function rename({ world: { directory } }: CallContext, from: string, to: string): void {
  const password = directory.passwords.get(from);
  directory.passwords.delete(from);
  if (password) directory.passwords.set(to, password);
  for (const key of directory.apiKeys.filter(({ username }) => username === from))
    replace(directory.apiKeys, { ...key, username: to });
}

function drop(call: CallContext, id: number, deleteGroup: boolean): number {
  const { directory } = call.world;
  const user = findRow(directory.users, "User", id);
  if (user.builtin) throw new CallError("A user of the system cannot be deleted", errno.EINVAL);
  remove(directory.users, id);
  directory.passwords.delete(user.username);
  for (const key of directory.apiKeys.filter(({ username }) => username === user.username))
    replace(directory.apiKeys, { ...key, revoked: true, revokedReason: "User no longer exists or is locked" });
  const group = directory.groups.find((each) => each.id === user.group);
  const alone = !directory.users.some((each) => each.group === user.group);
  if (deleteGroup && group && !group.builtin && alone) {
    remove(directory.groups, group.id);
    // Whoever else was a member loses what the group gave.
    for (const each of [...directory.users])
      replace(directory.users, { ...each, groups: each.groups.filter((member) => member !== group.id) });
    call.emit("group.query", "REMOVED", group.id);
  }
  call.emit(event, "REMOVED", id);
  return id;
}

const secrets = { secrets: ["unixhash", "smbhash", "password_history"], secretRoles: ["ACCOUNT_WRITE"] };

export const userMethods: readonly Method[] = [
  ...collection({
    name: "user",
    title: "User",
    access: accountRead,
    id: integerId,
    rows: (call) => call.world.directory.users.map((user) => userRow(call, user)),
  }).map((method) => ({ ...method, ...secrets })),
  {
    name: "user.create",
    access: accountWrite,
    params: (version) => [{ name: "user_create", schema: createSchema(version) }],
    ...secrets,
    run: (call, [data]) => create(call, data as Request & Pick<User, "username" | "full_name">),
  },
  {
    name: "user.update",
    access: accountWrite,
    params: (version) => [
      { name: "id", schema: integerId },
      { name: "user_update", schema: updateSchema(version) },
    ],
    ...secrets,
    run: (call, [id, data]) => update(call, id as number, data as Request),
  },
  {
    name: "user.delete",
    access: accountWrite,
    params: () => [
      { name: "id", schema: integerId },
      {
        name: "options",
        schema: z.strictObject({ delete_group: z.boolean().default(true) }).prefault({}),
        required: false,
      },
    ],
    run: (call, [id, options]) => drop(call, id as number, (options as { delete_group: boolean }).delete_group),
  },
  {
    name: "user.shell_choices",
    access: accountRead,
    params: () => [{ name: "group_ids", schema: z.array(z.int()).default([]), required: false }],
    run: () => Object.fromEntries(knownShells.map((path) => [path, path.slice(path.lastIndexOf("/") + 1)])),
  },
];
