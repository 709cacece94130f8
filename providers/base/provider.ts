import type { Properties } from "./values.ts";

/** One reason why an input is refused; `property` is a property path such as `schedule.hour`. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

export interface CheckResult {
  readonly inputs: Properties;
  readonly failures?: readonly CheckFailure[];
}

export type PropertyDiffKind = "add" | "delete" | "update";

export interface PropertyDiff {
  readonly kind: PropertyDiffKind;
  readonly replace?: boolean;
  /** True when the owner changed an input, false when the real object drifted from it. */
  readonly inputDiff: boolean;
}

export interface DiffResult {
  /** Property path -> what happens to it. Empty: nothing changes. */
  readonly paths: ReadonlyMap<string, PropertyDiff>;
  readonly deleteBeforeReplace?: boolean;
}

export interface ResourceRequest {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
}

export interface OperationRequest extends ResourceRequest {
  /** Ends when the engine cancels or the resource's own timeout is over. */
  readonly signal: AbortSignal;
}

export interface CreateRequest extends OperationRequest {
  readonly inputs: Properties;
  readonly preview: boolean;
}

export interface UpdateRequest extends OperationRequest {
  readonly id: string;
  readonly state: Properties;
  readonly inputs: Properties;
  readonly oldInputs: Properties;
  readonly preview: boolean;
}

export interface ReadRequest extends OperationRequest {
  readonly id: string;
  /** Empty on import. */
  readonly state: Properties;
  /** Empty on import. */
  readonly inputs: Properties;
}

export interface DeleteRequest extends OperationRequest {
  readonly id: string;
  readonly state: Properties;
  readonly oldInputs: Properties;
}

export interface ResourceState {
  readonly id: string;
  readonly state: Properties;
}

export interface CheckRequest extends ResourceRequest {
  readonly oldInputs: Properties;
  readonly inputs: Properties;
}

export interface DiffRequest extends ResourceRequest {
  readonly id: string;
  readonly state: Properties;
  readonly oldInputs: Properties;
  readonly inputs: Properties;
  readonly ignoreChanges: readonly string[];
}

/** What a plugin does; `serve` speaks gRPC for it. Values arrive without secret wrappings and may hold unknowns. */
export interface Provider {
  readonly version: string;
  /** Properties of its own configuration that are stored encrypted, whatever came in. Default: none. */
  readonly secretConfig?: readonly string[];
  /** Inputs and outputs of a type that are stored encrypted, whatever came in. Default: none. */
  secretProperties?(type: string): readonly string[];
  /** The package schema as JSON. */
  schema(): string;
  checkConfig(inputs: Properties): CheckResult;
  diffConfig(request: DiffRequest): DiffResult;
  configure(inputs: Properties, urn: string | undefined): void;
  check(request: CheckRequest): CheckResult;
  diff(request: DiffRequest): DiffResult;
  create(request: CreateRequest): Promise<ResourceState>;
  /** `undefined` only when the object positively does not exist. */
  read(request: ReadRequest): Promise<(ResourceState & { readonly inputs: Properties }) | undefined>;
  update(request: UpdateRequest): Promise<Properties>;
  delete(request: DeleteRequest): Promise<void>;
  invoke(token: string, args: Properties, signal: AbortSignal): Promise<Properties>;
  /** The engine is about to end the process: stop waiting, close connections, log nothing. */
  cancel(): void;
}

export type LogSeverity = "debug" | "info" | "warning" | "error";

/** Writes a line on a resource's row, or on the run's own when no URN is given. */
export type EngineLog = (
  severity: LogSeverity,
  message: string,
  urn?: string,
  options?: { readonly ephemeral?: boolean },
) => void;
