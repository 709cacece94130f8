import { z } from "zod";
import { CallError, errno, type Issue, MatchNotFound, ValidationErrors } from "../errors.ts";
import { type CallContext, dateTime, type Method, text } from "../method.ts";
import { newKeySecret } from "../world/api-key.ts";
import type { ListedApiKey } from "../world/directory.ts";
import { nextId } from "../world/world.ts";
import { collection, integerId, type Row, remove, replace } from "./crud.ts";
import { findRow } from "./lookup.ts";
import { apiKeyRead, apiKeyWrite } from "./roles.ts";

const event = "api_key.query";

const name = z.string().min(1).max(200);
const createSchema = z.strictObject({ name, username: text(), expires_at: dateTime().nullable().default(null) });
const updateSchema = z.strictObject({ name, expires_at: dateTime().nullable(), reset: z.boolean() }).partial();

type Create = z.infer<typeof createSchema>;
type Update = z.infer<typeof updateSchema>;

/** The stored forms of a key are never shown to anybody who could use them; these stand for them. */
const stored = (call: CallContext): Row =>
  call.version === "25.10"
    ? { keyhash: "$pbkdf2-sha512$simulated" }
    : { iterations: 500_000, salt: "c2ltdWxhdGVk", stored_key: "c2ltdWxhdGVk", server_key: "c2ltdWxhdGVk" };

function row(call: CallContext, key: ListedApiKey): Row {
  const user = call.world.directory.user(key.username);
  return {
    id: key.id,
    name: key.name,
    username: user ? key.username : null,
    user_identifier: user?.id ?? key.username,
    created_at: new Date(key.createdAt),
    expires_at: key.expiresAt === null ? null : new Date(key.expiresAt),
    local: true,
    revoked: key.revoked,
    revoked_reason: key.revokedReason,
    ...stored(call),
  };
}

/** The only answer that ever holds the text of a key. */
function rowWithKey(call: CallContext, key: ListedApiKey): Row {
  const secret = newKeySecret();
  call.world.directory.keySecrets.set(key.id, secret);
  const client = call.version === "26.0" ? { client_key: "c2ltdWxhdGVk" } : {};
  return { ...row(call, key), key: `${key.id}-${secret}`, ...client };
}

/** Whoever may not write keys at large still manages its own. */
function refuseForeign(call: CallContext, username: string): void {
  const { fullAdmin, roles, username: caller } = call.session;
  if (!fullAdmin && !roles.has("API_KEY_WRITE") && username !== caller)
    throw new CallError("API keys of other users are beyond this account's privileges", errno.EACCES);
}

function validate(
  call: CallContext,
  prefix: string,
  wanted: Update & { readonly username?: string },
  id?: number,
): void {
  const { directory } = call.world;
  const issues: Issue[] = [];
  const add = (field: string, message: string, number: number = errno.EINVAL) =>
    issues.push([`${prefix}.${field}`, message, number]);
  if (directory.apiKeys.some((key) => key.name === wanted.name && key.id !== id))
    add("name", "Object with this field already exists");
  if (wanted.username !== undefined) {
    const user = directory.user(wanted.username);
    if (!user) add("username", `User "${wanted.username}" does not exist`, errno.ENOENT);
    else if (directory.userRoles(user).length === 0)
      add("username", "The user has no privilege, so a key would be of no use");
  }
  if (wanted.expires_at && wanted.expires_at.getTime() < call.world.clock.now())
    add("expires_at", "The expiration date lies in the past");
  if (issues.length > 0) throw new ValidationErrors(issues);
}

function create(call: CallContext, data: Create): Row {
  refuseForeign(call, data.username);
  validate(call, "api_key_create", data);
  const { apiKeys } = call.world.directory;
  const key: ListedApiKey = {
    id: nextId(apiKeys),
    name: data.name,
    username: data.username,
    createdAt: call.world.clock.now(),
    expiresAt: data.expires_at?.getTime() ?? null,
    revoked: false,
    revokedReason: null,
  };
  apiKeys.push(key);
  const result = rowWithKey(call, key);
  call.emit(event, "ADDED", key.id, row(call, key));
  return result;
}

function update(call: CallContext, id: number, data: Update): Row {
  const { apiKeys } = call.world.directory;
  const old = apiKeys.find((key) => key.id === id);
  if (!old) throw new MatchNotFound();
  refuseForeign(call, old.username);
  validate(call, "api_key_update", data, id);
  const expiry = data.expires_at === undefined ? {} : { expiresAt: data.expires_at?.getTime() ?? null };
  const fresh = data.reset ? { revoked: false, revokedReason: null } : {};
  const key = replace(apiKeys, { ...old, name: data.name ?? old.name, ...expiry, ...fresh });
  const result = data.reset ? rowWithKey(call, key) : row(call, key);
  call.emit(event, "CHANGED", id, row(call, key));
  return result;
}

function drop(call: CallContext, id: number): true {
  const { apiKeys, keySecrets } = call.world.directory;
  refuseForeign(call, findRow(apiKeys, "ApiKey", id).username);
  remove(apiKeys, id);
  keySecrets.delete(id);
  call.emit(event, "REMOVED", id);
  return true;
}

const secrets = { secrets: ["keyhash", "salt", "stored_key", "server_key"], secretRoles: ["API_KEY_WRITE"] };

export const apiKeyMethods: readonly Method[] = [
  ...collection({
    name: "api_key",
    title: "ApiKey",
    access: apiKeyRead,
    id: integerId,
    rows: (call) => call.world.directory.apiKeys.map((key) => row(call, key)),
  }).map((method) => ({ ...method, ...secrets })),
  {
    name: "api_key.create",
    access: apiKeyWrite,
    params: () => [{ name: "api_key_create", schema: createSchema }],
    ...secrets,
    run: (call, [data]) => create(call, data as Create),
  },
  {
    name: "api_key.update",
    access: apiKeyWrite,
    params: () => [
      { name: "id", schema: integerId },
      { name: "api_key_update", schema: updateSchema },
    ],
    ...secrets,
    run: (call, [id, data]) => update(call, id as number, data as Update),
  },
  {
    name: "api_key.delete",
    access: apiKeyWrite,
    params: () => [{ name: "id", schema: integerId }],
    run: (call, [id]) => drop(call, id as number),
  },
];
