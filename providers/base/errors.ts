import type { CheckFailure } from "./provider.ts";
import type { Properties } from "./values.ts";

/** gRPC status names that a plugin answers with; each tells the engine whether anything may have happened. */
export type StatusName =
  | "INVALID_ARGUMENT"
  | "FAILED_PRECONDITION"
  | "ALREADY_EXISTS"
  | "NOT_FOUND"
  | "PERMISSION_DENIED"
  | "UNAUTHENTICATED"
  | "UNAVAILABLE"
  | "DEADLINE_EXCEEDED"
  | "CANCELLED"
  | "UNIMPLEMENTED"
  | "UNKNOWN";

/** A failure that the user reads: the message is shown as it is, without a stack. */
export class ProviderError extends Error {
  override readonly name: string = "ProviderError";
  readonly status: StatusName;
  readonly failures: readonly CheckFailure[];

  constructor(status: StatusName, message: string, failures: readonly CheckFailure[] = []) {
    super(message);
    this.status = status;
    this.failures = failures;
  }
}

/** The object exists, but a later step failed: the engine keeps it in its state and the next run finishes it. */
export class HalfDoneError extends Error {
  override readonly name: string = "HalfDoneError";
  readonly id: string;
  readonly state: Properties;
  readonly inputs: Properties;
  /** Top-level names that the engine must store encrypted. */
  readonly secretKeys: ReadonlySet<string>;

  constructor(parts: {
    readonly id: string;
    readonly state: Properties;
    readonly inputs: Properties;
    readonly reason: string;
    readonly secretKeys?: ReadonlySet<string>;
  }) {
    super(parts.reason);
    this.id = parts.id;
    this.state = parts.state;
    this.inputs = parts.inputs;
    this.secretKeys = parts.secretKeys ?? new Set();
  }

  withSecretKeys(secretKeys: ReadonlySet<string>): HalfDoneError {
    const { id, state, inputs, message: reason } = this;
    return new HalfDoneError({ id, state, inputs, reason, secretKeys: new Set([...this.secretKeys, ...secretKeys]) });
  }
}
