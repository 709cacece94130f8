/** What a file operation can fail with, by the name that Linux gives it. */
export type PosixCode =
  | "EACCES"
  | "ECONNREFUSED"
  | "EDQUOT"
  | "EEXIST"
  | "EINVAL"
  | "EISDIR"
  | "ENOENT"
  | "ENOSPC"
  | "ENOTDIR"
  | "ENOTEMPTY"
  | "EPERM"
  | "EPROTONOSUPPORT"
  | "EROFS";

const numbers: Readonly<Record<PosixCode, number>> = {
  EPERM: 1,
  ENOENT: 2,
  EACCES: 13,
  EEXIST: 17,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENOSPC: 28,
  EROFS: 30,
  ENOTEMPTY: 39,
  EPROTONOSUPPORT: 93,
  ECONNREFUSED: 111,
  EDQUOT: 122,
};

/** A failed file operation: `code` is the name (`EACCES`), `errno` the Linux number. */
export class PosixError extends Error {
  readonly code: PosixCode;
  readonly errno: number;

  constructor(code: PosixCode, message: string) {
    super(`${code}: ${message}`);
    this.name = "PosixError";
    this.code = code;
    this.errno = numbers[code];
  }
}
