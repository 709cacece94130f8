import { isIP } from "node:net";
import { SettingsError } from "./errors.ts";
import type { OnProgress } from "./jobs.ts";
import type { RailSettings } from "./rails/rails.ts";

/** How to reach one TrueNAS. */
export interface ClientSettings extends RailSettings {
  /** `host` or `host:port`; the port is 443 unless told. An IPv6 address with a port stands in brackets. */
  readonly endpoint: string;
  /** The user whom the API key belongs to. */
  readonly username: string;
  /** `<id>-<64 characters>`. Secret. */
  readonly apiKey: string;
  /** Certificates to trust (PEM) instead of those of the system. */
  readonly ca?: string;
  /**
   * SHA-256 of the one certificate to trust, 64 hexadecimal digits with or without colons. It alone decides: neither
   * issuer nor name nor expiry are looked at, and `ca` is not used.
   */
  readonly fingerprint?: string;
  /** Takes one line per warning or retry. Default: nobody. Lines hold no secret. */
  readonly log?: (line: string) => void;
  /** Asked at each call of a job that brings no `onProgress`: whom to tell. Default: nobody. */
  readonly progress?: () => OnProgress | undefined;
  /** File to which everything that is said over the wire is appended, without secrets. Default: none. */
  readonly wireLog?: string;
}

/** Waiting times, in milliseconds. */
export interface Timing {
  /** For each step of connecting: TLS, list of versions, WebSocket. */
  readonly connect: number;
  /** For the answer to an ordinary call. */
  readonly call: number;
  /** For the answer to a job. */
  readonly job: number;
  /** Between two keepalive pings. The NAS (25.10) cuts a connection that is silent for 60 s. */
  readonly keepalive: number;
  /** Before the first repetition of a call; doubled each time up to `retryMax`. */
  readonly retry: number;
  readonly retryMax: number;
  /** A first connection is tried this long, a lost one this long. */
  readonly firstConnection: number;
  readonly lostConnection: number;
  /** How long a failed attempt to connect answers further calls, so that a hundred resources do not wait one by one. */
  readonly coolDown: number;
  /** The NAS counts logins per this time. */
  readonly loginWindow: number;
  /** After the NAS refused a login for its rate. */
  readonly rateLimited: number;
  /** Age up to which a list that was read is used again. */
  readonly listAge: number;
  /** How long what ran when a connection was lost is given to come to its end (25.10 lets it finish). */
  readonly aftermath: number;
}

export const defaultTiming: Timing = {
  connect: 10_000,
  call: 120_000,
  job: 3_600_000,
  keepalive: 20_000,
  retry: 250,
  retryMax: 5_000,
  firstConnection: 5_000,
  lostConnection: 60_000,
  coolDown: 10_000,
  loginWindow: 60_000,
  rateLimited: 20_000,
  listAge: 60_000,
  aftermath: 2_000,
};

/** A parsed endpoint. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** As it stands in messages and in the Host header: without the port when that is 443. */
  readonly name: string;
}

/** Parses `host[:port]`. Throws SettingsError. */
export function parseEndpoint(endpoint: string): Target {
  const refuse = (problem: string) => new SettingsError(endpoint, "nas.endpoint", `"${endpoint}" ${problem}`);
  if (endpoint.includes("/")) {
    throw refuse('has a scheme or a path; write host or host:port, for example "10.10.10.20" (always TLS)');
  }
  const bare = isIP(endpoint) === 6;
  const match = bare ? null : /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s@?#]+))(?::(\d{1,5}))?$/.exec(endpoint);
  const host = bare ? endpoint : (match?.[1] ?? match?.[2]);
  if (host === undefined || (match?.[1] !== undefined && isIP(host) !== 6)) {
    throw refuse('is not an address; write host or host:port, for example "10.10.10.20"');
  }
  const port = Number(match?.[3] ?? 443);
  if (port < 1 || port > 65_535) throw refuse("has a port outside 1 to 65535");
  const shown = isIP(host) === 6 ? `[${host}]` : host;
  return { host, port, name: port === 443 ? shown : `${shown}:${port}` };
}

/** Writes a SHA-256 fingerprint as `AB:CD:...`. Throws SettingsError. */
export function normalizeFingerprint(host: string, fingerprint: string): string {
  const digits = fingerprint.trim().replaceAll(":", "").toUpperCase();
  if (!/^[0-9A-F]{64}$/.test(digits)) {
    const problem = `"${fingerprint}" is not a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons`;
    throw new SettingsError(host, "nas.tls.fingerprint", problem);
  }
  return digits.match(/../g)?.join(":") ?? digits;
}

/** The two parts of an API key. Throws SettingsError; the message does not show the key. */
export function parseApiKey(host: string, apiKey: string): { readonly id: number; readonly secret: string } {
  const match = /^(\d+)-(\S+)$/.exec(apiKey);
  if (match?.[1] === undefined || match[2] === undefined) {
    const problem =
      'it does not look like "<number>-<letters and digits>"; copy it again from the NAS or make a new one';
    throw new SettingsError(host, "truenasApiKey", problem);
  }
  return { id: Number(match[1]), secret: match[2] };
}
