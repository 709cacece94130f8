import { createHash, createHmac, pbkdf2Sync, randomBytes, X509Certificate } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { generate } from "selfsigned";
import { type WebSocket, WebSocketServer } from "ws";

// A server that is as wrong as a test wants. The simulated NAS is right on purpose and therefore no use for these tests.

export const username = "svc";
export const apiKey = `7-${"Ab3".repeat(21)}Z`;

/** Thrown by a handler: the answer is this error. */
export class WireError extends Error {
  readonly code: number;
  readonly data: unknown;
  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

export const callError = (error: number, errname: string, reason: string, className?: string): WireError =>
  new WireError(-32001, "Method call error", {
    error,
    errname,
    reason,
    trace: className === undefined ? null : { class: className, formatted: "", repr: "" },
    extra: null,
  });

export const invalidParams = (extra: readonly (readonly [string | null, string, number])[]): WireError =>
  new WireError(-32602, "Invalid params", { error: 22, errname: "EINVAL", reason: "[EINVAL]", trace: null, extra });

/** Returned by a handler: there is no answer. */
export const silence = Symbol("silence");

export interface FakeRequest {
  readonly id: string;
  readonly method: string;
  readonly params: readonly unknown[];
  readonly socket: WebSocket;
  notify(method: string, params: unknown): void;
}

export type Handler = (request: FakeRequest) => unknown;

/** What the login does differently from a right one. */
export interface ScramFaults {
  readonly signature?: string;
  readonly iterations?: number;
  readonly nonce?: (client: Buffer) => Buffer;
}

export interface FakeOptions {
  /** Default: what a TrueNAS 26 lists. A string is sent as it is. */
  readonly versions?: readonly string[] | string;
  readonly versionsStatus?: number;
  readonly handlers?: Readonly<Record<string, Handler>>;
  readonly scram?: ScramFaults;
  /** Default: 127.0.0.1. */
  readonly certificateAddress?: string;
  /** Refuses the upgrade with this status. */
  readonly upgradeStatus?: () => number | undefined;
}

export const versions26 = ["v25.04.0", "v25.10.5", "v26.0.0"];
export const versions2510 = ["v25.04.0", "v25.10.0", "v25.10.5"];

export interface FakeNas {
  readonly endpoint: string;
  readonly certificate: string;
  readonly fingerprint: string;
  readonly requests: { readonly method: string; readonly params: readonly unknown[] }[];
  /** TCP connections that were opened. */
  readonly connections: () => number;
  readonly upgrades: () => number;
  readonly pings: () => number;
  readonly count: (method: string) => number;
  /** Requests that arrived within TLS, upgrades to a WebSocket included. */
  readonly httpRequests: () => number;
  cut(): void;
  stop(): Promise<void>;
}

const certificates = new Map<string, Promise<{ cert: string; private: string }>>();

function certificateFor(address: string): Promise<{ cert: string; private: string }> {
  const made =
    certificates.get(address) ??
    generate([{ name: "commonName", value: "truenas" }], {
      keyType: "ec",
      extensions: [
        { name: "basicConstraints", cA: true },
        { name: "subjectAltName", altNames: [{ type: 7, ip: address }] },
      ],
    });
  certificates.set(address, made);
  return made;
}

function scramLogin(faults: ScramFaults) {
  let messages: { bare: string; first: string; nonce: string; salted: Buffer } | undefined;
  const hmac = (key: Buffer, text: string) => createHmac("sha512", key).update(text).digest();
  return ({ params }: FakeRequest): unknown => {
    const login = params[0] as { mechanism: string; scram_type: string; rfc_str: string };
    if (login.mechanism !== "SCRAM") return { response_type: "AUTH_ERR" };
    const reply = (type: string, text: string) => ({
      response_type: "SCRAM_RESPONSE",
      scram_type: type,
      rfc_str: text,
      user_info: null,
    });
    if (login.scram_type === "CLIENT_FIRST_MESSAGE") {
      const bare = login.rfc_str.slice("n,,".length);
      const client = Buffer.from(bare.slice(bare.indexOf(",r=") + 3), "base64");
      const nonce = (faults.nonce?.(client) ?? Buffer.concat([client, randomBytes(32)])).toString("base64");
      const salt = randomBytes(16);
      const iterations = faults.iterations ?? 50_000;
      const first = `r=${nonce},s=${salt.toString("base64")},i=${iterations}`;
      const salted = pbkdf2Sync(apiKey.slice(2), salt, 50_000, 64, "sha512");
      messages = { bare, first, nonce, salted };
      return bare.startsWith(`n=${username}:7,`)
        ? reply("SERVER_FIRST_RESPONSE", first)
        : { response_type: "AUTH_ERR" };
    }
    if (messages === undefined) return { response_type: "AUTH_ERR" };
    const { bare, first, nonce, salted } = messages;
    const text = `${bare},${first},c=biws,r=${nonce}`;
    const storedKey = createHash("sha512").update(hmac(salted, "Client Key")).digest();
    const signature = hmac(storedKey, text);
    const proof = Buffer.from(login.rfc_str.slice(login.rfc_str.indexOf(",p=") + 3), "base64");
    const clientKey = Buffer.from(proof.map((byte, i) => byte ^ (signature[i] ?? 0)));
    if (!createHash("sha512").update(clientKey).digest().equals(storedKey)) return { response_type: "AUTH_ERR" };
    const own = hmac(hmac(salted, "Server Key"), text).toString("base64");
    return reply("SERVER_FINAL_RESPONSE", `v=${faults.signature ?? own}`);
  };
}

function keyLogin({ params }: FakeRequest): unknown {
  const login = params[0] as { mechanism: string; username: string; api_key: string };
  const right = login.mechanism === "API_KEY_PLAIN" && login.username === username && login.api_key === apiKey;
  return right
    ? { response_type: "SUCCESS", user_info: null, authenticator: "LEVEL_1" }
    : { response_type: "AUTH_ERR" };
}

async function answer(socket: WebSocket, text: string, handlers: Map<string, Handler>, nas: Pick<FakeNas, "requests">) {
  const { id, method, params } = JSON.parse(text) as { id: string; method: string; params: unknown[] };
  nas.requests.push({ method, params });
  const send = (rest: object) => socket.send(JSON.stringify({ jsonrpc: "2.0", ...rest }));
  const request: FakeRequest = {
    id,
    method,
    params,
    socket,
    notify: (name, fields) => send({ method: name, params: fields }),
  };
  try {
    const handler = handlers.get(method);
    if (handler === undefined) throw new WireError(-32601, "Method does not exist");
    const result = await handler(request);
    if (result !== silence) send({ id, result });
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    send({ id, error: { code: error.code, message: error.message, data: error.data } });
  }
}

export async function startFakeNas(options: FakeOptions = {}): Promise<FakeNas> {
  const { cert, private: key } = await certificateFor(options.certificateAddress ?? "127.0.0.1");
  const versions = options.versions ?? versions26;
  const scram = versions.includes("v26.0.0") || versions.includes("v27.0.0");
  const requests: FakeNas["requests"] = [];
  const sockets = new Set<Socket>();
  const counts = { connections: 0, upgrades: 0, http: 0, pings: 0 };
  const server = createServer({ cert, key }, (_request, response) => {
    counts.http += 1;
    response.writeHead(options.versionsStatus ?? 200, { "content-type": "application/json" });
    response.end(typeof versions === "string" ? versions : JSON.stringify(versions));
  });
  server.on("connection", (socket: Socket) => {
    counts.connections += 1;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", () => undefined);
  const webSockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    counts.http += 1;
    const status = options.upgradeStatus?.();
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      counts.upgrades += 1;
      const handlers = new Map<string, Handler>(
        Object.entries({
          "auth.login_ex": scram ? scramLogin(options.scram ?? {}) : keyLogin,
          "core.set_options": () => ({ legacy_jobs: false }),
          "core.ping": () => "pong",
          ...options.handlers,
        }),
      );
      webSocket.on("error", () => undefined);
      webSocket.on("ping", () => {
        counts.pings += 1;
      });
      webSocket.on("message", (data) => void answer(webSocket, data.toString(), handlers, { requests }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    certificate: cert,
    fingerprint: new X509Certificate(cert).fingerprint256,
    requests,
    connections: () => counts.connections,
    upgrades: () => counts.upgrades,
    pings: () => counts.pings,
    count: (method) => requests.filter((request) => request.method === method).length,
    httpRequests: () => counts.http,
    cut,
    stop: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
