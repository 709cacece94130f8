import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { Connection } from "./connection.ts";
import { type Around, courseOf, Unanswered } from "./fault-course.ts";
import type { ApiVersion } from "./method.ts";
import type { Nas } from "./nas.ts";
import type { Recorder } from "./recorder.ts";
import { stringify } from "./rpc/ejson.ts";
import { jsonRpcWire, serveJsonRpc } from "./rpc/json-rpc.ts";
import { LegacyProtocol, legacyWire } from "./rpc/legacy.ts";
import { MessageTooLong } from "./rpc/messages.ts";

/** Names of the API versions that a server of this version serves. */
export interface ApiNames {
  /** As GET /api/versions lists them. */
  readonly listed: readonly string[];
  /** Version that each name, `current` included, is served as. */
  readonly served: ReadonlyMap<string, ApiVersion>;
}

const unsupportedData = 1003;
const internalError = 1011;
/** Above every limit of the protocol, so that those decide. */
const maxFrame = 16 * 1024 * 1024;

/** The transport: HTTPS (and plain HTTP, where asked for), and WebSockets on them. */
export class NasServer {
  readonly #nas: Nas;
  readonly #recorder: Recorder;
  readonly #names: ApiNames;
  readonly #idleMs: number;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #upgrader = new WebSocketServer({ noServer: true, maxPayload: maxFrame, perMessageDeflate: false });
  #down = false;

  constructor(nas: Nas, recorder: Recorder, names: ApiNames, idleMs: number) {
    this.#nas = nas;
    this.#recorder = recorder;
    this.#names = names;
    this.#idleMs = idleMs;
  }

  /** Opens a port on the loopback address. @returns its number. */
  async listen(port: number, secure: boolean): Promise<number> {
    const { certificate } = this.#nas;
    const server = secure ? createHttps({ cert: certificate.text, key: certificate.key }) : createHttp();
    server.on("connection", (socket: Socket) => this.#accept(socket));
    server.on("request", (request, response) => void this.#answer(request, response));
    server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head, secure));
    // A client that gives up in the middle of a TLS handshake is its own affair.
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        server.off("error", reject);
        resolve();
      });
    });
    this.#servers.push(server);
    return (server.address() as AddressInfo).port;
  }

  /** Cuts every WebSocket. */
  disconnectAll(): void {
    for (const connection of [...this.#nas.connections]) connection.cut();
  }

  /** Cuts every socket and refuses new ones until {@link goUp}. */
  goDown(): void {
    this.#down = true;
    this.disconnectAll();
    for (const socket of this.#sockets) socket.destroy();
  }

  goUp(): void {
    this.#down = false;
  }

  async close(): Promise<void> {
    this.goDown();
    this.#upgrader.close();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #accept(socket: Socket): void {
    if (this.#down) {
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  }

  /** Faults reach these requests as well: the point is named `GET /api/versions`. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { faults, hands } = this.#nas.trouble;
    const effect = faults.strike(`${request.method} ${request.url}`);
    if (!effect) {
      this.#document(request, response);
      return;
    }
    const gone = new AbortController();
    request.socket.once("close", () => gone.abort());
    const work = async (): Promise<void> => this.#document(request, response);
    const run = (around: Around = (body) => body()): Promise<unknown> => around(work);
    const cut = (): void => void request.socket.destroy();
    const call = { isJob: false, version: this.#nas.settings.version, gone: gone.signal, run, cut };
    const course = courseOf(effect, call, faults, hands);
    try {
      await course.body();
    } catch (error) {
      // What is refused here is refused by the web server.
      if (!(error instanceof Unanswered)) response.writeHead(503).end();
    }
    course.afterwards?.();
  }

  #document(request: IncomingMessage, response: ServerResponse): void {
    if (request.socket.destroyed) return;
    const documents: Readonly<Record<string, () => unknown>> = {
      "/api/versions": () => this.#names.listed,
      "/api/boot_id": () => this.#nas.world.bootId,
    };
    const document = documents[new URL(request.url ?? "/", "http://nas").pathname];
    const allowed = document && request.method === "GET";
    response.writeHead(document ? (allowed ? 200 : 405) : 404, { "content-type": "application/json; charset=utf-8" });
    response.end(allowed ? JSON.stringify(document()) : "");
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, secure: boolean): void {
    socket.on("error", () => socket.destroy());
    const { pathname } = new URL(request.url ?? "/", "http://nas");
    const legacy = pathname === "/websocket";
    const version = this.#names.served.get(legacy ? "current" : pathname.replace(/^\/api\//, ""));
    if (!version) {
      socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    this.#upgrader.handleUpgrade(request, socket, head, (client) =>
      this.#serve(client, request.socket, secure, version, legacy),
    );
  }

  #serve(client: WebSocket, socket: Socket, secure: boolean, version: ApiVersion, legacy: boolean): void {
    const nas = this.#nas;
    const facts = {
      address: socket.remoteAddress ?? "127.0.0.1",
      port: socket.remotePort ?? 0,
      secure,
      version,
      wire: legacy ? legacyWire : jsonRpcWire,
      send: (message: unknown) => client.send(stringify(message)),
      cut: () => client.terminate(),
    };
    const connection = new Connection(facts);
    const protocol = legacy ? new LegacyProtocol(nas, this.#recorder, connection) : undefined;
    nas.connections.add(connection);
    nas.trouble.faults.meet(connection);
    this.#watchIdle(client, socket);
    client.on("message", (data: RawData, isBinary: boolean) => {
      if (isBinary) {
        client.close(unsupportedData, "Invalid websocket message type");
        return;
      }
      const served = protocol
        ? protocol.serve(String(data))
        : serveJsonRpc(nas, this.#recorder, connection, String(data));
      served.catch((error: unknown) => {
        if (error instanceof MessageTooLong) client.close(error.closeCode, error.message);
        else client.close(internalError, (error instanceof Error ? error.message : String(error)).slice(0, 100));
      });
    });
    client.on("error", () => client.terminate());
    client.on("close", () => {
      connection.closed.abort();
      nas.logout(connection);
      nas.connections.delete(connection);
    });
  }

  /** A socket on which nothing moves is cut, as the web server in front does. */
  #watchIdle(client: WebSocket, socket: Socket): void {
    socket.setTimeout(this.#idleMs, () => client.terminate());
  }
}
