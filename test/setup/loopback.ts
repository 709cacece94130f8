import dgram from "node:dgram";
import dns from "node:dns";
import net from "node:net";
import { afterEach, beforeEach, expect } from "vitest";

// Tests contact nothing but this machine. An attempt throws where it happens, and fails the test even when that is caught.
const attempts: string[] = [];

export function isLocal(host: string): boolean {
  if (host === "localhost" || host === "" || host === "::1" || host === "::") return true;
  return /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(host) || host === "0.0.0.0";
}

function allow(host: string, means: string): void {
  if (isLocal(host)) return;
  attempts.push(`${means} ${host}`);
  throw new Error(`a test must not contact ${host} (${means}); only loopback addresses are allowed`);
}

/** The host in the many forms of `connect`: (port, host), ({ port, host }), (path), or node's own packed argument list. */
export function hostOf(args: readonly unknown[]): string {
  const [first, second] = args;
  if (Array.isArray(first)) return hostOf(first);
  if (typeof first === "object" && first !== null) {
    const { path, host } = first as { path?: string; host?: string };
    return typeof path === "string" ? "" : (host ?? "");
  }
  // A string that is no port number is the path of a local socket.
  if (typeof first === "string" && Number.isNaN(Number(first))) return "";
  return typeof second === "string" ? second : "";
}

function guard<T extends object, K extends keyof T>(
  target: T,
  name: K,
  check: (args: readonly unknown[]) => void,
): void {
  const original = target[name] as (...args: unknown[]) => unknown;
  const guarded = function (this: unknown, ...args: unknown[]) {
    check(args);
    return original.apply(this, args);
  };
  target[name] = guarded as T[K];
}

guard(net.Socket.prototype, "connect", (args) => allow(hostOf(args), "connect"));
guard(dns, "lookup", ([name]) => allow(net.isIP(String(name)) === 0 ? String(name) : "", "lookup"));
guard(dns.promises, "lookup", ([name]) => allow(net.isIP(String(name)) === 0 ? String(name) : "", "lookup"));
guard(dgram.Socket.prototype, "connect", ([, address]) => allow(typeof address === "string" ? address : "", "connect"));
guard(dgram.Socket.prototype, "send", (args) => {
  const address = args.slice(1).find((arg) => typeof arg === "string");
  allow(typeof address === "string" ? address : "", "send");
});

beforeEach(() => {
  attempts.length = 0;
});

afterEach(() => {
  expect(attempts.splice(0), "connections to other machines").toEqual([]);
});
