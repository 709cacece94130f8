import { createHash, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { generate } from "selfsigned";

/** The server's self-signed certificate. */
export interface Certificate {
  /** PEM. */
  readonly text: string;
  /** PEM of its private key. */
  readonly key: string;
  /** SHA-256, "AB:CD:...". */
  readonly fingerprint: string;
  /** What SCRAM's tls-server-end-point binds to (RFC 5929). */
  readonly endPoint: Buffer;
}

const yearMs = 365 * 24 * 3_600_000;

/** Makes a certificate for 127.0.0.1, localhost and the given names or addresses. */
export async function makeCertificate(names: readonly string[]): Promise<Certificate> {
  const all = [...new Set(["localhost", "127.0.0.1", ...names])];
  const altNames = all.map((name) => (isIP(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name }));
  const made = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    algorithm: "sha256",
    notAfterDate: new Date(Date.now() + yearMs),
    extensions: [
      // Trusted as its own authority, as a client does that pins it by its text.
      { name: "basicConstraints", cA: true },
      { name: "subjectAltName", altNames },
    ],
  });
  const parsed = new X509Certificate(made.cert);
  const endPoint = createHash("sha256").update(parsed.raw).digest();
  return { text: made.cert, key: made.private, fingerprint: parsed.fingerprint256, endPoint };
}
