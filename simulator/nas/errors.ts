/** Numbers and names as Linux and TrueNAS have them (TrueNAS middleware service_exception.py). */
export const errno = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  EAGAIN: 11,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENOSPC: 28,
  EROFS: 30,
  ENOTEMPTY: 39,
  ENOTSUP: 95,
  ETIMEDOUT: 110,
  EDQUOT: 122,
  ECANCELED: 125,
  ENOMETHOD: 201,
  ESERVICESTARTFAILURE: 202,
  EALERTCHECKERUNAVAILABLE: 203,
  EREMOTENODEERROR: 204,
  EDATASETISLOCKED: 205,
  EINVALIDRRDTIMESTAMP: 206,
  ENOTAUTHENTICATED: 207,
  ESSLCERTVERIFICATIONERROR: 208,
} as const;

const names = new Map<number, string>(Object.entries(errno).map(([name, number]) => [number, name]));

/** The name of an error number, for example 2 -> "ENOENT". */
export const errname = (number: number): string => names.get(number) ?? "EUNKNOWN";

/** One finding about the parameters: attribute (null when it concerns the whole call), message, errno. */
export type Issue = readonly [attribute: string | null, message: string, errno: number];

/** The parameters are refused: -32602, whatever the reason. */
export class ValidationErrors extends Error {
  readonly issues: readonly Issue[];
  constructor(issues: readonly Issue[]) {
    super(
      issues
        .map(([attribute, message, number]) => `[${errname(number)}] ${attribute ?? "None"}: ${message}\n`)
        .join(""),
    );
    this.name = "ValidationErrors";
    this.issues = issues;
  }
}

/** A single finding; errno 22 (EINVAL) unless told. */
export const invalid = (attribute: string | null, message: string, number: number = errno.EINVAL): ValidationErrors =>
  new ValidationErrors([[attribute, message, number]]);

/** A row that does not exist. It travels as a validation error whose only issue has errno 2. */
export class InstanceNotFound extends ValidationErrors {
  constructor(message: string) {
    super([[null, message, errno.ENOENT]]);
    this.name = "InstanceNotFound";
    this.message = this.message.trimEnd();
  }
}

/** The call was understood and failed: -32001 with an error number, by default EFAULT (14). */
export class CallError extends Error {
  readonly errno: number;
  readonly extra: unknown;
  constructor(message: string, number: number = errno.EFAULT, extra: unknown = null) {
    super(message);
    this.name = "CallError";
    this.errno = number;
    this.extra = extra;
  }
}

/** `query` with `get: true` met no row: -32001, error 22, class MatchNotFound. */
export class MatchNotFound extends Error {
  constructor() {
    super("");
    this.name = "MatchNotFound";
  }
}

/** What get_instance, update and delete answer for an unknown id, for example notFound("PoolDataset", "tank/x"). */
export const notFound = (name: string, id: unknown): InstanceNotFound =>
  new InstanceNotFound(`${name} ${String(id)} does not exist`);
