import { describe, expect, it } from "vitest";
import { TrueNasClient } from "../../../providers/truenas/client/client.ts";
import {
  AuthenticationError,
  ReadOnlyError,
  SettingsError,
  TooManyCallsError,
  UnsupportedVersionError,
} from "../../../providers/truenas/client/errors.ts";
import { apiKey, callError, type Handler, startFakeNas, username, versions26, versions2510 } from "./fake-nas.ts";
import { fixture, quick, rejection, settingsFor } from "./fixture.ts";

const mechanisms = (nas: {
  readonly requests: readonly { readonly method: string; readonly params: readonly unknown[] }[];
}) =>
  nas.requests
    .filter((request) => request.method === "auth.login_ex")
    .map((request) => (request.params[0] as { mechanism: string }).mechanism);

describe("login", () => {
  it("uses SCRAM on 26 and never sends the key", async () => {
    const { nas, client } = await fixture();
    await expect(client.call("core.ping")).resolves.toBe("pong");
    expect(nas.requests.map((request) => request.method)).toEqual([
      "auth.login_ex",
      "auth.login_ex",
      "core.set_options",
      "core.ping",
    ]);
    expect(nas.requests[2]?.params).toEqual([{ legacy_jobs: false }]);
    expect(mechanisms(nas)).toEqual(["SCRAM", "SCRAM"]);
    expect(JSON.stringify(nas.requests)).not.toContain(apiKey.slice(2));
    await expect(client.version()).resolves.toEqual({ name: "26.0", full: "26.0.0", login: "scram", readOnly: false });
  });

  it("uses the API key on 25.10", async () => {
    const { nas, client } = await fixture({ versions: versions2510 });
    await expect(client.call("core.ping")).resolves.toBe("pong");
    expect(nas.requests[0]).toEqual({
      method: "auth.login_ex",
      params: [{ mechanism: "API_KEY_PLAIN", username, api_key: apiKey }],
    });
    expect((await client.version()).name).toBe("25.10");
  });

  it("is done once, also for calls that come together", async () => {
    const { nas, client } = await fixture({ versions: versions2510 });
    expect(nas.connections()).toBe(0);
    await Promise.all(Array.from({ length: 25 }, () => client.call("core.ping")));
    await client.version();
    await client.call("core.ping");
    expect([nas.count("auth.login_ex"), nas.upgrades(), nas.count("core.ping")]).toEqual([1, 1, 26]);
  });

  it.each([
    ["AUTH_ERR", "refused", "the API key is wrong, was deleted, or belongs to another user"],
    ["EXPIRED", "expired", "the API key is expired or revoked"],
    ["DENIED", "denied", "the account may not use the API"],
    ["OTP_REQUIRED", "second-factor", "the NAS asks for a second factor"],
    ["REDIRECT", "redirect", "this is the standby node of a pair"],
    ["NEWS", "server", 'it gave an unknown reply "NEWS"'],
  ])("explains the reply %s and does not try again", async (type, failure, words) => {
    for (const versions of [versions26, versions2510]) {
      const { nas, client, lines } = await fixture({
        versions,
        handlers: { "auth.login_ex": () => ({ response_type: type }) },
      });
      const error = await rejection(client.call("core.ping"), AuthenticationError);
      expect(error.failure).toBe(failure);
      expect(error.username).toBe(username);
      expect(error.message).toContain(`TrueNAS at ${nas.endpoint} did not log in user "svc": ${words}`);
      expect(await rejection(client.call("core.ping"), AuthenticationError)).toBe(error);
      expect(nas.count("auth.login_ex")).toBe(1);
      expect(lines).toEqual([]);
    }
  });

  it("refuses a wrong key on both versions", async () => {
    for (const versions of [versions26, versions2510]) {
      const nas = await startFakeNas({ versions });
      const client = new TrueNasClient({ ...settingsFor(nas), apiKey: "7-wrong" }, quick);
      expect((await rejection(client.call("core.ping"), AuthenticationError)).failure).toBe("refused");
      await client.close();
      await nas.stop();
    }
  });

  it("does not fall back to sending the key when SCRAM fails on 26", async () => {
    const handler: Handler = () => callError(22, "EINVAL", "SCRAM is out of order");
    const { nas, client } = await fixture({
      handlers: {
        "auth.login_ex": (request) => {
          throw handler(request);
        },
      },
    });
    const error = await rejection(client.call("core.ping"), AuthenticationError);
    expect(error.message).toContain("SCRAM is out of order");
    expect(mechanisms(nas)).toEqual(["SCRAM"]);
  });

  it.each([
    [{ signature: Buffer.alloc(64).toString("base64") }, "it does not know the key (wrong server signature)", 2],
    [{ nonce: () => Buffer.alloc(64, 1) }, "it did not continue our nonce", 1],
    [{ nonce: (client: Buffer) => client }, "it did not continue our nonce", 1],
    [{ iterations: 1 }, "it asked for 1 iterations, outside 50000 to 5000000", 1],
  ])("does not trust a server that gets SCRAM wrong: %j", async (scram, words, messages) => {
    const { nas, client } = await fixture({ scram });
    const error = await rejection(client.call("core.ping"), AuthenticationError);
    expect(error.failure).toBe("server");
    expect(error.message).toContain(words);
    expect([nas.count("auth.login_ex"), nas.count("core.ping"), nas.count("core.set_options")]).toEqual([
      messages,
      0,
      0,
    ]);
  });

  it("refuses a server that skips its proof", async () => {
    const { nas, client } = await fixture({ handlers: { "auth.login_ex": () => ({ response_type: "SUCCESS" }) } });
    expect((await rejection(client.call("core.ping"), AuthenticationError)).failure).toBe("server");
    expect(nas.count("core.ping")).toBe(0);
  });

  it("refuses a key that cannot be one, without sending it", async () => {
    const nas = await startFakeNas();
    const client = new TrueNasClient({ ...settingsFor(nas), apiKey: "correct horse" }, quick);
    expect((await rejection(client.call("core.ping"), SettingsError)).message).not.toContain("correct");
    expect(nas.requests).toEqual([]);
    await client.close();
    await nas.stop();
  });

  it("waits a bounded number of times where the NAS limits the rate", async () => {
    let refusals = 2;
    const { nas, client, lines } = await fixture({
      versions: versions2510,
      handlers: {
        "auth.login_ex": () => {
          refusals -= 1;
          if (refusals >= 0) throw callError(16, "EBUSY", "[EBUSY] Rate Limit Exceeded");
          return { response_type: "SUCCESS" };
        },
      },
    });
    await expect(client.call("core.ping")).resolves.toBe("pong");
    expect(nas.count("auth.login_ex")).toBe(3);
    expect(lines).toEqual(Array(2).fill(`${nas.endpoint} limits the rate of logins; trying again in 0 s`));
    refusals = 100;
    nas.cut();
    const error = await rejection(client.call("core.ping"), TooManyCallsError);
    expect(error.message).toContain("Rate Limit Exceeded");
    expect(nas.count("auth.login_ex")).toBe(3 + 4);
  });

  it("spreads its own logins so that the NAS never has to refuse", async () => {
    const { nas, client, lines } = await fixture({ versions: versions2510 }, { loginWindow: 500 });
    const began = performance.now();
    for (let i = 0; i < 8; i++) {
      await client.call("core.ping");
      nas.cut();
    }
    expect(performance.now() - began).toBeGreaterThanOrEqual(450);
    expect(nas.count("auth.login_ex")).toBe(8);
    expect(lines.filter((line) => line.includes("lost the connection too often"))).toHaveLength(1);
  });
});

describe("versions", () => {
  it("refuses a NAS older than 25.10 without logging in", async () => {
    const { nas, client } = await fixture({ versions: ["v25.04.0", "v25.04.2"] });
    const error = await rejection(client.call("core.ping"), UnsupportedVersionError);
    expect(error.message).toBe(
      `TrueNAS at ${nas.endpoint} speaks API 25.04.2; 25.10 or later is needed. Update the NAS first.`,
    );
    expect(nas.requests).toEqual([]);
  });

  it("refuses a NAS that has no list of versions", async () => {
    const { client } = await fixture({ versionsStatus: 404 });
    expect((await rejection(client.version(), UnsupportedVersionError)).required).toBe("25.10");
  });

  it("reads a newer NAS and changes nothing, with one warning", async () => {
    const { nas, client, lines } = await fixture({
      versions: [...versions26, "v27.0.0"],
      handlers: { "pool.query": () => [] },
    });
    await expect(client.call("pool.query")).resolves.toEqual([]);
    const error = await rejection(client.call("pool.dataset.create", [{ name: "tank/a" }]), ReadOnlyError);
    expect([error.method, error.version]).toEqual(["pool.dataset.create", "27.0.0"]);
    await client.call("pool.query");
    expect(nas.count("pool.dataset.create")).toBe(0);
    expect(lines).toEqual([
      `warning: TrueNAS at ${nas.endpoint} speaks API 27.0.0, newer than this provider knows; it is read and not changed`,
    ]);
    expect((await client.version()).readOnly).toBe(true);
  });
});
