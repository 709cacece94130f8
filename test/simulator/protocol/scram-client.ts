import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

// A client's side of SCRAM-SHA-512, written apart from the server's.

const hmac = (key: Buffer, text: string): Buffer => createHmac("sha512", key).update(text).digest();
const field = (message: string, name: string): string => new RegExp(`(?:^|,)${name}=([^,]*)`).exec(message)?.[1] ?? "";

export interface Handshake {
  readonly first: string;
  readonly nonce: Buffer;
  /** The final message, and the server's that proves it knows the key too. */
  answer(serverFirst: string): { readonly final: string; readonly expected: string };
}

/** @param binding hash of the certificate, to bind to the channel. */
export function handshake(username: string, key: string, binding?: Buffer): Handshake {
  const dash = key.indexOf("-");
  const nonce = randomBytes(32);
  const header = binding ? "p=tls-server-end-point,," : "n,,";
  const bare = `n=${username}:${key.slice(0, dash)},r=${nonce.toString("base64")}`;
  return {
    first: `${header}${bare}`,
    nonce,
    answer(serverFirst) {
      const salt = Buffer.from(field(serverFirst, "s"), "base64");
      const salted = pbkdf2Sync(key.slice(dash + 1), salt, Number(field(serverFirst, "i")), 64, "sha512");
      const clientKey = hmac(salted, "Client Key");
      const channel = Buffer.concat([Buffer.from(header), ...(binding ? [binding] : [])]).toString("base64");
      const withoutProof = `c=${channel},r=${field(serverFirst, "r")}`;
      const message = `${bare},${serverFirst},${withoutProof}`;
      const signature = hmac(createHash("sha512").update(clientKey).digest(), message);
      const proof = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] ?? 0))).toString("base64");
      const expected = `v=${hmac(hmac(salted, "Server Key"), message).toString("base64")}`;
      return { final: `${withoutProof},p=${proof}`, expected };
    },
  };
}
