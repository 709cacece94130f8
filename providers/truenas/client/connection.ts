import type { TLSSocket } from "node:tls";
import { WebSocket } from "ws";
import { decode } from "./ejson.ts";
import { UnreachableError } from "./errors.ts";
import { RpcFault } from "./faults.ts";
import type { Target, Timing } from "./settings.ts";
import type { WireLog } from "./wire-log.ts";

/** Answers have no limit on the NAS; a list of some thousand datasets has tens of MiB. */
const maxAnswer = 256 * 1024 * 1024;
const unansweredPings = 2;

/** The conversation ended before the answer came. */
export class ConnectionLost extends Error {
  /** False: the request provably never left. */
  readonly sent: boolean;
  constructor(reason: string, sent: boolean) {
    super(reason);
    this.name = "ConnectionLost";
    this.sent = sent;
  }

  /** For the caller, when it was not mended. */
  explain(host: string, scrub: (text: string) => string): UnreachableError {
    return this.message === addressRefused
      ? new UnreachableError(
          host,
          addressRefused,
          "Add this machine to System > Advanced Settings > Allowed IP Addresses.",
          false,
        )
      : new UnreachableError(host, scrub(this.message), "Try again; if it stays so, look at the state of the NAS.");
  }
}

const addressRefused = "it refuses connections from this machine's address";

/** No answer in time; it may still come and is then dropped. */
export class AnswerOverdue extends Error {}

/** A request that is ready to go. `id` is in `text`. */
export interface Request {
  readonly id: string;
  readonly text: string;
  readonly timeoutMs: number;
}

interface Pending {
  readonly timer: NodeJS.Timeout;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function closeReason(code: number): string {
  switch (code) {
    case 1008:
      return addressRefused;
    case 1007:
    case 1009:
      return "a message was too large";
    default:
      return `the connection was closed (code ${code})`;
  }
}

/** One WebSocket on which requests are answered in any order. It never opens itself again. */
export class Connection {
  /** Called for each notification of the NAS. */
  onNotification: (method: string, params: Readonly<Record<string, unknown>>) => void = () => undefined;
  readonly #socket: WebSocket;
  readonly #tls: TLSSocket;
  readonly #log: (line: string) => void;
  readonly #wire: WireLog | undefined;
  readonly #pending = new Map<string, Pending>();
  readonly #keepalive: NodeJS.Timeout;
  #unanswered = 0;
  #lost: string | undefined;
  #retired = false;

  private constructor(
    socket: WebSocket,
    tls: TLSSocket,
    keepaliveMs: number,
    log: (line: string) => void,
    wire: WireLog | undefined,
  ) {
    this.#socket = socket;
    this.#tls = tls;
    this.#log = log;
    this.#wire = wire;
    wire?.note("connected");
    socket.on("message", (data, isBinary) => this.#receive(data, isBinary));
    socket.on("pong", () => {
      this.#unanswered = 0;
    });
    socket.on("error", (error) => this.#end(`the connection broke (${error.message})`));
    socket.on("close", (code) => this.#end(closeReason(code)));
    this.#keepalive = setInterval(() => this.#ping(), keepaliveMs).unref();
    tls.unref();
  }

  /** Upgrades a trusted TLS connection. Throws UnreachableError; the TLS connection is closed then. */
  static open(
    tls: TLSSocket,
    target: Target,
    timing: Timing,
    log: (line: string) => void,
    wire?: WireLog,
  ): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`wss://${target.name}/api/current`, {
        createConnection: () => tls,
        followRedirects: false,
        handshakeTimeout: timing.connect,
        maxPayload: maxAnswer,
        perMessageDeflate: false,
      });
      const fail = (reason: string): void => {
        tls.destroy();
        reject(new UnreachableError(target.name, reason));
      };
      socket.once("open", () => {
        socket.removeAllListeners();
        resolve(new Connection(socket, tls, timing.keepalive, log, wire));
      });
      socket.once("unexpected-response", (_request, response) => {
        fail(`it answered with HTTP status ${response.statusCode} instead of opening its API (it may be starting up)`);
      });
      socket.on("error", (error) => fail(`its API did not open (${error.message})`));
    });
  }

  /** Whether requests can be sent. */
  get open(): boolean {
    return this.#lost === undefined && this.#socket.readyState === WebSocket.OPEN;
  }

  /**
   * Sends a request and waits for its answer. Rejects with RpcFault, ConnectionLost or AnswerOverdue. The connection
   * keeps the process alive only while a request waits.
   */
  request(request: Request): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (!this.open) {
        reject(new ConnectionLost(this.#lost ?? "the connection is closing", false));
        return;
      }
      const timer = setTimeout(() => this.#settle(request.id)?.reject(new AnswerOverdue()), request.timeoutMs);
      this.#pending.set(request.id, { timer, resolve, reject });
      this.#tls.ref();
      this.#wire?.sent(request.text);
      this.#socket.send(request.text);
    });
  }

  /** Ends the connection once nothing waits any more. The caller sends nothing further on it. */
  retire(): void {
    this.#retired = true;
    if (this.#pending.size === 0) this.#end("it is not used any more");
  }

  /** Ends the connection; whatever waits is rejected with ConnectionLost. */
  close(reason: string): void {
    this.#end(reason);
  }

  #settle(id: string): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    if (this.#pending.size === 0) {
      this.#tls.unref();
      if (this.#retired) this.#end("it is not used any more");
    }
    return pending;
  }

  #ping(): void {
    // Two: after the process was busy for long, a pong may be waiting unread.
    if (this.#unanswered >= unansweredPings) {
      this.#end("it stopped answering");
      return;
    }
    this.#unanswered += 1;
    this.#socket.ping();
  }

  #receive(data: WebSocket.RawData, isBinary: boolean): void {
    this.#unanswered = 0;
    if (isBinary) {
      this.#end("it sent a binary frame, which the protocol does not have");
      return;
    }
    let message: unknown;
    try {
      message = decode(data.toString());
    } catch {
      this.#end("it sent something that is not JSON");
      return;
    }
    this.#wire?.received(message);
    if (isRecord(message)) this.#dispatch(message);
    else this.#end("it sent something that is not a JSON-RPC message");
  }

  #dispatch(message: Readonly<Record<string, unknown>>): void {
    const { id, method, params } = message;
    if (typeof method === "string" && id === undefined) {
      this.onNotification(method, isRecord(params) ? params : {});
      return;
    }
    const failed = isRecord(message["error"]);
    const isAnswer = failed || "result" in message;
    if (typeof id !== "string" || !isAnswer) {
      const told = failed ? `: ${new RpcFault(message["error"]).reason}` : "";
      this.#end(`it sent an answer that cannot be understood${told}`);
      return;
    }
    const pending = this.#settle(id);
    if (pending === undefined) this.#log("an answer came that nobody waits for");
    // Some servers send both with one of them null; what failed must never pass for done.
    else if (failed) pending.reject(new RpcFault(message["error"]));
    else pending.resolve(message["result"]);
  }

  #end(reason: string): void {
    if (this.#lost !== undefined) return;
    this.#lost = reason;
    this.#wire?.note(`closed: ${reason}`);
    clearInterval(this.#keepalive);
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(new ConnectionLost(reason, true));
    this.#socket.close();
    // A peer that is gone never answers the close.
    setTimeout(() => this.#socket.terminate(), 1_000).unref();
  }
}
