import type { CallContext, Method } from "../method.ts";
import type { Group, User } from "../world/directory.ts";
import { collection, integerId, type Row } from "./crud.ts";
import { accountRead, apiKeyRead } from "./roles.ts";

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
    bsdgrp_userns_idmap: null,
  };
};

const userRow = (call: CallContext, user: User): Row => {
  const { roles, group: _, groups, ...rest } = user;
  return {
    ...rest,
    unixhash: user.password_disabled ? "*" : "$6$rounds=656000$simulated$",
    smbhash: user.smb ? `${user.username}:${user.uid}:simulated` : "",
    group: groupOf(call, user),
    groups: [...groups],
    roles: [...roles],
    userns_idmap: null,
    local: true,
    immutable: user.builtin,
    twofactor_auth_configured: false,
    sid: user.smb ? `S-1-5-21-3141592653-2718281828-1618033988-${20_000 + user.id}` : null,
    last_password_change: null,
    password_age: null,
    password_history: null,
    password_change_required: false,
    api_keys: call.world.directory.apiKeys.filter((key) => key.username === user.username).map(({ id }) => id),
    ...(call.version === "26.0" && { webshare: false }),
  };
};

const groupRow = (call: CallContext, group: Group): Row => ({
  ...group,
  group: group.name,
  userns_idmap: null,
  local: true,
  immutable: group.builtin,
  sid: group.smb ? `S-1-5-21-3141592653-2718281828-1618033988-${200_000 + group.id}` : null,
  users: call.world.directory.users.filter((user) => user.groups.includes(group.id)).map(({ id }) => id),
});

const apiKeys = (call: CallContext): Row[] =>
  call.world.directory.apiKeys.map((key) => ({
    id: key.id,
    name: key.name,
    username: key.username,
    user_identifier: call.world.directory.user(key.username)?.id ?? key.username,
    created_at: new Date(key.createdAt),
    expires_at: key.expiresAt === null ? null : new Date(key.expiresAt),
    local: true,
    revoked: key.revoked,
    revoked_reason: key.revokedReason,
    // The stored forms of a key are never shown to anybody who could use them; these stand for them.
    ...(call.version === "25.10"
      ? { keyhash: "$pbkdf2-sha512$simulated" }
      : { iterations: 500_000, salt: "c2ltdWxhdGVk", stored_key: "c2ltdWxhdGVk", server_key: "c2ltdWxhdGVk" }),
  }));

/** Rows of accounts are secret in part for those who may not write them. */
const withSecrets = (
  methods: readonly Method[],
  secrets: readonly string[],
  secretRoles: readonly string[],
): Method[] => methods.map((method) => ({ ...method, secrets, secretRoles }));

export const accountMethods: readonly Method[] = [
  ...withSecrets(
    collection({
      name: "user",
      title: "User",
      access: accountRead,
      id: integerId,
      rows: (call) => call.world.directory.users.map((user) => userRow(call, user)),
    }),
    ["unixhash", "smbhash", "password_history"],
    ["ACCOUNT_WRITE"],
  ),
  ...collection({
    name: "group",
    title: "Group",
    access: accountRead,
    id: integerId,
    rows: (call) => call.world.directory.groups.map((group) => groupRow(call, group)),
  }),
  ...withSecrets(
    collection({ name: "api_key", title: "ApiKey", access: apiKeyRead, id: integerId, rows: apiKeys }),
    ["keyhash", "salt", "stored_key", "server_key"],
    ["API_KEY_WRITE"],
  ),
];
