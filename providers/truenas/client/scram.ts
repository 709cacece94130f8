import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

// SCRAM-SHA-512 (RFC 5802) as TrueNAS 26 speaks it: no channel binding, the user name carries the number of the key, and
// nonces are bytes in base64 whose continuity holds for the bytes, not for the text.

const derive = promisify(pbkdf2);
const nonceBytes = 32;
const minIterations = 50_000;
const maxIterations = 5_000_000;
/** base64 of `n,,`: no channel binding, no other identity. */
const noBinding = "biws";

/** The other side broke the protocol or could not prove that it knows the key. */
export class ScramError extends Error {}

/** What the client sends second, and the check of what comes back. */
export interface ScramProof {
  readonly clientFinal: string;
  /** Throws ScramError unless the server proves with this message that it knows the key. */
  verify(serverFinal: string): void;
}

/** One login. */
export interface ScramExchange {
  readonly clientFirst: string;
  /** Answers the server's first message. Throws ScramError. */
  prove(serverFirst: string): Promise<ScramProof>;
}

const hmac = (key: Buffer, text: string): Buffer => createHmac("sha512", key).update(text).digest();
const xor = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, i) => byte ^ (b[i] ?? 0)));
const escapeName = (name: string): string => name.normalize("NFKC").replaceAll("=", "=3D").replaceAll(",", "=2C");

function attributes(message: string, expected: string): string[] {
  const parts = message.split(",");
  const values = parts.map((part, i) => (part.startsWith(`${expected[i]}=`) ? part.slice(2) : ""));
  if (parts.length !== expected.length || values.includes("")) {
    throw new ScramError("it sent a malformed message");
  }
  return values;
}

function readServerFirst(message: string, clientNonce: Buffer) {
  const [nonce = "", salt = "", count = ""] = attributes(message, "rsi");
  const combined = Buffer.from(nonce, "base64");
  const own = combined.subarray(0, clientNonce.length);
  if (combined.length <= clientNonce.length || !timingSafeEqual(own, clientNonce)) {
    throw new ScramError("it did not continue our nonce");
  }
  const iterations = /^\d{1,8}$/.test(count) ? Number(count) : 0;
  if (iterations < minIterations || iterations > maxIterations) {
    throw new ScramError(`it asked for ${count.slice(0, 20)} iterations, outside ${minIterations} to ${maxIterations}`);
  }
  return { nonce, salt: Buffer.from(salt, "base64"), iterations };
}

/** Starts a login with the key number `keyId` whose text after the number is `secret`. The nonce is given by tests only. */
export function startScram(
  username: string,
  keyId: number,
  secret: string,
  clientNonce: Buffer = randomBytes(nonceBytes),
): ScramExchange {
  const bare = `n=${escapeName(username)}:${keyId},r=${clientNonce.toString("base64")}`;
  return {
    clientFirst: `n,,${bare}`,
    async prove(serverFirst) {
      const { nonce, salt, iterations } = readServerFirst(serverFirst, clientNonce);
      const salted = await derive(secret, salt, iterations, 64, "sha512");
      const clientKey = hmac(salted, "Client Key");
      const storedKey = createHash("sha512").update(clientKey).digest();
      const withoutProof = `c=${noBinding},r=${nonce}`;
      const message = `${bare},${serverFirst},${withoutProof}`;
      const proof = xor(clientKey, hmac(storedKey, message));
      const expected = hmac(hmac(salted, "Server Key"), message);
      return {
        clientFinal: `${withoutProof},p=${proof.toString("base64")}`,
        verify(serverFinal) {
          const [signature = ""] = attributes(serverFinal, "v");
          const given = Buffer.from(signature, "base64");
          if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
            throw new ScramError("it does not know the key (wrong server signature)");
          }
        },
      };
    },
  };
}
