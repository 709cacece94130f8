import { z } from "zod";
import type { Account, Credential } from "../auth/credential.ts";
import { type LoginData, login, type Outcome } from "../auth/login.ts";
import type { CoreCall } from "../dispatch.ts";
import { CallError } from "../errors.ts";
import { applyQuery, type QueryOptions } from "../filter.ts";
import { type ApiVersion, type Method, queryParams, secret, text } from "../method.ts";

const loginOptions = (version: ApiVersion) =>
  z
    .strictObject({
      user_info: z.boolean().default(true),
      ...(version === "26.0" ? { reconnect_token: z.boolean().default(false) } : {}),
    })
    .prefault({});

const oneTime = (version: ApiVersion) =>
  z.strictObject({
    mechanism: z.literal("OTP_TOKEN"),
    otp_token: secret(text()),
    login_options: loginOptions(version),
  });

function loginData(version: ApiVersion): z.ZodType {
  const login_options = loginOptions(version);
  const plain = [
    z.strictObject({ mechanism: z.literal("API_KEY_PLAIN"), username: text(), api_key: secret(text()), login_options }),
    z.strictObject({
      mechanism: z.literal("PASSWORD_PLAIN"),
      username: text(),
      password: secret(text()),
      login_options,
    }),
    z.strictObject({ mechanism: z.literal("TOKEN_PLAIN"), token: secret(text()), login_options }),
    oneTime(version),
  ] as const;
  if (version === "25.10") return z.discriminatedUnion("mechanism", [...plain]);
  const scram = z.strictObject({
    mechanism: z.literal("SCRAM"),
    scram_type: z.enum(["CLIENT_FIRST_MESSAGE", "CLIENT_FINAL_MESSAGE"]),
    rfc_str: text(),
  });
  return z.discriminatedUnion("mechanism", [...plain, scram]);
}

/** auth.me of an account. */
function userInfo(
  { account, apiKey }: Credential,
  attributes: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { roles } = account;
  return {
    pw_name: account.username,
    pw_gecos: account.fullName,
    pw_dir: account.home,
    pw_shell: account.shell,
    pw_uid: account.uid,
    pw_gid: account.gid,
    grouplist: [...account.groups],
    sid: null,
    source: "LOCAL",
    local: true,
    attributes,
    two_factor_config: {
      provisioning_uri: null,
      secret_configured: account.otpToken !== undefined,
      interval: 30,
      otp_digits: 6,
    },
    privilege: { roles: new Set(roles), web_shell: roles.includes("FULL_ADMIN"), webui_access: true },
    account_attributes: [
      "LOCAL",
      ...(roles.includes("FULL_ADMIN") ? ["SYS_ADMIN"] : []),
      ...(apiKey ? ["API_KEY"] : []),
    ],
  };
}

/** What accounts keep for their user interface; lives as long as the account. */
const attributes = new WeakMap<Account, Record<string, unknown>>();

function me(call: CoreCall): Record<string, unknown> {
  const { credential } = call.connection;
  if (!credential) throw new CallError("Not authenticated");
  return userInfo(credential, attributes.get(credential.account) ?? {});
}

const defaultTtl = 600;

function answer(
  call: CoreCall,
  outcome: Outcome,
  options: { user_info?: boolean; reconnect_token?: boolean },
): Record<string, unknown> {
  const { credential } = call.connection;
  switch (outcome.kind) {
    case "OTP_REQUIRED":
      return { response_type: "OTP_REQUIRED", username: outcome.username };
    case "SCRAM_FIRST":
      return {
        response_type: "SCRAM_RESPONSE",
        scram_type: "SERVER_FIRST_RESPONSE",
        rfc_str: outcome.text,
        user_info: null,
      };
    case "SCRAM_FINAL":
      return {
        response_type: "SCRAM_RESPONSE",
        scram_type: "SERVER_FINAL_RESPONSE",
        rfc_str: outcome.text,
        user_info: me(call),
      };
    case "SUCCESS": {
      const user_info = options.user_info ? me(call) : null;
      const success = { response_type: "SUCCESS", user_info, authenticator: "LEVEL_1" };
      if (call.version === "25.10") return success;
      const token =
        options.reconnect_token && credential && newToken(call, credential, { match_origin: true, single_use: true });
      return { ...success, reconnect_token: token || null };
    }
    default:
      return { response_type: outcome.kind };
  }
}

function newToken(
  call: CoreCall,
  credential: Credential,
  options: { ttl?: number | null; attrs?: Record<string, unknown>; match_origin: boolean; single_use: boolean },
): string {
  const token = call.nas.tokens.create({
    parent: credential.token?.parent ?? credential,
    ttlMs: (options.ttl ?? defaultTtl) * 1000,
    attributes: options.attrs ?? {},
    origin: options.match_origin ? call.connection.address : null,
    singleUse: options.single_use,
  });
  return token.text;
}

async function loginEx(call: CoreCall, [data]: readonly unknown[]): Promise<Record<string, unknown>> {
  const { login_options = {}, ...rest } = data as LoginData & {
    login_options?: { user_info?: boolean; reconnect_token?: boolean };
  };
  return answer(call, await login(call.nas, call.connection, rest as LoginData), login_options);
}

const succeeded = async (call: CoreCall, data: LoginData): Promise<boolean> =>
  (await login(call.nas, call.connection, data)).kind === "SUCCESS";

const sessionsRead = ["AUTH_SESSIONS_READ", "AUTH_SESSIONS_WRITE", "READONLY_ADMIN", "SHARING_ADMIN"];

interface CoreMethod extends Omit<Method, "run"> {
  run(call: CoreCall, params: readonly unknown[]): unknown;
}

const authMethodList: readonly CoreMethod[] = [
  {
    name: "auth.login_ex",
    access: "none",
    params: (version) => [{ name: "login_data", schema: loginData(version) }],
    run: loginEx,
  },
  {
    name: "auth.login_ex_continue",
    access: "none",
    params: (version) => [{ name: "login_data", schema: oneTime(version) }],
    run: loginEx,
  },
  {
    name: "auth.login",
    access: "none",
    params: () => [
      { name: "username", schema: text() },
      { name: "password", schema: secret(text()) },
      { name: "otp_token", schema: secret(text().nullable()).default(null), required: false },
    ],
    async run(call, [username, password, otp]) {
      const { nas, connection } = call;
      const outcome = await login(nas, connection, {
        mechanism: "PASSWORD_PLAIN",
        username: String(username),
        password: String(password),
      });
      if (outcome.kind !== "OTP_REQUIRED") return outcome.kind === "SUCCESS";
      if (typeof otp === "string") return succeeded(call, { mechanism: "OTP_TOKEN", otp_token: otp });
      connection.login = undefined;
      return false;
    },
  },
  {
    name: "auth.login_with_api_key",
    access: "none",
    params: () => [{ name: "api_key", schema: secret(text()) }],
    run(call, [key]) {
      const username = call.nas.accounts.keyOf(String(key))?.username ?? "";
      return succeeded(call, { mechanism: "API_KEY_PLAIN", username, api_key: String(key) });
    },
  },
  {
    name: "auth.login_with_token",
    access: "none",
    params: () => [{ name: "token", schema: secret(text()) }],
    run: (call, [token]) => succeeded(call, { mechanism: "TOKEN_PLAIN", token: String(token) }),
  },
  {
    name: "auth.mechanism_choices",
    access: "none",
    params: () => [],
    run(call) {
      const plain = ["API_KEY_PLAIN", "TOKEN_PLAIN", "PASSWORD_PLAIN"];
      if (call.version === "26.0") return [...plain, "SCRAM"];
      // 25.10 looks at the session without asking whether there is one.
      if (!call.connection.credential) {
        const crash = new Error("'NoneType' object has no attribute 'is_user_session'");
        crash.name = "AttributeError";
        throw crash;
      }
      return plain;
    },
  },
  {
    name: "auth.generate_token",
    params: () => [
      { name: "ttl", schema: z.int().nullable().default(defaultTtl), required: false },
      { name: "attrs", schema: z.record(z.string(), z.unknown()).default({}), required: false },
      { name: "match_origin", schema: z.boolean().default(true), required: false },
      { name: "single_use", schema: z.boolean().default(false), required: false },
    ],
    run(call, [ttl, attrs, match_origin, single_use]) {
      const { credential } = call.connection;
      if (!credential) throw new CallError("Not authenticated");
      return newToken(call, credential, {
        ttl: ttl as number | null,
        attrs: attrs as Record<string, unknown>,
        match_origin: match_origin === true,
        single_use: single_use === true,
      });
    },
  },
  {
    name: "auth.logout",
    params: () => [],
    run(call) {
      call.nas.logout(call.connection);
      return true;
    },
  },
  { name: "auth.me", params: () => [], run: me },
  {
    name: "auth.set_attribute",
    params: () => [
      { name: "key", schema: text() },
      { name: "value", schema: z.unknown() },
    ],
    run({ connection }, [key, value]) {
      const account = connection.credential?.account;
      if (account) attributes.set(account, { ...attributes.get(account), [String(key)]: value });
      return null;
    },
  },
  {
    name: "auth.sessions",
    access: sessionsRead,
    params: () => queryParams,
    run({ nas, connection }, [filters, options]) {
      const rows = [...nas.connections].flatMap((other) =>
        other.credential ? [nas.sessionRow(other, other.credential, connection)] : [],
      );
      return applyQuery(rows, filters as unknown[], options as QueryOptions);
    },
  },
  {
    name: "auth.terminate_session",
    access: ["AUTH_SESSIONS_WRITE"],
    params: () => [{ name: "id", schema: text() }],
    run({ nas }, [id]) {
      const other = [...nas.connections].find((connection) => connection.id === id && connection.credential);
      if (!other) return false;
      nas.logout(other);
      other.cut();
      return true;
    },
  },
  {
    name: "auth.terminate_other_sessions",
    access: ["AUTH_SESSIONS_WRITE"],
    params: () => [],
    run({ nas, connection }) {
      for (const other of nas.connections) {
        if (other === connection || !other.credential) continue;
        nas.logout(other);
        other.cut();
      }
      return true;
    },
  },
];

/** The auth.* namespace (TrueNAS middleware plugins/auth.py). */
export const authMethods = authMethodList as readonly Method[];
