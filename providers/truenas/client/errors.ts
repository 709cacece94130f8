/** One finding of the NAS about the parameters of a call. */
export interface ValidationIssue {
  /** As the NAS says it, with a prefix that depends on the method: `pool_dataset_create.name`. Null: the whole call. */
  readonly attribute: string | null;
  /** `attribute` without its prefix, split: `["exclude", "0"]`. */
  readonly path: readonly string[];
  /** The last part of `attribute` that is a name and not an index: `name`, `exclude`. Null: the whole call. */
  readonly lastPart: string | null;
  readonly message: string;
  /** Linux error number, 22 (EINVAL) in most cases. */
  readonly errno: number;
}

/** Everything that the client throws. `host` names the NAS; the message is for the owner and holds no secret. */
export class TrueNasError extends Error {
  readonly host: string;
  constructor(host: string, message: string) {
    super(message);
    this.name = new.target.name;
    this.host = host;
  }
}

/** A setting cannot be used: malformed endpoint, fingerprint, certificate or key. Nothing was contacted. */
export class SettingsError extends TrueNasError {
  /** The setting as the configuration names it: `nas.tls.fingerprint`. */
  readonly setting: string;
  constructor(host: string, setting: string, problem: string) {
    super(host, `${setting}: ${problem}`);
    this.setting = setting;
  }
}

/** No conversation with the NAS could be started or kept. */
export class UnreachableError extends TrueNasError {
  readonly reason: string;
  /** False: it stays so until somebody changes the NAS. */
  readonly passing: boolean;
  constructor(host: string, reason: string, nextStep?: string, passing = true) {
    const step =
      nextStep ?? "Check that it is switched on, that nas.host names it, and that its web interface answers there.";
    super(host, `TrueNAS at ${host} cannot be reached: ${reason}. ${step}`);
    this.reason = reason;
    this.passing = passing;
  }
}

/** The certificate that the NAS presented is not trusted. Nothing secret was sent. */
export class CertificateError extends TrueNasError {
  /** SHA-256 of the certificate presented, `AB:CD:...`. */
  readonly fingerprint: string;
  readonly reason: string;
  constructor(host: string, fingerprint: string, reason: string, pinned?: string) {
    const step =
      pinned === undefined
        ? "Compare this with the certificate of the NAS (System > General Settings > GUI, or its console). " +
          "If it is the same, pin it in the configuration:"
        : `The configuration pins ${pinned}. If the certificate was renewed on purpose, pin the new one:`;
    super(
      host,
      `TrueNAS at ${host} presented a certificate that is not trusted: ${reason}. ` +
        `Its SHA-256 fingerprint is ${fingerprint}. ${step}\n  nas.tls.fingerprint: "${fingerprint}"`,
    );
    this.fingerprint = fingerprint;
    this.reason = reason;
  }
}

/** Why a login failed. */
export type AuthenticationFailure =
  /** Wrong key, wrong user, or a key of another user. */
  | "refused"
  /** The key is expired or revoked. */
  | "expired"
  /** The account may not use the API. */
  | "denied"
  /** The account is asked for a second factor. */
  | "second-factor"
  /** The node is the standby of a pair. */
  | "redirect"
  /** The server could not prove that it knows the key, or broke the protocol of the login. */
  | "server";

/** The login failed. It is never repeated: a wrong key does not become right, and the NAS limits the rate. */
export class AuthenticationError extends TrueNasError {
  readonly username: string;
  readonly failure: AuthenticationFailure;
  constructor(host: string, username: string, failure: AuthenticationFailure, explanation: string) {
    super(host, `TrueNAS at ${host} did not log in user "${username}": ${explanation}`);
    this.username = username;
    this.failure = failure;
  }
}

/** The NAS is older than what this client speaks. */
export class UnsupportedVersionError extends TrueNasError {
  readonly found: string;
  readonly required: string;
  constructor(host: string, found: string, required: string) {
    super(host, `TrueNAS at ${host} speaks API ${found}; ${required} or later is needed. Update the NAS first.`);
    this.found = found;
    this.required = required;
  }
}

/** A change was asked of a NAS that may only be read. Nothing was sent. */
export class ReadOnlyError extends TrueNasError {
  readonly method: string;
  /** The version that this provider does not know; undefined when the owner asked for reads only. */
  readonly version: string | undefined;
  constructor(host: string, method: string, version?: string) {
    const why =
      version === undefined
        ? `nas.readOnly is on for TrueNAS at ${host}, so it is only read. Set nas.readOnly: false in the configuration ` +
          "(readOnly of the Provider) to let changes through."
        : `TrueNAS at ${host} runs version ${version}, which is newer than this provider knows, ` +
          "so it is only read. Update homelab-storage to a version that supports it.";
    super(host, `${method} was not sent: ${why}`);
    this.method = method;
    this.version = version;
  }
}

/** The call would take away data, or what protects it, and destroy protection is on. Nothing was sent. */
export class DestroyProtectionError extends TrueNasError {
  readonly method: string;
  /** What the call would do, as "it destroys ...". */
  readonly reason: string;
  constructor(host: string, method: string, reason: string) {
    super(
      host,
      `${method} was not sent to TrueNAS at ${host}: ${reason}, and destroy protection is on. If that is meant, set ` +
        "nas.destroyProtection: false in the configuration (destroyProtection of the Provider) for one `up`, and take " +
        "it out again afterwards.",
    );
    this.method = method;
    this.reason = reason;
  }
}

/** The request is larger than the NAS accepts. Nothing was sent. */
export class RequestTooLargeError extends TrueNasError {
  readonly method: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes. */
  readonly limit: number;
  constructor(host: string, method: string, size: number, limit: number) {
    super(
      host,
      `${method} was not sent: the request has ${size} bytes and TrueNAS at ${host} closes the connection on more ` +
        `than ${limit}. Make its values shorter.`,
    );
    this.method = method;
    this.size = size;
    this.limit = limit;
  }
}

/** The NAS refused the parameters. */
export class ValidationError extends TrueNasError {
  readonly method: string;
  readonly issues: readonly ValidationIssue[];
  constructor(host: string, method: string, issues: readonly ValidationIssue[]) {
    const said = issues.map((issue) =>
      issue.attribute === null ? issue.message : `${issue.attribute}: ${issue.message}`,
    );
    super(host, `TrueNAS at ${host} refused ${method}: ${said.join("; ")}`);
    this.method = method;
    this.issues = issues;
  }
  /** The property that the first finding is about; null when it is about the whole call. */
  get lastPart(): string | null {
    return this.issues[0]?.lastPart ?? null;
  }
}

/** The NAS said positively that the object does not exist. */
export class NotFoundError extends TrueNasError {
  readonly method: string;
  readonly reason: string;
  constructor(host: string, method: string, reason: string) {
    super(host, `${method}: TrueNAS at ${host} says that it does not exist: ${reason}`);
    this.method = method;
    this.reason = reason;
  }
}

/** What the NAS told about a failed call. */
export interface CallFailure {
  readonly method: string;
  /** Linux error number, or above 200 one of TrueNAS's own. 14 (EFAULT) is the NAS's "something failed". */
  readonly errno: number;
  readonly errname: string;
  /** The NAS's own words. */
  readonly reason: string;
  readonly extra: unknown;
}

/** The call was understood and failed. */
export class CallFailedError extends TrueNasError implements CallFailure {
  readonly method: string;
  readonly errno: number;
  readonly errname: string;
  readonly reason: string;
  readonly extra: unknown;
  /** `suffix` ends the message and brings its own punctuation. */
  constructor(host: string, failure: CallFailure, suffix = "") {
    super(host, `${failure.method} failed on TrueNAS at ${host}: ${failure.reason}${suffix}`);
    this.method = failure.method;
    this.errno = failure.errno;
    this.errname = failure.errname;
    this.reason = failure.reason;
    this.extra = failure.extra;
  }
}

/** A job ran and did not succeed. */
export class JobFailedError extends CallFailedError {
  /** Known only when its progress was followed. Job numbers start again when the NAS reboots. */
  readonly jobId: number | undefined;
  constructor(host: string, failure: CallFailure, jobId: number | undefined) {
    super(host, failure, jobId === undefined ? "" : ` (job ${jobId}; the NAS lists it under Jobs)`);
    this.jobId = jobId;
  }
}

/** The NAS kept refusing for the number or the rate of calls. The call did not run. */
export class TooManyCallsError extends TrueNasError {
  readonly method: string;
  constructor(host: string, method: string, reason: string) {
    super(
      host,
      `${method} did not run: TrueNAS at ${host} refuses for too many calls (${reason}). ` +
        "Wait a minute, and check that no other client floods it.",
    );
    this.method = method;
  }
}

/** A read was not answered in time. */
export class TimeoutError extends TrueNasError {
  readonly method: string;
  /** Milliseconds. */
  readonly timeoutMs: number;
  constructor(host: string, method: string, timeoutMs: number) {
    super(
      host,
      `TrueNAS at ${host} did not answer ${method} within ${timeoutMs / 1000} s. It may be overloaded; try again.`,
    );
    this.method = method;
    this.timeoutMs = timeoutMs;
  }
}

/** A change was sent and its answer never came: it may or may not have happened. Look before you repeat it. */
export class UncertainError extends TrueNasError {
  readonly method: string;
  readonly reason: string;
  /** The NAS may still be at it, and carry it out at any later moment. */
  readonly pending: boolean;
  constructor(host: string, method: string, reason: string, pending = false) {
    const step = pending
      ? "may or may not have happened, and may still happen. Wait until the NAS answers again, then run the command again: " +
        "it looks first."
      : "may or may not have happened. Refresh to see what the NAS has now.";
    super(host, `${method} was sent to TrueNAS at ${host}, then ${reason}: it ${step}`);
    this.method = method;
    this.reason = reason;
    this.pending = pending;
  }
}

/** The caller or `close` ended the call. */
export class CancelledError extends TrueNasError {
  readonly method: string | undefined;
  /** Whether the request had left already; a change may then have happened. */
  readonly sent: boolean;
  constructor(host: string, method: string | undefined, sent: boolean) {
    const what = method ?? "The connection";
    super(host, `${what} was cancelled${sent ? `; it had been sent to TrueNAS at ${host} already` : ""}.`);
    this.method = method;
    this.sent = sent;
  }
}

/** Whether an error speaks of the NAS or the login as a whole, and not of one call. */
export function isAboutTheNas(error: unknown): error is TrueNasError {
  const kinds = [UnreachableError, CertificateError, AuthenticationError, UnsupportedVersionError];
  return kinds.some((kind) => error instanceof kind);
}
