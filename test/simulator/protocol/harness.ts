import { once } from "node:events";
import { WebSocket } from "ws";
import { z } from "zod";
import { CallError, invalid } from "../../../simulator/nas/errors.ts";
import { type Machine, startMachine } from "../../../simulator/nas/machine.ts";
import { type ApiVersion, type Method, queryParams, secret, text } from "../../../simulator/nas/method.ts";
import type { WireRecord } from "../../../simulator/nas/recorder.ts";
import { parse, stringify } from "../../../simulator/nas/rpc/ejson.ts";
import { World } from "../../../simulator/nas/world/world.ts";

export const versions: readonly ApiVersion[] = ["25.10", "26.0"];

/** A door that methods of the tests wait at. */
export class Gate {
  #open: (() => void)[] = [];
  waiting = 0;

  async pass(): Promise<void> {
    this.waiting += 1;
    await new Promise<void>((resolve) => this.#open.push(resolve));
    this.waiting -= 1;
  }

  /** Lets those in who wait, or the first few. */
  open(count = this.#open.length): void {
    for (const resolve of this.#open.splice(0, count)) resolve();
  }
}

/** Methods that exist for these tests only, so that they say nothing about the real ones. */
export function probes(gate: Gate, effects: unknown[]): Method[] {
  return [
    { name: "probe.echo", params: () => [{ name: "value", schema: z.unknown() }], run: (_call, [value]) => value },
    {
      name: "probe.typed",
      params: () => [
        {
          name: "data",
          schema: z.strictObject({
            name: text(),
            count: z.int().min(1).max(9).default(3),
            ratio: z.number().optional(),
            flag: z.boolean().optional(),
            kind: z.enum(["A", "B", "C"]).optional(),
            tags: z.array(text()).max(2).optional(),
            when: z.date().optional(),
            limit: z.union([z.int(), z.literal("none")]).optional(),
            code: z
              .string()
              .regex(/^[a-z]+$/)
              .optional(),
            inner: z.strictObject({ key: text() }).nullable().optional(),
          }),
        },
        {
          name: "options",
          schema: z.strictObject({ force: z.boolean().default(false) }).prefault({}),
          required: false,
        },
      ],
      run: (_call, params) => params,
    },
    {
      name: "probe.fail",
      params: () => [{ name: "how", schema: text() }],
      run(_call, [how]) {
        if (how === "validation") throw invalid("probe_create.name", "Name is taken", 17);
        if (how === "crash") throw new TypeError("boom");
        throw new CallError("It is busy", 16, { dependencies: ["x"] });
      },
    },
    {
      name: "probe.wait",
      params: () => [],
      async run() {
        await gate.pass();
        return "waited";
      },
    },
    {
      name: "probe.write",
      params: () => [{ name: "value", schema: z.unknown() }],
      async run(call, [value]) {
        await call.sleep(60_000);
        effects.push(value);
        call.emit("probe.query", "ADDED", value, { id: value });
        return value;
      },
    },
    {
      name: "probe.query",
      access: ["PROBE_READ", "PROBE_WRITE", "READONLY_ADMIN"],
      params: () => queryParams,
      secrets: ["password", "nested.*.token"],
      secretRoles: ["PROBE_WRITE"],
      run: () => [{ id: 1, password: "hunter2", nested: [{ token: "t", plain: "p" }], empty: null }],
    },
    { name: "probe.admin", access: ["FULL_ADMIN"], params: () => [], run: () => "done" },
    { name: "probe.hidden", private: true, params: () => [], run: () => "hidden" },
    { name: "probe.new", versions: ["26.0"], params: () => [], run: () => "new" },
    {
      name: "probe.job",
      job: { lock: ([data]) => (data as { lock: string }).lock, abortable: true, description: () => "A probe" },
      params: () => [
        {
          name: "data",
          schema: z.strictObject({
            lock: text().default("probe"),
            secret: secret(text()).optional(),
            fail: text().optional(),
          }),
        },
      ],
      secrets: ["secret"],
      async run(call, [data]) {
        const { fail, secret: hidden } = data as { fail?: string; secret?: string };
        call.progress(25.7, "Working", { step: 1 });
        await gate.pass();
        if (fail === "validation") throw invalid("probe.lock", "Not this one");
        if (fail !== undefined) throw new CallError(fail);
        effects.push("job");
        return { ok: true, secret: hidden ?? null };
      },
    },
    {
      name: "probe.single",
      job: { lock: () => "single", lockQueueSize: 0 },
      params: () => [],
      run: () => gate.pass(),
    },
  ];
}

export interface Probe extends Machine {
  readonly world: World;
  readonly gate: Gate;
  /** What probe methods did. */
  readonly effects: unknown[];
  readonly records: WireRecord[];
  readonly username: string;
  readonly password: string;
  readonly apiKey: string;
}

export interface ProbeOptions {
  readonly latency?: number;
  readonly penaltyMs?: number;
  readonly idleMs?: number;
  readonly insecure?: boolean;
  readonly serverVersion?: string;
  /** Where the clock stands. Default: it runs with real time. */
  readonly start?: number;
}

/** A machine with probe methods, and an administrator. */
export async function startProbe(version: ApiVersion, options: ProbeOptions = {}): Promise<Probe> {
  const world = new World({
    version,
    ...(options.serverVersion === undefined ? {} : { serverVersion: options.serverVersion }),
    ...(options.start === undefined ? {} : { start: options.start }),
  });
  const gate = new Gate();
  const effects: unknown[] = [];
  const records: WireRecord[] = [];
  const machine = await startMachine({
    world,
    methods: probes(gate, effects),
    settings: { version, latency: options.latency ?? 0, penaltyMs: options.penaltyMs ?? 0, scramIterations: 50_000 },
    port: 0,
    insecurePort: options.insecure ? 0 : undefined,
    certificateNames: ["nas.example"],
    idleMs: options.idleMs ?? 60_000,
    bootMs: 50,
    record: (entry) => records.push(entry),
  });
  const username = "truenas_admin";
  const password = "correct horse";
  machine.accounts.setPassword(username, { password });
  return {
    ...machine,
    world,
    gate,
    effects,
    records,
    username,
    password,
    apiKey: machine.accounts.addKey(username, "probe"),
  };
}

export type Answer = ReturnType<typeof JSON.parse>;

/** A client that knows nothing of the protocol but frames. */
export class Raw {
  readonly socket: WebSocket;
  readonly messages: Answer[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  #next = 0;
  #wake: (() => void)[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => {
      this.messages.push(parse(String(data)));
      for (const wake of this.#wake.splice(0)) wake();
    });
    socket.on("error", () => {});
    this.closed = new Promise((resolve) =>
      socket.on("close", (code, reason) => resolve({ code, reason: String(reason) })),
    );
  }

  static async open(target: Pick<Machine, "endpoint" | "certificate">, path = "/api/current"): Promise<Raw> {
    return Raw.openUrl(`wss://${target.endpoint}${path}`, target.certificate);
  }

  static async openUrl(url: string, ca?: string): Promise<Raw> {
    const socket = new WebSocket(url, { ...(ca === undefined ? {} : { ca }), perMessageDeflate: false });
    const raw = new Raw(socket);
    await once(socket, "open");
    return raw;
  }

  /** Opens a connection and logs the administrator in. */
  static async login(probe: Probe, path?: string): Promise<Raw> {
    const raw = await Raw.open(probe, path);
    const { result } = await raw.call("auth.login_ex", [
      { mechanism: "PASSWORD_PLAIN", username: probe.username, password: probe.password },
    ]);
    if (result?.response_type !== "SUCCESS") throw new Error(`no login: ${JSON.stringify(result)}`);
    return raw;
  }

  text(message: string): void {
    this.socket.send(message);
  }

  send(message: unknown): void {
    this.text(stringify(message));
  }

  /** The first message that fits, now or later. */
  async message(fits: (message: Answer) => boolean): Promise<Answer> {
    for (;;) {
      const found = this.messages.find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** Sends a call and gives the id to wait for. */
  start(method: string, params: unknown[] = []): number {
    this.#next += 1;
    this.send({ jsonrpc: "2.0", id: this.#next, method, params });
    return this.#next;
  }

  answer(id: unknown): Promise<Answer> {
    return this.message((message) => message.id === id && !("method" in message));
  }

  call(method: string, params: unknown[] = []): Promise<Answer> {
    return this.answer(this.start(method, params));
  }

  /** The event of that collection that fits. */
  async event(collection: string, fits: (params: Answer) => boolean = () => true): Promise<Answer> {
    const found = await this.message(
      ({ method, params }) => method === "collection_update" && params.collection === collection && fits(params),
    );
    return found.params;
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

/** Lets everything happen that is ready to. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 8; i += 1) await new Promise((resolve) => setTimeout(resolve, 2));
}
