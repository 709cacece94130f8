import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { connect, getCACertificates, type TLSSocket } from "node:tls";
import { CancelledError, CertificateError, SettingsError, UnreachableError } from "./errors.ts";
import { type ClientSettings, normalizeFingerprint, type Target } from "./settings.ts";

/** Which certificates are trusted: one by its fingerprint, those of a CA, or those that the system trusts. */
export type Trust =
  | { readonly kind: "pin"; readonly fingerprint: string }
  | { readonly kind: "ca"; readonly ca: string }
  | { readonly kind: "system" };

/** Reads the trust from the settings. Throws SettingsError. */
export function trustOf(settings: ClientSettings, host: string): Trust {
  if (settings.fingerprint !== undefined) {
    return { kind: "pin", fingerprint: normalizeFingerprint(host, settings.fingerprint) };
  }
  if (settings.ca === undefined) return { kind: "system" };
  try {
    new X509Certificate(settings.ca);
  } catch {
    throw new SettingsError(host, "nas.tls.ca", 'it is not a certificate in PEM form ("-----BEGIN CERTIFICATE-----")');
  }
  return { kind: "ca", ca: settings.ca };
}

function authorities(trust: Trust): string[] | undefined {
  if (trust.kind === "ca") return [trust.ca];
  // Node's own list does not hold what an owner added to the system.
  if (trust.kind === "system") return [...new Set([...getCACertificates("default"), ...getCACertificates("system")])];
  return undefined;
}

const certificateReasons: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "it is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "its issuer is not among the trusted authorities",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its issuer is not among the trusted authorities",
  UNABLE_TO_GET_ISSUER_CERT: "its issuer is not among the trusted authorities",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its issuer is not among the trusted authorities",
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet (compare the clocks)",
  ERR_TLS_CERT_ALTNAME_INVALID: "it was issued for another name",
};

/** Throws CertificateError unless the certificate that the other side presented is trusted. */
function verify(socket: TLSSocket, target: Target, trust: Trust): void {
  const presented = socket.getPeerCertificate().fingerprint256 ?? "none";
  if (trust.kind === "pin") {
    if (presented === trust.fingerprint) return;
    throw new CertificateError(target.name, presented, "it is not the pinned one", trust.fingerprint);
  }
  if (socket.authorized) return;
  // Declared as Error, in truth the code as a string.
  const code = String(socket.authorizationError);
  throw new CertificateError(target.name, presented, certificateReasons[code] ?? code);
}

const networkReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there (connection refused)",
  ECONNRESET: "the connection was reset",
  EHOSTUNREACH: "there is no route to it",
  ENETUNREACH: "its network is not reachable from here",
  ENOTFOUND: "its name is not known",
  EAI_AGAIN: "its name could not be looked up",
  ETIMEDOUT: "it does not answer",
};

/** An error of the network as an UnreachableError. */
export function unreachable(target: Target, error: NodeJS.ErrnoException): UnreachableError {
  const code = error.code ?? "";
  if (code.startsWith("ERR_SSL_") || code === "EPROTO") {
    const step = "The API key is only sent encrypted: enable HTTPS on the NAS and give its HTTPS port.";
    return new UnreachableError(target.name, "it answers, but not with TLS", step);
  }
  return new UnreachableError(target.name, networkReasons[code] ?? error.message);
}

/**
 * Opens a TLS connection and returns it once the certificate is trusted; until then nothing is written but the TLS
 * handshake. Throws UnreachableError, CertificateError or CancelledError.
 */
export function openTrusted(target: Target, trust: Trust, timeoutMs: number, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new CancelledError(target.name, undefined, false));
      return;
    }
    const ca = authorities(trust);
    const socket = connect({
      host: target.host,
      port: target.port,
      ALPNProtocols: ["http/1.1"],
      // Not trust without checks: `verify` decides, because it can also name what was presented.
      rejectUnauthorized: false,
      ...(ca === undefined ? {} : { ca }),
      ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
    });
    const finish = (error?: Error): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      if (error === undefined) {
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(error);
    };
    const abort = (): void => finish(new CancelledError(target.name, undefined, false));
    const closed = (): void =>
      finish(new UnreachableError(target.name, "it closed the connection during the handshake"));
    const timer = setTimeout(
      () => finish(new UnreachableError(target.name, `it does not answer within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    signal.addEventListener("abort", abort, { once: true });
    // Stays: an error after the hand-over is also told by the close of whoever has the socket then.
    socket.on("error", (error) => finish(unreachable(target, error)));
    socket.once("close", closed);
    socket.once("secureConnect", () => {
      socket.removeListener("close", closed);
      try {
        verify(socket, target, trust);
        finish();
      } catch (error) {
        finish(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}
