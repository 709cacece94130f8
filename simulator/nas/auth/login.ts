import { randomUUID } from "node:crypto";
import type { Connection } from "../connection.ts";
import { CallError, errno } from "../errors.ts";
import type { Nas } from "../nas.ts";
import type { Account, ApiKey, Credential, CredentialType } from "./credential.ts";
import { parseClientFirst, ScramExchange } from "./scram.ts";

/** Parameter of auth.login_ex. */
export type LoginData =
  | { readonly mechanism: "API_KEY_PLAIN"; readonly username: string; readonly api_key: string }
  | { readonly mechanism: "PASSWORD_PLAIN"; readonly username: string; readonly password: string }
  | { readonly mechanism: "TOKEN_PLAIN"; readonly token: string }
  | { readonly mechanism: "OTP_TOKEN"; readonly otp_token: string }
  | {
      readonly mechanism: "SCRAM";
      readonly scram_type: "CLIENT_FIRST_MESSAGE" | "CLIENT_FINAL_MESSAGE";
      readonly rfc_str: string;
    };

/** How a login went, before it is put into the shape of the version. */
export type Outcome =
  | { readonly kind: "SUCCESS" | "AUTH_ERR" | "EXPIRED" | "DENIED" }
  | { readonly kind: "OTP_REQUIRED"; readonly username: string }
  | { readonly kind: "SCRAM_FIRST" | "SCRAM_FINAL"; readonly text: string };

/** What a login in several steps remembers between them; one per connection. */
export interface LoginProgress {
  readonly next: "OTP_TOKEN" | "SCRAM";
  readonly account?: Account;
  readonly attemptsLeft?: number;
  readonly exchange?: ScramExchange;
  readonly key?: ApiKey;
}

const otpAttempts = 3;
const refused: Outcome = { kind: "AUTH_ERR" };

function admit(
  nas: Nas,
  connection: Connection,
  type: CredentialType,
  account: Account,
  more: Partial<Credential> = {},
): Outcome {
  // 25.10 has no word for an account without API access: it is an authentication error there.
  if (account.roles.length === 0) return { kind: connection.version === "26.0" ? "DENIED" : "AUTH_ERR" };
  nas.login(connection, { type, account, loginId: randomUUID(), loginAt: new Date(nas.world.clock.now()), ...more });
  return { kind: "SUCCESS" };
}

function byPassword(nas: Nas, connection: Connection, username: string, password: string): Outcome {
  const account = nas.accounts.find(username);
  if (!account || account.locked || account.password === null || account.password !== password) return refused;
  if (account.otpToken === undefined) return admit(nas, connection, "LOGIN_PASSWORD", account);
  connection.login = { next: "OTP_TOKEN", account, attemptsLeft: otpAttempts };
  return { kind: "OTP_REQUIRED", username };
}

function byOneTimeToken(nas: Nas, connection: Connection, progress: LoginProgress, token: string): Outcome {
  const { account, attemptsLeft = 0 } = progress;
  if (!account) return refused;
  if (account.otpToken === token) return admit(nas, connection, "LOGIN_TWOFACTOR", account);
  if (attemptsLeft <= 1) return refused;
  connection.login = { ...progress, attemptsLeft: attemptsLeft - 1 };
  return { kind: "OTP_REQUIRED", username: account.username };
}

/** Why a key that exists cannot be used; undefined when it can. */
function keyProblem(nas: Nas, key: ApiKey): Outcome | undefined {
  if (key.expiresAt !== null && key.expiresAt <= nas.world.clock.now()) return { kind: "EXPIRED" };
  return key.revoked ? refused : undefined;
}

function byKey(nas: Nas, connection: Connection, username: string, text: string): Outcome {
  const key = nas.accounts.keyOf(text);
  const account = nas.accounts.find(username);
  if (!key || key.username !== username) return refused;
  if (!account || account.locked) {
    nas.accounts.revoke(key.id, "User no longer exists or is locked");
    return refused;
  }
  const problem = keyProblem(nas, key);
  if (problem) return problem;
  if (!connection.secure) {
    // The key went over the wire in the clear: it is burnt.
    nas.accounts.revoke(key.id, "Attempt to use over an insecure transport");
    return { kind: "EXPIRED" };
  }
  return admit(nas, connection, "API_KEY", account, { apiKey: key });
}

function byToken(nas: Nas, connection: Connection, text: string): Outcome {
  const token = nas.tokens.find(text, connection.address);
  if (!token || Object.keys(token.attributes).length > 0) return refused;
  nas.tokens.use(token);
  const outcome = admit(nas, connection, "TOKEN", token.parent.account, { token });
  if (token.singleUse) nas.tokens.destroy(token);
  return outcome;
}

async function scramFirst(nas: Nas, connection: Connection, text: string): Promise<Outcome> {
  const first = parseClientFirst(text);
  const key = first?.keyId === undefined ? undefined : nas.accounts.key(first.keyId);
  const account = first && nas.accounts.find(first.username);
  // "y" says that the server cannot bind to the channel, which it can: somebody stands between.
  if (!first || !key || !account || account.locked || key.username !== first.username || first.header.startsWith("y"))
    return refused;
  if (keyProblem(nas, key)) return refused;
  const exchange = new ScramExchange(first, await nas.accounts.scramKeys(key));
  connection.login = { next: "SCRAM", exchange, key, account };
  return { kind: "SCRAM_FIRST", text: exchange.serverFirst };
}

function scramFinal(nas: Nas, connection: Connection, progress: LoginProgress, text: string): Outcome {
  const { exchange, key, account } = progress;
  if (!exchange || !key || !account) return refused;
  const final = exchange.finish(text, connection.secure ? nas.certificate.endPoint : undefined);
  if (final === undefined) return refused;
  const outcome = admit(nas, connection, "API_KEY", account, { apiKey: key });
  return outcome.kind === "SUCCESS" ? { kind: "SCRAM_FINAL", text: final } : outcome;
}

function attempt(nas: Nas, connection: Connection, data: LoginData): Outcome | Promise<Outcome> {
  const progress = connection.login;
  connection.login = undefined;
  switch (data.mechanism) {
    case "PASSWORD_PLAIN":
      return byPassword(nas, connection, data.username, data.password);
    case "API_KEY_PLAIN":
      return byKey(nas, connection, data.username, data.api_key);
    case "TOKEN_PLAIN":
      return byToken(nas, connection, data.token);
    case "OTP_TOKEN":
      if (progress?.next !== "OTP_TOKEN") throw new CallError("OTP_TOKEN: no authentication in progress", errno.EINVAL);
      return byOneTimeToken(nas, connection, progress, data.otp_token);
    case "SCRAM":
      if (data.scram_type === "CLIENT_FIRST_MESSAGE") return scramFirst(nas, connection, data.rfc_str);
      if (progress?.next !== "SCRAM") throw new CallError("SCRAM authentication is not in progress");
      return scramFinal(nas, connection, progress, data.rfc_str);
  }
}

/**
 * One step of a login (TrueNAS middleware plugins/auth_/login_ex_impl.py). Whatever is refused costs a second, against guessing.
 *
 * @throws CallError EBUSY when another mechanism is half-way, EINVAL when there is nothing to continue.
 */
export async function login(nas: Nas, connection: Connection, data: LoginData): Promise<Outcome> {
  const { login: progress } = connection;
  if (progress && progress.next !== data.mechanism)
    throw new CallError(`${progress.next}: authentication is in progress`, errno.EBUSY);
  const outcome = await attempt(nas, connection, data);
  if (outcome.kind === "AUTH_ERR" || outcome.kind === "EXPIRED") await nas.penalty(1, 1);
  return outcome;
}
