import { CallError, errname, errno, type Issue, MatchNotFound, ValidationErrors } from "../errors.ts";
import type { ApiVersion } from "../method.ts";

/** Codes of JSON-RPC 2.0 and TrueNAS's own (truenas_api_client jsonrpc.py). */
export const code = {
  invalidJson: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  tooManyCalls: -32000,
  callError: -32001,
} as const;

/** `error` of an answer. */
export interface ErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: ErrorData;
}

/** What TrueNAS tells about an error. */
export interface ErrorData {
  readonly error: number;
  readonly errname: string;
  readonly reason: string;
  readonly trace: {
    readonly class: string;
    readonly formatted: string;
    readonly repr: string;
    readonly frames?: unknown[];
  } | null;
  readonly extra: unknown;
}

/** More than 20 calls at once on one connection. */
export class TooManyCalls extends Error {
  constructor(limit: number) {
    super(`Maximum number of concurrent calls (${limit}) has exceeded`);
    this.name = "TooManyCalls";
  }
}

/** Error number, text and details of whatever a method threw. */
export function describe(error: unknown): {
  errno: number;
  reason: string;
  extra: unknown;
  class: string;
  repr: string;
} {
  if (error instanceof ValidationErrors) {
    const extra: readonly Issue[] = error.issues;
    return { errno: errno.EINVAL, reason: error.message, extra, class: error.name, repr: `${error.name}()` };
  }
  if (error instanceof CallError) {
    const reason = `[${errname(error.errno)}] ${error.message}`;
    return {
      errno: error.errno,
      reason,
      extra: error.extra,
      class: "CallError",
      repr: `CallError('${error.message}')`,
    };
  }
  if (error instanceof MatchNotFound) {
    return {
      errno: errno.EINVAL,
      reason: "MatchNotFound()",
      extra: null,
      class: "MatchNotFound",
      repr: "MatchNotFound()",
    };
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return {
    errno: errno.EINVAL,
    reason: message || `${name}()`,
    extra: null,
    class: name,
    repr: `${name}('${message}')`,
  };
}

/** The error as the version shapes it: 25.10 adds stack frames to the trace. */
export function errorData(error: unknown, version: ApiVersion): ErrorData {
  const { errno: number, reason, extra, class: name, repr } = describe(error);
  const formatted = `Traceback (most recent call last):\n${name}: ${reason}\n`;
  const trace = { class: name, ...(version === "25.10" ? { frames: [] } : {}), formatted, repr };
  return { error: number, errname: errname(number), reason, trace, extra };
}

/** The `error` that answers a call. */
export function errorObject(error: unknown, version: ApiVersion): ErrorObject {
  if (error instanceof TooManyCalls) return { code: code.tooManyCalls, message: error.message };
  const data = errorData(error, version);
  if (error instanceof ValidationErrors) return { code: code.invalidParams, message: "Invalid params", data };
  return { code: code.callError, message: "Method call error", data };
}
