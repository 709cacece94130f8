import { newKeySecret } from "../world/api-key.ts";
import type { Password } from "../world/directory.ts";
import type { World } from "../world/world.ts";
import type { Account, ApiKey } from "./credential.ts";
import { deriveKeys, type ScramKeys } from "./scram.ts";

/** Who of the world's users may log in, and with which secrets. */
export class Accounts {
  readonly #world: World;
  readonly #iterations: number;
  /** By the key's secret. */
  readonly #scram = new Map<string, Promise<ScramKeys>>();

  /** @param iterations rounds of SCRAM's key derivation. */
  constructor(world: World, iterations: number) {
    this.#world = world;
    this.#iterations = iterations;
  }

  /** Lets a user of the world log in with a password. */
  setPassword(username: string, password: Password): void {
    this.#world.directory.passwords.set(username, password);
  }

  find(username: string): Account | undefined {
    const { directory } = this.#world;
    const user = directory.user(username);
    if (!user) return undefined;
    const secrets = directory.passwords.get(username);
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
      roles: directory.userRoles(user),
    };
  }

  /**
   * Makes a key for a user.
   *
   * @param expiresAt milliseconds since 1970; default: never.
   * @returns the text that a client sends, `<id>-<64 characters>`.
   */
  addKey(username: string, name: string, expiresAt: number | null = null): string {
    const { apiKeys, keySecrets } = this.#world.directory;
    const id = Math.max(0, ...apiKeys.map((key) => key.id)) + 1;
    const secret = newKeySecret();
    apiKeys.push({
      id,
      name,
      username,
      createdAt: this.#world.clock.now(),
      expiresAt,
      revoked: false,
      revokedReason: null,
    });
    keySecrets.set(id, secret);
    return `${id}-${secret}`;
  }

  /** The key of that id, whatever its state. */
  key(id: number): ApiKey | undefined {
    const listed = this.#world.directory.apiKeys.find((key) => key.id === id);
    const secret = this.#world.directory.keySecrets.get(id);
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
    const known = this.#scram.get(key.secret);
    if (known) return known;
    const derived = deriveKeys(key.secret, this.#iterations);
    this.#scram.set(key.secret, derived);
    return derived;
  }
}
