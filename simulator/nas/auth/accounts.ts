import { randomInt } from "node:crypto";
import type { World } from "../world/world.ts";
import type { Account, ApiKey } from "./credential.ts";
import { deriveKeys, type ScramKeys } from "./scram.ts";

/** How an account proves who it is, besides API keys. */
export interface Secrets {
  readonly password: string;
  /** The one-time token that is accepted after the password. Default: no second factor. */
  readonly otpToken?: string;
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

const keySecret = (): string => Array.from({ length: 64 }, () => alphabet[randomInt(alphabet.length)]).join("");

/** Who of the world's users may log in, and with which secrets. */
export class Accounts {
  readonly #world: World;
  readonly #iterations: number;
  readonly #secrets = new Map<string, Secrets>();
  readonly #keys = new Map<number, string>();
  readonly #scram = new Map<number, Promise<ScramKeys>>();

  /** @param iterations rounds of SCRAM's key derivation. */
  constructor(world: World, iterations: number) {
    this.#world = world;
    this.#iterations = iterations;
  }

  /** Lets a user of the world log in with a password. */
  setPassword(username: string, secrets: Secrets): void {
    this.#secrets.set(username, secrets);
  }

  find(username: string): Account | undefined {
    const { directory } = this.#world;
    const user = directory.user(username);
    if (!user) return undefined;
    const secrets = this.#secrets.get(username);
    const [gid = user.uid, ...groups] = directory.groupsOf(user.uid);
    return {
      username,
      uid: user.uid,
      gid,
      fullName: user.full_name,
      home: user.home,
      shell: user.shell,
      groups: [gid, ...groups],
      password: user.password_disabled ? null : (secrets?.password ?? null),
      ...(secrets?.otpToken === undefined ? {} : { otpToken: secrets.otpToken }),
      locked: user.locked,
      roles: user.roles,
    };
  }

  /**
   * Makes a key for a user.
   *
   * @param expiresAt milliseconds since 1970; default: never.
   * @returns the text that a client sends, `<id>-<64 characters>`.
   */
  addKey(username: string, name: string, expiresAt: number | null = null): string {
    const { apiKeys } = this.#world.directory;
    const id = Math.max(0, ...apiKeys.map((key) => key.id)) + 1;
    const secret = keySecret();
    apiKeys.push({
      id,
      name,
      username,
      createdAt: this.#world.clock.now(),
      expiresAt,
      revoked: false,
      revokedReason: null,
    });
    this.#keys.set(id, secret);
    return `${id}-${secret}`;
  }

  /** The key of that id, whatever its state. */
  key(id: number): ApiKey | undefined {
    const listed = this.#world.directory.apiKeys.find((key) => key.id === id);
    const secret = this.#keys.get(id);
    return listed && secret !== undefined ? { ...listed, secret } : undefined;
  }

  /** The key whose text this is, whatever its state. */
  keyOf(text: string): ApiKey | undefined {
    const [, id, secret] = /^(\d+)-(.+)$/.exec(text) ?? [];
    const key = this.key(Number(id));
    return key?.secret === secret ? key : undefined;
  }

  /** Makes a key useless for good. */
  revoke(id: number, reason: string): void {
    const { apiKeys } = this.#world.directory;
    const index = apiKeys.findIndex((key) => key.id === id);
    const key = apiKeys[index];
    if (key) apiKeys[index] = { ...key, revoked: true, revokedReason: reason };
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
