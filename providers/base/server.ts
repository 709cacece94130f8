import grpc from "@grpc/grpc-js";
import type * as plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import pluginPb from "@pulumi/pulumi/proto/plugin_pb.js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import providerPb from "@pulumi/pulumi/proto/provider_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import { engineLog } from "./engine-log.ts";
import { HalfDoneError, ProviderError } from "./errors.ts";
import type { EngineLog, Provider } from "./provider.ts";
import type { Unwrapped } from "./values.ts";
import { checkResponse, diffResponse, readProperties, toServiceError, toStruct } from "./wire.ts";

export interface ServeOptions {
  /** One provider per engine connection, so that attached plugins can serve several provider instances. */
  readonly provider: (log: EngineLog) => Provider;
  /** Engine address given on the command line; attached plugins learn it by Attach or Handshake. */
  readonly engineAddress?: string;
  /** Loopback port; default: any free one. */
  readonly port?: number;
}

export interface PluginServer {
  readonly port: number;
  stop(): Promise<void>;
}

type Unary<Q, S> = grpc.handleUnaryCall<Q, S>;
type Handler<Q, S> = (session: Session, request: Q) => S | Promise<S>;

/** One engine's conversation with the plugin. */
class Session {
  readonly provider: Provider;
  readonly cancelled = new AbortController();
  #address: string | undefined;
  #log: ReturnType<typeof engineLog> | undefined;

  constructor(options: ServeOptions) {
    this.#address = options.engineAddress;
    this.provider = options.provider((...line) => this.#logger()?.(...line));
  }

  attach(address: string): void {
    if (address === "" || address === this.#address) return;
    this.#log?.close();
    this.#log = undefined;
    this.#address = address;
  }

  /** A signal that ends with the run or, when the resource has a timeout (seconds), with that. */
  signal(timeout: number): AbortSignal {
    if (timeout <= 0) return this.cancelled.signal;
    return AbortSignal.any([this.cancelled.signal, AbortSignal.timeout(timeout * 1000)]);
  }

  cancel(): void {
    this.cancelled.abort();
    this.provider.cancel();
  }

  #logger(): EngineLog | undefined {
    if (this.#address === undefined || this.cancelled.signal.aborted) return undefined;
    this.#log ??= engineLog(this.#address);
    return this.#log;
  }
}

/** Serves a provider over gRPC on a loopback port. */
export async function serve(options: ServeOptions): Promise<PluginServer> {
  const sessions = new Map<string, Session>();
  const sessionOf = (peer: string) => {
    const known = sessions.get(peer);
    if (known) return known;
    const fresh = new Session(options);
    sessions.set(peer, fresh);
    return fresh;
  };
  const unary = <Q, S>(handler: Handler<Q, S>): Unary<Q, S> => {
    return (call, callback) => {
      Promise.resolve()
        .then(() => handler(sessionOf(call.getPeer()), call.request))
        .then((response) => callback(null, response))
        .catch((error: unknown) => callback(toServiceError(error), null));
    };
  };
  const server = new grpc.Server({ "grpc.max_receive_message_length": 400 << 20, "grpc.max_send_message_length": -1 });
  server.addService(providerGrpc.ResourceProviderService, handlers(unary));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${options.port ?? 0}`, grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    port,
    stop: async () => {
      for (const session of sessions.values()) session.cancel();
      server.forceShutdown();
    },
  };
}

type MakeUnary = <Q, S>(handler: Handler<Q, S>) => Unary<Q, S>;

function handlers(unary: MakeUnary): grpc.UntypedServiceImplementation {
  return {
    handshake: unary((session, request: pb.ProviderHandshakeRequest) => {
      session.attach(request.getEngineAddress());
      const response = new providerPb.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      return response;
    }),
    attach: unary((session, request: plugin.PluginAttach) => {
      session.attach(request.getAddress());
      return new emptyPb.Empty();
    }),
    getPluginInfo: unary((session) => {
      const info = new pluginPb.PluginInfo();
      info.setVersion(session.provider.version);
      return info;
    }),
    getSchema: unary((session) => {
      const response = new providerPb.GetSchemaResponse();
      response.setSchema(session.provider.schema());
      return response;
    }),
    checkConfig: unary((session, request: pb.CheckRequest) => {
      const news = readProperties(request.getNews());
      const secretKeys = new Set([...news.secretKeys, ...(session.provider.secretConfig ?? [])]);
      return checkResponse(session.provider.checkConfig(news.values), secretKeys);
    }),
    diffConfig: unary((session, request: pb.DiffRequest) => diffResponse(session.provider.diffConfig(diffOf(request)))),
    configure: unary((session, request: pb.ConfigureRequest) => {
      session.provider.configure(readProperties(request.getArgs()).values, request.getUrn());
      const response = new providerPb.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      return response;
    }),
    check: unary((session, request: pb.CheckRequest) => {
      const inputs = readProperties(request.getNews());
      const oldInputs = readProperties(request.getOlds()).values;
      const result = session.provider.check({ ...identity(request), oldInputs, inputs: inputs.values });
      return checkResponse(result, secretsOf(session, request, inputs));
    }),
    diff: unary((session, request: pb.DiffRequest) => diffResponse(session.provider.diff(diffOf(request)))),
    create: unary(async (session, request: pb.CreateRequest) => {
      const given = readProperties(request.getProperties());
      const inputs = given.values;
      const secretKeys = secretsOf(session, request, given);
      const created = await keepingSecrets(secretKeys, () =>
        session.provider.create({
          ...identity(request),
          inputs,
          preview: request.getPreview(),
          signal: session.signal(request.getTimeout()),
        }),
      );
      const response = new providerPb.CreateResponse();
      response.setId(created.id);
      response.setProperties(toStruct(created.state, secretKeys));
      return response;
    }),
    read: unary(async (session, request: pb.ReadRequest) => {
      const inputs = readProperties(request.getInputs());
      const state = readProperties(request.getProperties());
      const found = await session.provider.read({
        ...identity(request),
        id: request.getId(),
        state: state.values,
        inputs: inputs.values,
        signal: session.signal(request.getTimeout()),
      });
      const response = new providerPb.ReadResponse();
      if (found === undefined) return response;
      const secretKeys = secretsOf(session, request, inputs, state);
      response.setId(found.id);
      response.setProperties(toStruct(found.state, secretKeys));
      response.setInputs(toStruct(found.inputs, secretKeys));
      return response;
    }),
    update: unary(async (session, request: pb.UpdateRequest) => {
      const given = readProperties(request.getNews());
      const inputs = given.values;
      const secretKeys = secretsOf(session, request, given);
      const state = await keepingSecrets(secretKeys, () =>
        session.provider.update({
          ...identity(request),
          id: request.getId(),
          inputs,
          state: readProperties(request.getOlds()).values,
          oldInputs: readProperties(request.getOldInputs()).values,
          preview: request.getPreview(),
          signal: session.signal(request.getTimeout()),
        }),
      );
      const response = new providerPb.UpdateResponse();
      response.setProperties(toStruct(state, secretKeys));
      return response;
    }),
    delete: unary(async (session, request: pb.DeleteRequest) => {
      await session.provider.delete({
        ...identity(request),
        id: request.getId(),
        state: readProperties(request.getProperties()).values,
        oldInputs: readProperties(request.getOldInputs()).values,
        signal: session.signal(request.getTimeout()),
      });
      return new emptyPb.Empty();
    }),
    invoke: unary(async (session, request: pb.InvokeRequest) => {
      const { values, secretKeys } = readProperties(request.getArgs());
      const result = await session.provider.invoke(request.getTok(), values, session.signal(0));
      const response = new providerPb.InvokeResponse();
      response.setReturn(toStruct(result, secretKeys));
      return response;
    }),
    cancel: unary((session) => {
      session.cancel();
      return new emptyPb.Empty();
    }),
    parameterize: unary(unsupported("Parameterize")),
    call: unary(unsupported("Call")),
    construct: unary(unsupported("Construct")),
    getMapping: unary(() => new providerPb.GetMappingResponse()),
    getMappings: unary(() => new providerPb.GetMappingsResponse()),
    list: (call: grpc.ServerWritableStream<unknown, unknown>) => {
      call.emit("error", { code: grpc.status.UNIMPLEMENTED, details: "List is not offered" });
    },
  };
}

/** What goes back wrapped: what came in so, and what the provider knows to be secret. */
function secretsOf(session: Session, request: Identified, ...given: readonly Unwrapped[]): ReadonlySet<string> {
  const own = session.provider.secretProperties?.(identity(request).type) ?? [];
  return new Set([...own, ...given.flatMap(({ secretKeys }) => [...secretKeys])]);
}

/** A half-done object is stored by the engine too, so what came in as a secret goes back as one. */
async function keepingSecrets<T>(secretKeys: ReadonlySet<string>, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw error instanceof HalfDoneError ? error.withSecretKeys(secretKeys) : error;
  }
}

function unsupported(method: string): () => never {
  return () => {
    throw new ProviderError("UNIMPLEMENTED", `${method} is not offered by this provider`);
  };
}

interface Identified {
  getUrn(): string;
  getType(): string;
  getName(): string;
}

function identity(request: Identified) {
  const urn = request.getUrn();
  const [, , types = "", name = ""] = urn.split("::");
  return { urn, type: request.getType() || (types.split("$").at(-1) ?? ""), name: request.getName() || name };
}

function diffOf(request: pb.DiffRequest) {
  return {
    ...identity(request),
    id: request.getId(),
    state: readProperties(request.getOlds()).values,
    oldInputs: readProperties(request.getOldInputs()).values,
    inputs: readProperties(request.getNews()).values,
    ignoreChanges: request.getIgnorechangesList(),
  };
}
