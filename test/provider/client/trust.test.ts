import { createServer as createPlainServer } from "node:http";
import { type AddressInfo, createServer as createSilentServer, type Server } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { TrueNasClient } from "../../../providers/truenas/client/client.ts";
import { CertificateError, SettingsError, UnreachableError } from "../../../providers/truenas/client/errors.ts";
import type { ClientSettings } from "../../../providers/truenas/client/settings.ts";
import { apiKey, type FakeNas, type FakeOptions, startFakeNas, username } from "./fake-nas.ts";
import { quick, rejection } from "./fixture.ts";

async function nasFor(options: FakeOptions = {}): Promise<FakeNas> {
  const nas = await startFakeNas(options);
  onTestFinished(() => nas.stop());
  return nas;
}

function clientFor(endpoint: string, trust: Partial<ClientSettings>): TrueNasClient {
  const client = new TrueNasClient({ endpoint, username, apiKey, ...trust }, quick);
  onTestFinished(() => client.close());
  return client;
}

describe("trust", () => {
  it("takes a pinned fingerprint, in any way to write it, whatever name the certificate has", async () => {
    const nas = await nasFor({ certificateAddress: "10.10.10.20" });
    const fingerprint = nas.fingerprint.replaceAll(":", "").toLowerCase();
    await expect(clientFor(nas.endpoint, { fingerprint }).call("core.ping")).resolves.toBe("pong");
  });

  it("takes a certificate whose authority is given", async () => {
    const nas = await nasFor();
    await expect(clientFor(nas.endpoint, { ca: nas.certificate }).call("core.ping")).resolves.toBe("pong");
  });

  it("refuses an unknown certificate, shows its fingerprint and the line to add, and sends nothing", async () => {
    const nas = await nasFor();
    const error = await rejection(clientFor(nas.endpoint, {}).call("core.ping"), CertificateError);
    expect(error.fingerprint).toBe(nas.fingerprint);
    expect(error.reason).toBe("it is self-signed");
    expect(error.message).toContain(`TrueNAS at ${nas.endpoint} presented a certificate that is not trusted`);
    expect(error.message.split("\n")[1]).toBe(`  nas.tls.fingerprint: "${nas.fingerprint}"`);
    await nas.stop();
    expect([nas.connections(), nas.httpRequests()]).toEqual([1, 0]);
  });

  it("refuses another certificate than the pinned one, and sends nothing", async () => {
    const nas = await nasFor();
    const pinned = Array.from({ length: 32 }, () => "00").join(":");
    const error = await rejection(clientFor(nas.endpoint, { fingerprint: pinned }).call("core.ping"), CertificateError);
    expect(error.message).toContain(`The configuration pins ${pinned}`);
    expect(error.fingerprint).toBe(nas.fingerprint);
    await nas.stop();
    expect([nas.connections(), nas.httpRequests()]).toEqual([1, 0]);
  });

  it("refuses a certificate of a trusted authority that was issued for another name", async () => {
    const nas = await nasFor({ certificateAddress: "10.10.10.20" });
    const error = await rejection(clientFor(nas.endpoint, { ca: nas.certificate }).call("core.ping"), CertificateError);
    expect(error.reason).toBe("it was issued for another name");
  });

  it("does not ask again after a certificate was refused", async () => {
    const nas = await nasFor();
    const client = clientFor(nas.endpoint, {});
    const first = await rejection(client.call("core.ping"), CertificateError);
    expect(await rejection(client.call("core.ping"), CertificateError)).toBe(first);
    expect(nas.connections()).toBe(1);
  });

  it("refuses settings that cannot be used before anybody is contacted", () => {
    const base = { endpoint: "127.0.0.1", username, apiKey };
    expect(() => new TrueNasClient({ ...base, ca: "not a certificate" })).toThrow(SettingsError);
    expect(() => new TrueNasClient({ ...base, fingerprint: "AB:CD" })).toThrow(SettingsError);
    expect(() => new TrueNasClient({ ...base, endpoint: "ws://127.0.0.1" })).toThrow(SettingsError);
  });
});

describe("what is not a TrueNAS that can be reached", () => {
  async function listen(server: Server): Promise<string> {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const pin = { fingerprint: "00".repeat(32) };

  it("names a port where nothing listens, after some attempts", async () => {
    const nas = await startFakeNas();
    await nas.stop();
    const error = await rejection(clientFor(nas.endpoint, pin).call("core.ping"), UnreachableError);
    expect(error.message).toBe(
      `TrueNAS at ${nas.endpoint} cannot be reached: nothing listens there (connection refused). ` +
        "Check that it is switched on, that nas.host names it, and that its web interface answers there.",
    );
  });

  it("never speaks without TLS", async () => {
    const requests: string[] = [];
    const endpoint = await listen(
      createPlainServer((request, response) => {
        requests.push(request.url ?? "");
        response.end();
      }),
    );
    const error = await rejection(clientFor(endpoint, pin).call("core.ping"), UnreachableError);
    expect(error.reason).toBe("it answers, but not with TLS");
    expect(error.message).toContain("The API key is only sent encrypted");
    expect(requests).toEqual([]);
  });

  it("gives up on a port that never answers", async () => {
    const endpoint = await listen(createSilentServer((socket) => socket.on("error", () => undefined).resume()));
    const client = new TrueNasClient({ endpoint, username, apiKey, ...pin }, { ...quick, connect: 60 });
    const error = await rejection(client.call("core.ping"), UnreachableError);
    expect(error.reason).toBe("it does not answer within 0.06 s");
    await client.close();
  });

  it.each<[string, FakeOptions, string]>([
    ["a page", { versions: "<html></html>" }, "it did not answer with JSON when asked for its API versions"],
    ["an object", { versions: '{"a":1}' }, "it did not answer with a list when asked for its API versions"],
    ["an error", { versionsStatus: 502 }, "it answered with HTTP status 502 when asked for its API versions"],
    ["too much", { versions: `"${"x".repeat(70_000)}"` }, "its list of API versions is too long"],
    [
      "an error instead of a WebSocket",
      { upgradeStatus: () => 503 },
      "it answered with HTTP status 503 instead of opening its API (it may be starting up)",
    ],
  ])("tells that a strange server answered with %s", async (_what, options, reason) => {
    const nas = await nasFor(options);
    const client = clientFor(nas.endpoint, { fingerprint: nas.fingerprint });
    const error = await rejection(client.call("core.ping"), UnreachableError);
    expect(error.reason).toBe(reason);
  });

  it("waits for a NAS that is starting up", async () => {
    const statuses = [502, 502];
    const nas = await nasFor({ upgradeStatus: () => statuses.pop() });
    await expect(clientFor(nas.endpoint, { fingerprint: nas.fingerprint }).call("core.ping")).resolves.toBe("pong");
  });
});
