import grpc from "@grpc/grpc-js";
import errorsPb from "@pulumi/pulumi/proto/errors_pb.js";
import providerPb from "@pulumi/pulumi/proto/provider_pb.js";
import statusPb from "@pulumi/pulumi/proto/status_pb.js";
import anyPb from "google-protobuf/google/protobuf/any_pb.js";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import { HalfDoneError, ProviderError } from "./errors.ts";
import type { CheckResult, DiffResult, PropertyDiff } from "./provider.ts";
import { type Properties, type Unwrapped, unwrapSecrets, wrapSecrets } from "./values.ts";

type Struct = InstanceType<typeof structPb.Struct>;

export function readProperties(struct: Struct | undefined): Unwrapped {
  return unwrapSecrets((struct?.toJavaScript() ?? {}) as Properties);
}

export function toStruct(properties: Properties, secretKeys: Iterable<string>): Struct {
  return structPb.Struct.fromJavaScript(withoutUndefined(wrapSecrets(properties, secretKeys)));
}

/** protobuf's Struct has no `undefined`; an absent property is simply left out. */
function withoutUndefined(properties: Properties): Properties {
  return JSON.parse(JSON.stringify(properties)) as Properties;
}

export function checkResponse(result: CheckResult, secretKeys: Iterable<string>) {
  const response = new providerPb.CheckResponse();
  response.setInputs(toStruct(result.inputs, secretKeys));
  for (const { property, reason } of result.failures ?? []) {
    const failure = new providerPb.CheckFailure();
    failure.setProperty(property);
    failure.setReason(reason);
    response.addFailures(failure);
  }
  return response;
}

const diffKinds = {
  add: [providerPb.PropertyDiff.Kind.ADD, providerPb.PropertyDiff.Kind.ADD_REPLACE],
  delete: [providerPb.PropertyDiff.Kind.DELETE, providerPb.PropertyDiff.Kind.DELETE_REPLACE],
  update: [providerPb.PropertyDiff.Kind.UPDATE, providerPb.PropertyDiff.Kind.UPDATE_REPLACE],
} as const;

function propertyDiff({ kind, replace, inputDiff }: PropertyDiff) {
  const [inPlace, replacing] = diffKinds[kind];
  const diff = new providerPb.PropertyDiff();
  diff.setKind(replace ? replacing : inPlace);
  diff.setInputdiff(inputDiff);
  return diff;
}

const topLevel = (path: string) => /^[^.[]+/.exec(path)?.[0] ?? path;

export function diffResponse(result: DiffResult) {
  const response = new providerPb.DiffResponse();
  const { DIFF_SOME, DIFF_NONE } = providerPb.DiffResponse.DiffChanges;
  response.setChanges(result.paths.size > 0 ? DIFF_SOME : DIFF_NONE);
  response.setHasdetaileddiff(true);
  response.setDiffsList([...new Set([...result.paths.keys()].map(topLevel))]);
  const replacing = [...result.paths].filter(([, diff]) => diff.replace).map(([path]) => topLevel(path));
  response.setReplacesList([...new Set(replacing)]);
  response.setDeletebeforereplace(replacing.length > 0 && (result.deleteBeforeReplace ?? false));
  const map = response.getDetaileddiffMap();
  for (const [path, diff] of result.paths) map.set(path, propertyDiff(diff));
  return response;
}

/** The gRPC form of a failure: what the engine shows, and whether it keeps the resource. */
export function toServiceError(error: unknown): Partial<grpc.ServiceError> {
  if (error instanceof HalfDoneError) {
    const detail = new providerPb.ErrorResourceInitFailed();
    detail.setId(error.id);
    detail.setProperties(toStruct(error.state, error.secretKeys));
    detail.setInputs(toStruct(error.inputs, error.secretKeys));
    detail.setReasonsList([error.message]);
    return withDetail(grpc.status.UNKNOWN, error.message, detail, "pulumirpc.ErrorResourceInitFailed");
  }
  if (error instanceof ProviderError) {
    const code = grpc.status[error.status];
    if (error.failures.length === 0) return { code, details: error.message };
    const detail = new errorsPb.InputPropertiesError();
    for (const { property, reason } of error.failures) {
      const failure = new errorsPb.InputPropertiesError.PropertyError();
      failure.setPropertyPath(property);
      failure.setReason(reason);
      detail.addErrors(failure);
    }
    return withDetail(code, error.message, detail, "pulumirpc.InputPropertiesError");
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: grpc.status.INTERNAL, details: `defect in the provider, please report it: ${text}` };
}

function withDetail(code: grpc.status, message: string, detail: { serializeBinary(): Uint8Array }, type: string) {
  const packed = new anyPb.Any();
  packed.pack(detail.serializeBinary(), type);
  const status = new statusPb.Status();
  status.setCode(code);
  status.setMessage(message);
  status.addDetails(packed);
  const metadata = new grpc.Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { code, details: message, metadata };
}
