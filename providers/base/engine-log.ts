import grpc from "@grpc/grpc-js";
import engineGrpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import enginePb from "@pulumi/pulumi/proto/engine_pb.js";
import type { EngineLog, LogSeverity } from "./provider.ts";

const severities = {
  debug: enginePb.LogSeverity.DEBUG,
  info: enginePb.LogSeverity.INFO,
  warning: enginePb.LogSeverity.WARNING,
  error: enginePb.LogSeverity.ERROR,
} as const satisfies Record<LogSeverity, number>;

/** Sends lines to the engine; an engine that is gone loses them, which is no error of the operation. */
export function engineLog(address: string): EngineLog & { close(): void } {
  const client = new engineGrpc.EngineClient(address, grpc.credentials.createInsecure());
  // One after the other: calls that are under way together may arrive in any order, and progress would run backwards.
  let last: Promise<void> = Promise.resolve();
  const log: EngineLog = (severity, message, urn, options) => {
    const request = new enginePb.LogRequest();
    request.setSeverity(severities[severity]);
    request.setMessage(message);
    if (urn !== undefined) request.setUrn(urn);
    request.setEphemeral(options?.ephemeral ?? false);
    last = last.then(() => new Promise((resolve) => client.log(request, () => resolve())));
  };
  return Object.assign(log, { close: () => client.close() });
}
