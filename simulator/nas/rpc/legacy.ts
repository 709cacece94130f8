import type { Connection, Wire } from "../connection.ts";
import { dispatch } from "../dispatch.ts";
import { CallError, errname, errno, ValidationErrors } from "../errors.ts";
import type { Nas } from "../nas.ts";
import type { Recorder } from "../recorder.ts";
import { plain } from "./ejson.ts";
import { describe, errorData, TooManyCalls } from "./errors.ts";
import { NotAMessage, readMessage } from "./messages.ts";

const etoomanyrefs = 109;
const eagain = errno.EAGAIN;

function legacyError(error: unknown, version: Connection["version"]): Record<string, unknown> {
  const data = errorData(error, version);
  if (error instanceof TooManyCalls) return { ...data, error: etoomanyrefs, errname: "ETOOMANYREFS", type: null };
  if (error instanceof ValidationErrors)
    return { ...data, error: eagain, errname: errname(eagain), type: "VALIDATION" };
  return { ...data, type: null };
}

/** Messages of the old protocol of /websocket. */
export const legacyWire: Wire = {
  event: (event) => event,
  unsubscribed: (collection, error, version) => ({
    msg: "nosub",
    collection,
    ...(error === null ? {} : { error: { ...legacyError(error, version), trace: null } }),
  }),
};

async function callMethod(
  nas: Nas,
  recorder: Recorder,
  connection: Connection,
  message: Record<string, unknown>,
): Promise<void> {
  const { id } = message;
  const name = String(message["method"]);
  const params = message["params"] ?? [];
  const fail = (error: unknown): void =>
    connection.send({ msg: "result", id, error: legacyError(error, connection.version) });
  const method = nas.method(name, connection.version);
  if (!method) {
    fail(new CallError(`Method '${name}' not found`, errno.ENOMETHOD));
    return;
  }
  if (!Array.isArray(params)) {
    fail(new CallError("`params` must be a list.", errno.EINVAL));
    return;
  }
  const request = { version: connection.version, method: name, params: plain(params) };
  try {
    const result = await connection.admit(() => dispatch(nas, connection, method, params, id));
    await nas.delay();
    recorder.record({ ...request, result: plain(result ?? null) }, false);
    connection.send({ id, msg: "result", result: result ?? null });
  } catch (error) {
    recorder.record({ ...request, error: describe(error).reason }, error instanceof ValidationErrors);
    fail(error);
  }
}

/**
 * Serves one text frame of the old protocol (connect, method, sub, unsub), in which every job method answers with its job's id.
 * Throws MessageTooLong when the connection has to be closed.
 */
export class LegacyProtocol {
  readonly #nas: Nas;
  readonly #recorder: Recorder;
  readonly #connection: Connection;
  #connected = false;

  constructor(nas: Nas, recorder: Recorder, connection: Connection) {
    this.#nas = nas;
    this.#recorder = recorder;
    this.#connection = connection;
  }

  async serve(text: string): Promise<void> {
    const connection = this.#connection;
    let message: Record<string, unknown>;
    try {
      message = readMessage(text, connection.credential !== undefined);
    } catch (error) {
      if (!(error instanceof NotAMessage)) throw error;
      connection.cut();
      return;
    }
    const { id } = message;
    switch (message["msg"]) {
      case "connect":
        this.#connected = message["version"] === "1";
        connection.send(
          this.#connected ? { msg: "connected", session: connection.id } : { msg: "failed", version: "1" },
        );
        return;
      case "ping":
        connection.send({ msg: "pong", ...(id === undefined ? {} : { id }) });
        return;
      default:
        if (!this.#connected) {
          connection.send({ msg: "failed", version: "1" });
          return;
        }
    }
    if (message["msg"] === "method") await callMethod(this.#nas, this.#recorder, connection, message);
    if (message["msg"] === "unsub") connection.subscriptions.delete(String(id));
    if (message["msg"] !== "sub") return;
    const name = String(message["name"]);
    if (!this.#nas.maySubscribe(connection, name)) {
      connection.send({
        msg: "nosub",
        id,
        error: legacyError(new CallError("Not authorized", errno.EACCES), connection.version),
      });
      return;
    }
    connection.subscriptions.set(String(id), name);
    connection.send({ msg: "ready", subs: [id] });
  }
}
