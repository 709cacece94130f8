import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { get } from "node:https";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type Probe, Raw, startProbe } from "./harness.ts";

const fetchJson = async (probe: Probe, path: string): Promise<{ status: number | undefined; body: unknown }> => {
  const [response] = await once(
    get(`https://${probe.endpoint}${path}`, { ca: probe.certificate, agent: false }),
    "response",
  );
  let body = "";
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, body: body === "" ? "" : JSON.parse(body) };
};

const refusal = async (probe: Probe, path: string): Promise<string> => {
  const socket = new WebSocket(`wss://${probe.endpoint}${path}`, { ca: probe.certificate });
  const [error] = await once(socket, "error");
  return error.message;
};

describe("a NAS of 26.0", () => {
  let probe: Probe;
  beforeEach(async () => {
    probe = await startProbe("26.0", { insecure: true });
  });
  afterEach(() => probe.stop());

  it("lists the API versions that it serves, and its boot id", async () => {
    expect(await fetchJson(probe, "/api/versions")).toEqual({
      status: 200,
      body: ["v25.10.0", "v25.10.1", "v25.10.2", "v25.10.3", "v25.10.4", "v25.10.5", "v26.0.0"],
    });
    expect(await fetchJson(probe, "/api/boot_id")).toEqual({ status: 200, body: probe.world.bootId });
    expect(await fetchJson(probe, "/api/v2.0/pool")).toEqual({ status: 404, body: "" });
  });

  it("serves the methods of the version that the address names", async () => {
    const current = await Raw.login(probe);
    const pinned = await Raw.login(probe, "/api/v26.0.0");
    const older = await Raw.login(probe, "/api/v25.10.5");
    expect((await current.call("probe.new")).result).toBe("new");
    expect((await pinned.call("probe.new")).result).toBe("new");
    expect((await older.call("probe.new")).error).toEqual({ code: -32601, message: "Method does not exist" });
  });

  it("refuses an address that it does not know", async () => {
    expect(await refusal(probe, "/api/v27.0.0")).toContain("404");
    expect(await refusal(probe, "/api/v25.10")).toContain("404");
    expect(await refusal(probe, "/")).toContain("404");
  });

  it("shows a certificate for its names that is its own authority", async () => {
    const certificate = new X509Certificate(probe.certificate);
    expect(certificate.fingerprint256).toBe(probe.fingerprint);
    expect(probe.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(certificate.checkHost("localhost")).toBe("localhost");
    expect(certificate.checkHost("nas.example")).toBe("nas.example");
    expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(certificate.checkHost("other.example")).toBeUndefined();
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  });

  it("closes a connection that sends binary frames", async () => {
    const raw = await Raw.open(probe);
    raw.socket.send(Buffer.from("{}"), { binary: true });
    expect((await raw.closed).code).toBe(1003);
  });

  it("serves plain HTTP where it was asked to", async () => {
    const raw = await Raw.openUrl(`ws://${probe.insecureEndpoint}/api/current`);
    expect((await raw.call("core.ping")).result).toBe("pong");
  });
});

describe("a NAS of another release", () => {
  const listed = async (version: "25.10" | "26.0", serverVersion?: string): Promise<unknown> => {
    const probe = await startProbe(version, serverVersion === undefined ? {} : { serverVersion });
    try {
      return (await fetchJson(probe, "/api/versions")).body;
    } finally {
      await probe.stop();
    }
  };

  it("lists the names of that release", async () => {
    expect(await listed("25.10")).toEqual(["v25.10.0", "v25.10.1", "v25.10.2", "v25.10.3", "v25.10.4", "v25.10.5"]);
    expect(await listed("25.10", "25.10.2")).toEqual(["v25.10.0", "v25.10.1", "v25.10.2"]);
    expect(await listed("25.10", "25.04.2")).toEqual(["v25.4.2"]);
    expect(((await listed("26.0", "27.0.0")) as string[]).slice(-2)).toEqual(["v26.0.0", "v27.0.0"]);
  });
});

describe("a silent connection", () => {
  it("is cut, and one that keeps talking is not", async () => {
    const probe = await startProbe("25.10", { idleMs: 120 });
    const silent = await Raw.open(probe);
    const talking = await Raw.open(probe);
    const timer = setInterval(() => talking.socket.ping(), 30);
    expect((await silent.closed).code).toBe(1006);
    expect(talking.socket.readyState).toBe(WebSocket.OPEN);
    clearInterval(timer);
    await probe.stop();
  });
});
