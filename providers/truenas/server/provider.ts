import { AsyncLocalStorage } from "node:async_hooks";
import { HalfDoneError, ProviderError } from "../../base/errors.ts";
import type {
  CheckRequest,
  CheckResult,
  CreateRequest,
  DeleteRequest,
  DiffRequest,
  DiffResult,
  EngineLog,
  OperationRequest,
  Provider,
  ReadRequest,
  ResourceState,
  UpdateRequest,
} from "../../base/provider.ts";
import { isObject, type Properties, unknown } from "../../base/values.ts";
import { TrueNasClient } from "../client/client.ts";
import { isAboutTheNas, TrueNasError } from "../client/errors.ts";
import { scrubber } from "../client/scrub.ts";
import type { Timing } from "../client/settings.ts";
import { plainConfig, providerConfig, secretConfig } from "../config.ts";
import { functions } from "../functions/index.ts";
import { checkInputs, checkProperties } from "../resources/check.ts";
import { diffProperties } from "../resources/compare.ts";
import { importCommand, parseUrn, prepareImportCommand, type ResourceContext } from "../resources/context.ts";
import { converge, definitionOnly, readSame, remove, stateOf, update } from "../resources/converge.ts";
import { type AnyDefinition, type Live, secretProperties, traitsOf } from "../resources/definition.ts";
import { explain } from "../resources/explain.ts";
import { definitions } from "../resources/index.ts";
import { packageSchema } from "./schema.ts";

/** Names a file to which everything that is said to the NAS is appended, without secrets. */
const wireLogVariable = "HOMELAB_STORAGE_TRUENAS_LOG";

/** The TrueNAS provider: dispatches each request of the engine to the definition of its type. */
export class TrueNasProvider implements Provider {
  readonly version: string;
  readonly #log: EngineLog;
  readonly #timing: Partial<Timing>;
  readonly #definitions = new Map(definitions.map((definition) => [definition.type as string, definition]));
  readonly #takenBack = new Set<string>();
  /** Message -> the resource at which it was told. */
  readonly #told = new Map<string, string>();
  /** The resource that an operation is for, by its URN. */
  readonly #row = new AsyncLocalStorage<string>();
  #client: TrueNasClient | undefined;
  #urn: string | undefined;

  /** `timing` shortens the waiting times of tests. */
  constructor(version: string, log: EngineLog, timing: Partial<Timing> = {}) {
    this.version = version;
    this.#log = log;
    this.#timing = timing;
  }

  secretProperties(type: string): readonly string[] {
    return secretProperties(this.#definition(type));
  }

  readonly secretConfig: readonly string[] = secretConfig;

  schema(): string {
    return packageSchema(this.version);
  }

  checkConfig(given: Properties): CheckResult {
    // Nested values arrive as JSON text when they come from the stack configuration; ours are all plain.
    const { version: _version, pluginDownloadURL: _url, ...known } = given;
    return checkProperties(providerConfig.shape, plainConfig(known), secretConfig);
  }

  /** Only another NAS is another provider; a new address, key or certificate of the same one changes nothing below it. */
  diffConfig({ inputs, oldInputs }: DiffRequest): DiffResult {
    const changed = Object.keys(providerConfig.shape).filter((key) => inputs[key] !== oldInputs[key]);
    const paths = changed.map((key) => {
      const kind = oldInputs[key] === undefined ? "add" : inputs[key] === undefined ? "delete" : "update";
      return [key, { kind, inputDiff: true, ...(key === "host" ? { replace: true } : {}) }] as const;
    });
    return { paths: new Map(paths) };
  }

  configure(inputs: Properties, urn: string | undefined): void {
    const config = providerConfig.parse(plainConfig(inputs));
    this.#urn = urn;
    this.#client?.close().catch(() => undefined);
    const wireLog = process.env[wireLogVariable];
    const settings = {
      endpoint: config.endpoint ?? config.host,
      username: config.username,
      apiKey: config.apiKey,
      ...(config.ca === undefined ? {} : { ca: config.ca }),
      ...(config.fingerprint === undefined ? {} : { fingerprint: config.fingerprint }),
      readOnly: config.readOnly ?? false,
      destroyProtection: config.destroyProtection ?? true,
      ...(wireLog ? { wireLog } : {}),
      // A retry is told where it happened, the connection's own troubles on the row that met them first.
      log: (line: string) => this.#log("warning", line, this.#row.getStore()),
      progress: () => {
        const urn = this.#row.getStore();
        return urn === undefined ? undefined : (percent: number, text: string) => this.#progress(urn, percent, text);
      },
    };
    this.#client = new TrueNasClient(settings, this.#timing);
  }

  check({ type, oldInputs, inputs }: CheckRequest): CheckResult {
    return checkInputs(this.#definition(type), oldInputs, inputs);
  }

  diff(request: DiffRequest): DiffResult {
    return diffProperties(this.#definition(request.type), request);
  }

  create(request: CreateRequest): Promise<ResourceState> {
    return this.#run(request, (definition, context) => converge(definition, context, request));
  }

  update(request: UpdateRequest): Promise<Properties> {
    return this.#run(request, (definition, context) => update(definition, context, request));
  }

  read(request: ReadRequest): Promise<(ResourceState & { inputs: Properties }) | undefined> {
    return this.#run(request, async (definition, context) => {
      const live = await readSame(definition, context, request.id, { ...request.inputs, ...request.state });
      if (!live) return undefined;
      const imported = Object.keys(request.inputs).length === 0;
      const known = imported ? checkInputs(definition, {}, pick(live.inputs, live.explicit)).inputs : request.inputs;
      const managed = imported ? live.explicit : Object.keys(request.inputs);
      const inputs = {
        ...definitionOnly(definition, known),
        ...managedInputs(definition, live, managed, request.inputs),
      };
      return { id: live.id, state: stateOf(definition, live, known, request.state), inputs };
    });
  }

  delete(request: DeleteRequest): Promise<void> {
    return this.#run(request, (definition, context) => remove(definition, context, request));
  }

  async invoke(token: string, args: Properties, signal: AbortSignal): Promise<Properties> {
    const definition = functions.find((fn) => fn.token === token);
    if (!definition) throw new ProviderError("UNIMPLEMENTED", `the TrueNAS provider has no function ${token}`);
    const { inputs, failures } = checkProperties(definition.inputs.shape, args);
    if (failures.length > 0) {
      throw new ProviderError(
        "INVALID_ARGUMENT",
        failures.map(({ property, reason }) => `${property} ${reason}`).join("; "),
        failures,
      );
    }
    try {
      return await definition.run(this.#nas(), inputs, signal);
    } catch (error) {
      throw error instanceof TrueNasError ? new ProviderError("UNKNOWN", error.message) : error;
    }
  }

  cancel(): void {
    this.#client?.close().catch(() => undefined);
  }

  #definition(type: string): AnyDefinition {
    const definition = this.#definitions.get(type);
    if (definition) return definition;
    throw new ProviderError("UNIMPLEMENTED", `the TrueNAS provider has no resource ${type}`);
  }

  #nas(): TrueNasClient {
    if (this.#client) return this.#client;
    throw new ProviderError(
      "FAILED_PRECONDITION",
      "the TrueNAS provider is not configured: give each resource a Provider with host, username and apiKey",
    );
  }

  async #run<T>(
    request: OperationRequest,
    body: (definition: AnyDefinition, context: ResourceContext) => Promise<T>,
  ): Promise<T> {
    const definition = this.#definition(request.type);
    const scrub = scrubber(secretValues(definition, request));
    const context = this.#context(request, scrub);
    try {
      return await this.#row.run(request.urn, () => body(definition, context));
    } catch (error) {
      throw this.#sayOnce(error, scrubbed(explain(error, definition, context), scrub), request.name);
    }
  }

  /** What is wrong with the NAS itself is met by every resource; the whole text is told once, the others point at it. */
  #sayOnce<E extends Error>(error: unknown, explained: E, name: string): E | ProviderError {
    if (!isAboutTheNas(error) || !(explained instanceof ProviderError)) return explained;
    const first = this.#told.get(error.message);
    if (first === undefined) this.#told.set(error.message, name);
    if (first === undefined || first === name) return explained;
    return new ProviderError(explained.status, `the NAS cannot be used, for the reason told at ${first}`);
  }

  #progress(urn: string, percent: number, description: string): void {
    this.#log("info", `${Math.round(percent)} % ${description}`, urn, { ephemeral: true });
  }

  #context({ urn, name, type, signal }: OperationRequest, scrub: (text: string) => string): ResourceContext {
    const { project, stack } = parseUrn(urn);
    return {
      nas: this.#nas(),
      urn,
      name,
      project,
      stack,
      signal,
      log: (severity, message) => this.#log(severity, scrub(message), urn),
      progress: (percent, description) => this.#progress(urn, percent, description),
      importCommand: (id) => importCommand(urn, type, id, this.#urn),
      prepareImport: () => prepareImportCommand(urn, this.#urn),
      takenBack: this.#takenBack,
    };
  }
}

/** Every value that this request brought along and that must not be shown: the NAS may quote what it refuses. */
function secretValues(definition: AnyDefinition, request: OperationRequest): string[] {
  const { inputs, oldInputs, state } = request as Partial<UpdateRequest>;
  const names = secretProperties(definition);
  const values = [inputs, oldInputs, state].flatMap((given) => names.map((name) => given?.[name]));
  return values.flatMap((value) => (typeof value === "string" && value !== unknown ? [value] : []));
}

function scrubbed(error: ProviderError | HalfDoneError, scrub: (text: string) => string): Error {
  if (error instanceof HalfDoneError) {
    const { id, state, inputs, secretKeys } = error;
    return new HalfDoneError({ id, state, inputs, secretKeys, reason: scrub(error.message) });
  }
  const failures = error.failures.map(({ property, reason }) => ({ property, reason: scrub(reason) }));
  return new ProviderError(error.status, scrub(error.message), failures);
}

/** What the NAS says about the properties that the program manages; of a partially managed map, its own entries. */
function managedInputs(
  definition: AnyDefinition,
  live: Live<Properties>,
  managed: readonly string[],
  given: Properties,
): Properties {
  const inputs = pick(live.inputs, managed);
  for (const property of managed) {
    const [actual, own] = [inputs[property], given[property]];
    if (traitsOf(definition, property).partial && isObject(actual) && isObject(own))
      inputs[property] = pick(actual, Object.keys(own));
  }
  return inputs;
}

function pick(values: Readonly<Record<string, unknown>>, keys: readonly string[]): Properties {
  return Object.fromEntries(
    keys.filter((key) => values[key] !== undefined).map((key) => [key, values[key]]),
  ) as Properties;
}
