import { randomBytes } from "node:crypto";
import type { Account, ApiKey } from "./credential.ts";
import { deriveKeys, type ScramKeys } from "./scram.ts";

/** Who may log in, and with which key. */
export class Accounts {
  readonly #accounts = new Map<string, Account>();
  readonly #keys = new Map<number, ApiKey>();
  readonly #scram = new Map<number, Promise<ScramKeys>>();
  readonly #iterations: number;

  /** @param iterations rounds of SCRAM's key derivation. */
  constructor(iterations: number) {
    this.#iterations = iterations;
  }

  /** Adds an account, or replaces the one of that name. */
  add(account: Account): Account {
    this.#accounts.set(account.username, account);
    return account;
  }

  find(username: string): Account | undefined {
    return this.#accounts.get(username);
  }

  /** @returns the text that a client sends, `<id>-<secret>`. */
  addKey(username: string, name: string, options: { readonly expiresAt?: number } = {}): string {
    const id = Math.max(0, ...this.#keys.keys()) + 1;
    const secret = randomBytes(48).toString("base64url");
    this.#keys.set(id, { id, name, username, secret, expiresAt: options.expiresAt ?? null, revoked: false });
    return `${id}-${secret}`;
  }

  key(id: number): ApiKey | undefined {
    return this.#keys.get(id);
  }

  /** The key whose text this is, whatever its state. */
  keyOf(text: string): ApiKey | undefined {
    const [, id, secret] = /^(\d+)-(.+)$/.exec(text) ?? [];
    const key = this.#keys.get(Number(id));
    return key?.secret === secret ? key : undefined;
  }

  /** Makes a key useless for good. */
  revoke(id: number): void {
    const key = this.#keys.get(id);
    if (key) this.#keys.set(id, { ...key, revoked: true });
  }

  /** What SCRAM needs of a key; derived once. */
  scramKeys(key: ApiKey): Promise<ScramKeys> {
    const known = this.#scram.get(key.id);
    if (known) return known;
    const derived = deriveKeys(key.secret, this.#iterations);
    this.#scram.set(key.id, derived);
    return derived;
  }
}
