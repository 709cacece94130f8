import { randomBytes } from "node:crypto";
import type { Credential } from "./credential.ts";

/** A token of auth.generate_token. It lives as long as it is used, and dies with the boot. */
export interface Token {
  readonly text: string;
  readonly parent: Credential;
  readonly ttlMs: number;
  /** Tokens with attributes serve file transfers and log nobody in. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Address that may use it; null for any. */
  readonly origin: string | null;
  readonly singleUse: boolean;
  usedAt: number;
}

export class Tokens {
  readonly #now: () => number;
  readonly #tokens = new Map<string, Token>();

  constructor(now: () => number) {
    this.#now = now;
  }

  create(token: Omit<Token, "text" | "usedAt">): Token {
    const made: Token = { ...token, text: randomBytes(48).toString("base64url"), usedAt: this.#now() };
    this.#tokens.set(made.text, made);
    return made;
  }

  /** The valid token of that text for a client at that address. */
  find(text: string, address: string): Token | undefined {
    const token = this.#tokens.get(text);
    if (!token) return undefined;
    if (!this.valid(token)) {
      this.#tokens.delete(text);
      return undefined;
    }
    return token.origin === null || token.origin === address ? token : undefined;
  }

  valid(token: Token): boolean {
    return this.#tokens.has(token.text) && this.#now() < token.usedAt + token.ttlMs;
  }

  use(token: Token): void {
    token.usedAt = this.#now();
  }

  destroy(token: Token): void {
    this.#tokens.delete(token.text);
  }

  clear(): void {
    this.#tokens.clear();
  }
}
