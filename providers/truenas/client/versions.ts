import { request } from "node:http";
import type { TLSSocket } from "node:tls";
import { UnreachableError, UnsupportedVersionError } from "./errors.ts";
import type { Target } from "./settings.ts";
import { unreachable } from "./trust.ts";

/** The version of the API that a NAS speaks. */
export interface ApiVersionInfo {
  /** `25.10`, `26.0`. */
  readonly name: string;
  /** `25.10.5`. */
  readonly full: string;
  /** How to log in. */
  readonly login: "api-key" | "scram";
  /** True for a version newer than what this client was made for: it is read and never changed. */
  readonly readOnly: boolean;
}

const oldest: readonly number[] = [25, 10];
const newestMajor = 26;
const maxAnswer = 65_536;

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The newest of the versions that a NAS offers, and what follows from it. Throws UnsupportedVersionError. */
export function chooseVersion(host: string, offered: readonly string[]): ApiVersionInfo {
  const known = offered
    .flatMap((text) => /^v(\d+(?:\.\d+)+)$/.exec(text)?.[1] ?? [])
    .map((full) => ({ full, parts: full.split(".").map(Number) }))
    .sort((a, b) => compare(b.parts, a.parts));
  const newest = known[0];
  if (newest === undefined || compare(newest.parts, oldest) < 0) {
    throw new UnsupportedVersionError(host, newest?.full ?? "of an unknown version", "25.10");
  }
  const major = newest.parts[0] ?? 0;
  return {
    name: newest.full.split(".").slice(0, 2).join("."),
    full: newest.full,
    login: major >= 26 ? "scram" : "api-key",
    readOnly: major > newestMajor,
  };
}

function parseVersions(target: Target, status: number | undefined, body: string): string[] {
  // Releases before 25.04 have no such list.
  if (status === 404) throw new UnsupportedVersionError(target.name, "of an unknown, old version", "25.10");
  const wrong = (what: string) =>
    new UnreachableError(
      target.name,
      `${what} when asked for its API versions`,
      "Check that this is a TrueNAS that has started up.",
    );
  if (status !== 200) throw wrong(`it answered with HTTP status ${status}`);
  let list: unknown;
  try {
    list = JSON.parse(body);
  } catch {
    throw wrong("it did not answer with JSON");
  }
  if (!Array.isArray(list)) throw wrong("it did not answer with a list");
  return list.filter((item) => typeof item === "string");
}

/** `GET /api/versions` over a connection that is trusted already; the connection is used up. */
export function fetchVersions(
  socket: TLSSocket,
  target: Target,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    // The `timeout` of a request reaches only sockets that the request itself opens.
    const overdue = `it does not answer within ${timeoutMs / 1000} s`;
    const timer = setTimeout(() => fail(new UnreachableError(target.name, overdue)), timeoutMs);
    const get = request({
      createConnection: () => socket,
      path: "/api/versions",
      headers: { host: target.name, accept: "application/json", connection: "close" },
      signal,
    });
    get.on("error", (error) => fail(unreachable(target, error)));
    get.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
        if (body.length > maxAnswer) fail(new UnreachableError(target.name, "its list of API versions is too long"));
      });
      response.on("error", (error) => fail(unreachable(target, error)));
      response.on("end", () => {
        clearTimeout(timer);
        socket.destroy();
        try {
          resolve(parseVersions(target, response.statusCode, body));
        } catch (error) {
          reject(error);
        }
      });
    });
    get.end();
  });
}
