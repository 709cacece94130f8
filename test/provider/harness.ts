import { promisify } from "node:util";
import grpc from "@grpc/grpc-js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import pb from "@pulumi/pulumi/proto/provider_pb.js";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import { serve } from "../../providers/base/server.ts";
import type { Properties } from "../../providers/base/values.ts";
import type { Timing } from "../../providers/truenas/client/settings.ts";
import { TrueNasProvider } from "../../providers/truenas/server/provider.ts";
import type { SimulatedNas } from "../../simulator/nas/start.ts";

const toStruct = (values: Properties) => structPb.Struct.fromJavaScript(values);
const fromStruct = (struct: { toJavaScript(): unknown } | undefined) => (struct?.toJavaScript() ?? {}) as Properties;

export interface LogLine {
  readonly severity: string;
  readonly message: string;
}

/** Speaks to the real provider plugin as the engine does, over gRPC. */
export interface Plugin {
  readonly log: LogLine[];
  configure(config: Properties): Promise<void>;
  checkConfig(config: Properties): Promise<{ inputs: Properties; failures: Record<string, string> }>;
  resource(type: string, name?: string): ResourceHandle;
  invoke(token: string, args: Properties): Promise<Properties>;
  schema(): Promise<unknown>;
  cancel(): Promise<void>;
  stop(): Promise<void>;
}

export interface ResourceHandle {
  check(inputs: Properties, oldInputs?: Properties): Promise<{ inputs: Properties; failures: Record<string, string> }>;
  diff(
    state: Properties,
    oldInputs: Properties,
    inputs: Properties,
    ignoreChanges?: string[],
  ): Promise<Record<string, string>>;
  create(inputs: Properties, preview?: boolean): Promise<{ id: string; state: Properties }>;
  read(
    id: string,
    state?: Properties,
    inputs?: Properties,
  ): Promise<{ id: string; state: Properties; inputs: Properties }>;
  update(
    id: string,
    state: Properties,
    oldInputs: Properties,
    inputs: Properties,
    preview?: boolean,
  ): Promise<Properties>;
  delete(id: string, state: Properties, oldInputs: Properties): Promise<void>;
}

const kinds = ["add", "add-replace", "delete", "delete-replace", "update", "update-replace"];

export const project = "homelab-storage";
export const stack = "test";
export const providerUrn = `urn:pulumi:${stack}::${project}::pulumi:providers:truenas::truenas`;

/** @param timing shorter waiting times, for tests about what is bounded by them. */
export async function startPlugin(timing: Partial<Timing> = {}): Promise<Plugin> {
  const log: LogLine[] = [];
  const provider = new TrueNasProvider("1.2.3", (severity, message) => log.push({ severity, message }), timing);
  const server = await serve({ provider: () => provider });
  const client = new providerGrpc.ResourceProviderClient(`127.0.0.1:${server.port}`, grpc.credentials.createInsecure());
  // biome-ignore-start lint/suspicious/noExplicitAny: one call for every method of the generated client
  const call = (method: string, request: unknown) =>
    promisify((client as any)[method].bind(client))(request) as Promise<any>;
  // biome-ignore-end lint/suspicious/noExplicitAny: see above

  const checked = (response: InstanceType<typeof pb.CheckResponse>) => ({
    inputs: fromStruct(response.getInputs()),
    failures: Object.fromEntries(response.getFailuresList().map((f) => [f.getProperty(), f.getReason()])),
  });

  const resource = (type: string, name = "thing"): ResourceHandle => {
    const urn = `urn:pulumi:${stack}::${project}::truenas:index:${type}::${name}`;
    const identified = <
      R extends { setUrn(urn: string): unknown; setType(type: string): unknown; setName(name: string): unknown },
    >(
      request: R,
    ): R => {
      request.setUrn(urn);
      request.setType(`truenas:index:${type}`);
      request.setName(name);
      return request;
    };
    return {
      check: async (inputs, oldInputs = {}) => {
        const request = identified(new pb.CheckRequest());
        request.setOlds(toStruct(oldInputs));
        request.setNews(toStruct(inputs));
        return checked(await call("check", request));
      },
      diff: async (state, oldInputs, inputs, ignoreChanges = []) => {
        const request = identified(new pb.DiffRequest());
        request.setId("id");
        request.setOlds(toStruct(state));
        request.setOldInputs(toStruct(oldInputs));
        request.setNews(toStruct(inputs));
        request.setIgnorechangesList(ignoreChanges);
        const response: InstanceType<typeof pb.DiffResponse> = await call("diff", request);
        const paths: Record<string, string> = {};
        response.getDetaileddiffMap().forEach((diff, path) => {
          paths[path] = kinds[diff.getKind()] ?? "?";
        });
        const changed = response.getChanges() === pb.DiffResponse.DiffChanges.DIFF_SOME;
        if (changed !== Object.keys(paths).length > 0) throw new Error("changes and detailed diff disagree");
        return paths;
      },
      create: async (inputs, preview = false) => {
        const request = identified(new pb.CreateRequest());
        request.setProperties(toStruct(inputs));
        request.setPreview(preview);
        const response: InstanceType<typeof pb.CreateResponse> = await call("create", request);
        return { id: response.getId(), state: fromStruct(response.getProperties()) };
      },
      read: async (id, state = {}, inputs = {}) => {
        const request = identified(new pb.ReadRequest());
        request.setId(id);
        request.setProperties(toStruct(state));
        request.setInputs(toStruct(inputs));
        const response: InstanceType<typeof pb.ReadResponse> = await call("read", request);
        return {
          id: response.getId(),
          state: fromStruct(response.getProperties()),
          inputs: fromStruct(response.getInputs()),
        };
      },
      update: async (id, state, oldInputs, inputs, preview = false) => {
        const request = identified(new pb.UpdateRequest());
        request.setId(id);
        request.setOlds(toStruct(state));
        request.setOldInputs(toStruct(oldInputs));
        request.setNews(toStruct(inputs));
        request.setPreview(preview);
        const response: InstanceType<typeof pb.UpdateResponse> = await call("update", request);
        return fromStruct(response.getProperties());
      },
      delete: async (id, state, oldInputs) => {
        const request = identified(new pb.DeleteRequest());
        request.setId(id);
        request.setProperties(toStruct(state));
        request.setOldInputs(toStruct(oldInputs));
        await call("delete", request);
      },
    };
  };

  return {
    log,
    resource,
    configure: async (config) => {
      const request = new pb.ConfigureRequest();
      request.setArgs(toStruct(config));
      request.setUrn(providerUrn);
      await call("configure", request);
    },
    checkConfig: async (config) => {
      const request = new pb.CheckRequest();
      request.setUrn(providerUrn);
      request.setNews(toStruct(config));
      return checked(await call("checkConfig", request));
    },
    invoke: async (token, args) => {
      const request = new pb.InvokeRequest();
      request.setTok(token);
      request.setArgs(toStruct(args));
      const response: InstanceType<typeof pb.InvokeResponse> = await call("invoke", request);
      return fromStruct(response.getReturn());
    },
    schema: async () => {
      const response: InstanceType<typeof pb.GetSchemaResponse> = await call("getSchema", new pb.GetSchemaRequest());
      return JSON.parse(response.getSchema());
    },
    cancel: async () =>
      void (await call("cancel", new (await import("google-protobuf/google/protobuf/empty_pb.js")).default.Empty())),
    stop: async () => {
      client.close();
      await server.stop();
    },
  };
}

/** The configuration that reaches a simulated NAS. */
export const configOf = (nas: SimulatedNas): Properties => ({
  host: "10.10.10.20",
  endpoint: nas.endpoint,
  username: nas.username,
  apiKey: nas.apiKey,
  fingerprint: nas.fingerprint,
});
