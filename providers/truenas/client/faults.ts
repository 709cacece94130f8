import {
  CallFailedError,
  type CallFailure,
  JobFailedError,
  NotFoundError,
  type TrueNasError,
  ValidationError,
  type ValidationIssue,
} from "./errors.ts";
import { shortened } from "./scrub.ts";

/** JSON-RPC error codes that TrueNAS uses (TrueNAS middleware api/base/server/ws_handler/rpc.py). */
export const rpcCode = {
  tooManyCalls: -32_000,
  callError: -32_001,
  methodNotFound: -32_601,
  invalidParams: -32_602,
} as const;

/** Error numbers of the NAS that the client acts on. */
export const errno = {
  ENOENT: 2,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EINVAL: 22,
  ENOMETHOD: 201,
  ENOTAUTHENTICATED: 207,
} as const;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
/** Findings that a message lists. */
const mostIssues = 20;
const textOr = (value: unknown, fallback: string): string =>
  typeof value === "string" && value !== "" ? value : fallback;
const numberOr = (value: unknown, fallback: number): number => (typeof value === "number" ? value : fallback);

/** An error as the NAS answered it. Traces are dropped at once: on 25.10 they hold the arguments of the call. */
export class RpcFault extends Error {
  readonly code: number;
  readonly errno: number;
  readonly errname: string;
  readonly reason: string;
  /** The class of the exception on the NAS, for example `MatchNotFound`. */
  readonly className: string;
  readonly extra: unknown;

  constructor(error: unknown) {
    const outer = isRecord(error) ? error : {};
    const data = isRecord(outer["data"]) ? outer["data"] : {};
    const trace = isRecord(data["trace"]) ? data["trace"] : {};
    const reason = textOr(data["reason"], textOr(outer["message"], "it gave no reason")).trim();
    super(reason);
    this.name = "RpcFault";
    this.code = numberOr(outer["code"], 0);
    this.errno = numberOr(data["error"], this.code === rpcCode.methodNotFound ? errno.ENOMETHOD : errno.EFAULT);
    this.errname = textOr(data["errname"], this.code === rpcCode.methodNotFound ? "ENOMETHOD" : "EFAULT");
    this.reason = reason;
    this.className = textOr(trace["class"], "");
    this.extra = data["extra"] ?? null;
  }
}

function toIssue(entry: unknown, scrub: (text: string) => string): ValidationIssue {
  const [attribute, message, number] = Array.isArray(entry) ? entry : [];
  const name = typeof attribute === "string" ? scrub(attribute) : null;
  const path = name === null ? [] : name.split(".").slice(name.includes(".") ? 1 : 0);
  return {
    attribute: name,
    path,
    lastPart: path.findLast((part) => !/^\d+$/.test(part)) ?? null,
    message: scrub(textOr(message, "refused without a reason")),
    errno: numberOr(number, errno.EINVAL),
  };
}

/** Whether a finding says of the object itself that it does not exist; what cannot be understood says nothing. */
function saysGone(entry: unknown): boolean {
  return Array.isArray(entry) && entry[0] === null && typeof entry[1] === "string" && entry[2] === errno.ENOENT;
}

// A path that is not there is told by a call error here, and only these methods ask about nothing else.
const asksForPath = /^filesystem\.(stat|statfs|getacl|listdir)$/;

/** What the NAS answered, as the error for the caller. */
export function toError(
  fault: RpcFault,
  call: { readonly host: string; readonly method: string; readonly isJob: boolean; readonly jobId: number | undefined },
  scrubbing: (text: string) => string,
): TrueNasError {
  const { host, method } = call;
  // In this order: half a secret would not be known as one.
  const scrub = (text: string) => shortened(scrubbing(text));
  const reason = scrub(fault.reason);
  if (fault.code === rpcCode.invalidParams) {
    const found: readonly unknown[] =
      Array.isArray(fault.extra) && fault.extra.length > 0 ? fault.extra : [[null, reason, fault.errno]];
    const entries = found.slice(0, mostIssues);
    const issues = entries.map((entry) => toIssue(entry, scrub));
    // With an attribute, ENOENT is about a value of the request and not about the object itself.
    const gone = found.every(saysGone);
    return gone
      ? new NotFoundError(host, method, issues.map((issue) => issue.message).join("; "))
      : new ValidationError(host, method, issues);
  }
  if (fault.className === "MatchNotFound") return new NotFoundError(host, method, "no object matches");
  if (fault.code === rpcCode.callError && fault.errno === errno.ENOENT && asksForPath.test(method)) {
    return new NotFoundError(host, method, reason);
  }
  const failure: CallFailure = {
    method,
    errno: fault.errno,
    errname: scrub(fault.errname),
    reason,
    extra: fault.extra,
  };
  if (fault.code === rpcCode.methodNotFound)
    return new CallFailedError(host, failure, ". This TrueNAS does not know the method.");
  if (fault.errno === errno.EACCES) {
    return new CallFailedError(
      host,
      failure,
      ". The user of the API key may lack a role: check its privileges on the NAS.",
    );
  }
  return call.isJob ? new JobFailedError(host, failure, call.jobId) : new CallFailedError(host, failure);
}
