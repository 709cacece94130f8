import type { CallSession } from "../method.ts";
import type { Token } from "./tokens.ts";

/** An account that may log in. */
export interface Account {
  readonly username: string;
  readonly uid: number;
  readonly gid: number;
  readonly fullName: string;
  readonly home: string;
  readonly shell: string;
  /** Groups of the account, by gid. */
  readonly groups: readonly number[];
  /** null: no login by password. */
  readonly password: string | null;
  /** The one-time token that is accepted after the password; absent: no second factor. */
  readonly otpToken?: string;
  readonly locked: boolean;
  /** Empty: the account has no access to the API. FULL_ADMIN may do everything. */
  readonly roles: readonly string[];
}

/** An API key as the NAS keeps it. `<id>-<secret>` is its text. */
export interface ApiKey {
  readonly id: number;
  readonly name: string;
  readonly username: string;
  readonly secret: string;
  /** Milliseconds since 1970; null: never. */
  readonly expiresAt: number | null;
  readonly revoked: boolean;
}

/** How a session was opened. */
export type CredentialType = "LOGIN_PASSWORD" | "LOGIN_TWOFACTOR" | "API_KEY" | "TOKEN";

/** Who a session belongs to. */
export interface Credential {
  readonly type: CredentialType;
  readonly account: Account;
  readonly loginId: string;
  readonly loginAt: Date;
  readonly apiKey?: ApiKey;
  readonly token?: Token;
}

/** The caller as methods see it. */
export const sessionOf = (credential: Credential): CallSession => ({
  username: credential.account.username,
  fullAdmin: credential.account.roles.includes("FULL_ADMIN"),
  roles: new Set(credential.account.roles),
});

/** `credentials_data` of a session. */
export function credentialData(credential: Credential): Record<string, unknown> {
  const { account, apiKey, token, loginAt, loginId } = credential;
  if (token) {
    const parent = { credentials: token.parent.type, credentials_data: credentialData(token.parent) };
    return { parent, login_id: loginId, username: account.username };
  }
  const data = { username: account.username, login_id: loginId, login_at: loginAt };
  return apiKey ? { ...data, api_key: { id: apiKey.id, name: apiKey.name } } : data;
}
