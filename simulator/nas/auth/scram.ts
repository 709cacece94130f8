import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

// SCRAM-SHA-512 (RFC 5802) as TrueNAS 26 speaks it: the server's nonce is the base64 of the client's 32 bytes followed by 32 of its own,
// so it does not start with the text of the client's nonce.

const derive = promisify(pbkdf2);
const digest = "sha512";
const keyLength = 64;
const nonceLength = 32;

const hmac = (key: Buffer, text: string): Buffer => createHmac(digest, key).update(text).digest();

/** What the server keeps of a key, instead of the key. */
export interface ScramKeys {
  readonly salt: Buffer;
  readonly iterations: number;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** Derives the stored keys from a secret; slow by design. */
export async function deriveKeys(secret: string, iterations: number): Promise<ScramKeys> {
  const salt = randomBytes(16);
  const salted = await derive(secret, salt, iterations, keyLength, digest);
  const storedKey = createHash(digest).update(hmac(salted, "Client Key")).digest();
  return { salt, iterations, storedKey, serverKey: hmac(salted, "Server Key") };
}

/** A client's first message, taken apart. */
export interface ClientFirst {
  readonly header: string;
  readonly binding: string | undefined;
  readonly bare: string;
  readonly username: string;
  /** Id of the API key; undefined when the name carries none. */
  readonly keyId: number | undefined;
  readonly nonce: Buffer;
}

/** @returns undefined when the text is no first message. */
export function parseClientFirst(text: string): ClientFirst | undefined {
  const match = /^((?:n|y|p=([^,]+)),(?:a=[^,]*)?,)(n=([^,]*),r=([^,]+))$/.exec(text);
  const [, header, binding, bare, name, nonceText] = match ?? [];
  if (header === undefined || bare === undefined || name === undefined || nonceText === undefined) return undefined;
  const nonce = Buffer.from(nonceText, "base64");
  if (nonce.length !== nonceLength) return undefined;
  const [, username = name, keyId] = /^(.*):(\d+)$/.exec(name) ?? [];
  return {
    header,
    binding,
    bare,
    username: username.replaceAll("=2C", ",").replaceAll("=3D", "="),
    keyId: keyId === undefined ? undefined : Number(keyId),
    nonce,
  };
}

/** One handshake, from the first message to the last. */
export class ScramExchange {
  readonly first: ClientFirst;
  readonly keys: ScramKeys;
  readonly serverFirst: string;
  readonly #nonce: string;

  constructor(first: ClientFirst, keys: ScramKeys) {
    this.first = first;
    this.keys = keys;
    this.#nonce = Buffer.concat([first.nonce, randomBytes(nonceLength)]).toString("base64");
    this.serverFirst = `r=${this.#nonce},s=${keys.salt.toString("base64")},i=${keys.iterations}`;
  }

  /**
   * Judges the client's final message.
   *
   * @param endPoint hash of the server's certificate, for a client that binds to the channel.
   * @returns the server's final message, or undefined when the proof is wrong.
   */
  finish(text: string, endPoint: Buffer | undefined): string | undefined {
    const [, withoutProof, channel, nonce, proofText] = /^(c=([^,]+),r=([^,]+)),p=([^,]+)$/.exec(text) ?? [];
    if (withoutProof === undefined || channel === undefined || proofText === undefined || nonce !== this.#nonce)
      return undefined;
    const header = Buffer.from(this.first.header);
    const expected = this.first.binding === undefined ? header : endPoint && Buffer.concat([header, endPoint]);
    if (expected?.toString("base64") !== channel) return undefined;
    const message = `${this.first.bare},${this.serverFirst},${withoutProof}`;
    const signature = hmac(this.keys.storedKey, message);
    const proof = Buffer.from(proofText, "base64");
    if (proof.length !== signature.length) return undefined;
    const clientKey = Buffer.from(proof.map((byte, i) => byte ^ (signature[i] ?? 0)));
    const storedKey = createHash(digest).update(clientKey).digest();
    if (!timingSafeEqual(storedKey, this.keys.storedKey)) return undefined;
    return `v=${hmac(this.keys.serverKey, message).toString("base64")}`;
  }
}
