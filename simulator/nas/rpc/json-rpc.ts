import type { Connection, Wire } from "../connection.ts";
import { dispatch } from "../dispatch.ts";
import { ValidationErrors } from "../errors.ts";
import { type Course, courseOf, type StruckCall, Unanswered } from "../fault-course.ts";
import type { Method } from "../method.ts";
import type { Nas } from "../nas.ts";
import type { Recorder } from "../recorder.ts";
import { plain } from "./ejson.ts";
import { code, type ErrorObject, errorData, errorObject } from "./errors.ts";
import { NotAMessage, readMessage } from "./messages.ts";
import { validateParams } from "./validation.ts";

const notification = (method: string, params: unknown): unknown => ({ jsonrpc: "2.0", method, params });

/** Notifications of JSON-RPC 2.0. */
export const jsonRpcWire: Wire = {
  event: (event) => notification("collection_update", event),
  unsubscribed: (collection, error, version) =>
    notification("notify_unsubscribed", {
      collection,
      error: error === null ? null : { ...errorData(error, version), trace: null },
    }),
};

/** What is wrong with a request object; undefined when nothing is. */
function requestProblem(message: Record<string, unknown>): string | undefined {
  const known = ["jsonrpc", "method", "params", "id"];
  const unknown = Object.keys(message).filter((key) => !known.includes(key));
  if (unknown.length > 0)
    return `Additional properties are not allowed (${unknown.map((key) => `'${key}'`).join(", ")})`;
  for (const key of ["jsonrpc", "method"]) if (!(key in message)) return `'${key}' is a required property`;
  if (message["jsonrpc"] !== "2.0") return `${JSON.stringify(message["jsonrpc"])} is not one of ['2.0']`;
  if (typeof message["method"] !== "string") return `${JSON.stringify(message["method"])} is not of type 'string'`;
  if ("params" in message && !Array.isArray(message["params"]))
    return `${JSON.stringify(message["params"])} is not of type 'array'`;
  const { id } = message;
  const idFits = id === undefined || id === null || typeof id === "string" || Number.isInteger(id);
  return idFits ? undefined : `${JSON.stringify(id)} is not of type 'null', 'integer', 'string'`;
}

/** Whether the published schemas refuse these parameters. */
function schemaRefuses(method: Method, connection: Connection, params: readonly unknown[]): boolean {
  try {
    validateParams(method, connection.version, params);
    return false;
  } catch (error) {
    return error instanceof ValidationErrors;
  }
}

/** Serves one text frame. Throws MessageTooLong when the connection has to be closed. */
export async function serveJsonRpc(nas: Nas, recorder: Recorder, connection: Connection, text: string): Promise<void> {
  const fail = (id: unknown, error: ErrorObject): void => connection.send({ jsonrpc: "2.0", error, id });
  let message: Record<string, unknown>;
  try {
    message = readMessage(text, connection.credential !== undefined);
  } catch (error) {
    if (!(error instanceof NotAMessage)) throw error;
    fail(null, { code: code.invalidJson, message: error.message });
    return;
  }
  const problem = requestProblem(message);
  if (problem !== undefined) {
    fail(null, { code: code.invalidRequest, message: problem });
    return;
  }
  const name = String(message["method"]);
  const params = (message["params"] ?? []) as readonly unknown[];
  const { id } = message;
  const silent = !("id" in message);
  const { version } = connection;
  const request = { version, method: name, params: plain(params) };
  const method = nas.method(name, version);
  if (!method) {
    const error = { code: code.methodNotFound, message: "Method does not exist" };
    recorder.record({ ...request, error }, true);
    if (!silent) fail(id, error);
    return;
  }
  const course = courseThrough(nas, connection, method, (around) =>
    dispatch(nas, connection, method, params, id, { counted: true, ...(around ? { around } : {}) }),
  );
  let answer: { result: unknown } | { error: ErrorObject };
  try {
    const result = await connection.admit(async () => {
      const value = await course.body();
      await nas.delay();
      return value;
    });
    answer = { result: result ?? null };
  } catch (error) {
    if (error instanceof Unanswered) return;
    answer = { error: errorObject(error, version) };
  }
  recorder.record(
    { ...request, ...("result" in answer ? { result: plain(answer.result) } : { error: plain(answer.error) }) },
    "error" in answer && schemaRefuses(method, connection, params),
  );
  if (!silent) connection.send({ jsonrpc: "2.0", ...answer, id });
  course.afterwards?.();
}

/** How a call goes: as it should, or as the fault has it that waits for it. */
function courseThrough(nas: Nas, connection: Connection, method: Method, run: StruckCall["run"]): Course {
  const { faults, hands } = nas.trouble;
  const effect = faults.strike(method.name, connection);
  if (!effect) return { body: () => run() };
  const call: StruckCall = {
    isJob: method.job !== undefined,
    version: connection.version,
    gone: connection.closed.signal,
    run,
    cut: () => connection.cut(),
  };
  return courseOf(effect, call, faults, hands);
}
