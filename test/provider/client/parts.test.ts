import { describe, expect, it, vi } from "vitest";
import { decode, encode } from "../../../providers/truenas/client/ejson.ts";
import { SettingsError, UnsupportedVersionError } from "../../../providers/truenas/client/errors.ts";
import { Freshness } from "../../../providers/truenas/client/freshness.ts";
import { Limiter } from "../../../providers/truenas/client/limiter.ts";
import { isJob, kindOf } from "../../../providers/truenas/client/methods.ts";
import { ScramError, startScram } from "../../../providers/truenas/client/scram.ts";
import { scrub } from "../../../providers/truenas/client/scrub.ts";
import { normalizeFingerprint, parseApiKey, parseEndpoint } from "../../../providers/truenas/client/settings.ts";
import { chooseVersion } from "../../../providers/truenas/client/versions.ts";

describe("values on the wire", () => {
  it("carries points in time in both directions, at any depth", () => {
    const value = { a: [new Date(1_700_000_000_123)], b: { at: new Date(0) }, n: null };
    const text = '{"a":[{"$date":1700000000123}],"b":{"at":{"$date":0}},"n":null}';
    expect(encode(value)).toBe(text);
    expect(decode(text)).toEqual(value);
  });

  it("keeps what has no counterpart, and what only looks like a date", () => {
    const text =
      '[{"$time":"01:02:03"},{"$set":[1]},{"$date":"x"},{"$date":1,"more":2},{"$type":"date","$value":"2026-01-01"}]';
    expect(JSON.stringify(decode(text))).toBe(text);
  });

  it("does not let an answer reach a prototype", () => {
    const value = decode('{"__proto__":{"$date":5},"a":{"$date":5}}') as { a: unknown };
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(value.a).toEqual(new Date(5));
  });

  it("refuses an invalid date and a text that is not JSON", () => {
    expect(() => encode([new Date(Number.NaN)])).toThrow(RangeError);
    expect(() => decode('{"result":')).toThrow(SyntaxError);
  });
});

describe("secrets in text", () => {
  const key = '7-a+b/c d"e\\f%gäZ1234567890';
  it.each([
    ["plain", key],
    ["base64", Buffer.from(key).toString("base64").replace(/=+$/, "")],
    ["base64url", Buffer.from(key).toString("base64url")],
    ["URL-encoded", encodeURIComponent(key)],
    ["URL-encoded in small letters", encodeURIComponent(key).replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())],
    ["JSON-escaped", JSON.stringify(key)],
  ])("removes %s form", (_form, text) => {
    const scrubbed = scrub(`<${text}>`, [key]);
    expect(scrubbed).toContain("[secret]");
    expect(scrubbed).not.toContain(text.slice(4, 16));
  });

  it.each([0, 1, 2, 3, 4])("removes base64 of a longer text, %i letters before the key", (before) => {
    const text = Buffer.from(`${"x".repeat(before)}${key}yz`).toString("base64");
    expect(scrub(text, [key])).toContain("[secret]");
    expect(scrub(text, [key]).length).toBeLessThan(25);
  });

  it("leaves other text alone", () => {
    expect(scrub("sharing.nfs.create refused", [key, "", "ab"])).toBe("sharing.nfs.create refused");
  });
});

describe("settings", () => {
  it.each([
    ["10.10.10.20", { host: "10.10.10.20", port: 443, name: "10.10.10.20" }],
    ["nas.home:8443", { host: "nas.home", port: 8443, name: "nas.home:8443" }],
    ["nas:443", { host: "nas", port: 443, name: "nas" }],
    ["fd00::20", { host: "fd00::20", port: 443, name: "[fd00::20]" }],
    ["[fd00::20]:444", { host: "fd00::20", port: 444, name: "[fd00::20]:444" }],
  ])("reads the endpoint %s", (endpoint, target) => {
    expect(parseEndpoint(endpoint)).toEqual(target);
  });

  it.each(["ws://nas", "http://nas", "wss://nas/api/current", "nas/ui"])("refuses a scheme or path: %s", (endpoint) => {
    expect(() => parseEndpoint(endpoint)).toThrow(
      new SettingsError(
        endpoint,
        "nas.endpoint",
        `"${endpoint}" has a scheme or a path; write host or host:port, for example "10.10.10.20" (always TLS)`,
      ),
    );
  });

  it.each(["", "nas:", "nas:0", "nas:70000", "a b", "user@nas", "nas:1:2", "[nas]"])('refuses "%s"', (endpoint) => {
    expect(() => parseEndpoint(endpoint)).toThrow(SettingsError);
  });

  it("writes fingerprints one way and refuses others", () => {
    const colons = Array.from({ length: 32 }, () => "AB").join(":");
    expect(normalizeFingerprint("nas", "ab".repeat(32))).toBe(colons);
    expect(normalizeFingerprint("nas", ` ${colons} `)).toBe(colons);
    expect(() => normalizeFingerprint("nas", "AB:CD")).toThrow(
      'nas.tls.fingerprint: "AB:CD" is not a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons',
    );
  });

  it("takes an API key apart and never shows a bad one", () => {
    expect(parseApiKey("nas", "12-abc-def")).toEqual({ id: 12, secret: "abc-def" });
    expect(() => parseApiKey("nas", "hunter2")).toThrow(/^truenasApiKey: it does not look like (?!.*hunter2)/);
  });
});

describe("versions", () => {
  it.each([
    [["v25.10.0", "v25.10.5", "v25.04.2"], { name: "25.10", full: "25.10.5", login: "api-key", readOnly: false }],
    [["v26.0.0", "v25.10.5"], { name: "26.0", full: "26.0.0", login: "scram", readOnly: false }],
    [["v26.2.1"], { name: "26.2", full: "26.2.1", login: "scram", readOnly: false }],
    [["v25.10.10", "v25.10.9"], { name: "25.10", full: "25.10.10", login: "api-key", readOnly: false }],
    [["v27.0.0", "v26.0.0"], { name: "27.0", full: "27.0.0", login: "scram", readOnly: true }],
  ])("chooses from %j", (offered, expected) => {
    expect(chooseVersion("nas", offered)).toEqual(expected);
  });

  it("refuses what is older than 25.10, and a list without versions", () => {
    expect(() => chooseVersion("nas", ["v25.04.2"])).toThrow(new UnsupportedVersionError("nas", "25.04.2", "25.10"));
    expect(() => chooseVersion("nas", ["latest"])).toThrow(UnsupportedVersionError);
  });
});

describe("SCRAM-SHA-512", () => {
  // Computed with another implementation (Python's hashlib and hmac) from fixed nonces and salt.
  const clientNonce = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
  const nonce = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9kZWZnaGlqa2xtbm9wcXJzdHV2d3h5ent8fX5/gIGCgw==";
  const salt = "AAECAwQFBgcICQoLDA0ODw==";
  const serverFirst = `r=${nonce},s=${salt},i=50000`;
  const serverFinal = "v=+rUznjpgF8/7s9/KKtRN23TkYjRDGG3krP+224lHS6JcNvHMK/eK7qdqrjvNEtNQPDYhHcDo78vRPw4cUhFJmg==";
  const start = () => startScram("svc", 7, "A".repeat(64), clientNonce);

  it("gives the messages of the specification", async () => {
    const exchange = start();
    expect(exchange.clientFirst).toBe("n,,n=svc:7,r=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    const proof = await exchange.prove(serverFirst);
    expect(proof.clientFinal).toBe(
      `c=biws,r=${nonce},p=LzNhltur6Xr9gKXZj/NEUvLBt1My9gleFB1+FY4aDu2R30J2ABQgKIs4jt15gOfulAW9g9JObJ92nyZO/ZcZ/A==`,
    );
    expect(() => proof.verify(serverFinal)).not.toThrow();
  });

  it("uses a new nonce each time", () => {
    expect(startScram("svc", 7, "x").clientFirst).not.toBe(startScram("svc", 7, "x").clientFirst);
  });

  it.each([
    ["another nonce", `r=${Buffer.alloc(64).toString("base64")},s=${salt},i=50000`, "did not continue our nonce"],
    ["no nonce of its own", `r=${clientNonce.toString("base64")},s=${salt},i=50000`, "did not continue our nonce"],
    ["too few iterations", `r=${nonce},s=${salt},i=4096`, "asked for 4096 iterations"],
    ["too many iterations", `r=${nonce},s=${salt},i=5000001`, "asked for 5000001 iterations"],
    ["iterations that are no number", `r=${nonce},s=${salt},i=1e5`, "asked for 1e5 iterations"],
    ["a missing part", `r=${nonce},i=50000`, "malformed"],
    ["an extension", `m=x,r=${nonce},s=${salt},i=50000`, "malformed"],
    ["an empty salt", `r=${nonce},s=,i=50000`, "malformed"],
  ])("refuses a first message with %s", async (_what, message, problem) => {
    await expect(start().prove(message)).rejects.toThrow(problem);
  });

  it.each(["v=AAAA", `v=${Buffer.alloc(64).toString("base64")}`, "e=other-error", ""])(
    "refuses the final message %s",
    async (message) => {
      const proof = await start().prove(serverFirst);
      expect(() => proof.verify(message)).toThrow(ScramError);
    },
  );
});

describe("methods", () => {
  it.each(["pool.dataset.query", "nfs.config", "filesystem.stat", "core.get_jobs", "nfs.bindip_choices", "core.ping"])(
    "counts %s as a read",
    (method) => expect(kindOf(method)).toBe("read"),
  );
  it.each(["pool.dataset.delete", "core.bulk", "filesystem.setperm", "system.reboot", "never.heard_of", "pool.scrub"])(
    "counts %s as a change",
    (method) => expect(kindOf(method)).toBe("write"),
  );
  it("knows the jobs", () => {
    expect(isJob("filesystem.setperm")).toBe(true);
    expect(isJob("pool.dataset.create")).toBe(false);
  });
});

describe("Limiter", () => {
  const never = new AbortController().signal;

  it("lets in as many as there are places, then first come first served", async () => {
    const limiter = new Limiter(2);
    const order: string[] = [];
    const first = await limiter.acquire(never);
    await limiter.acquire(never);
    const third = limiter.acquire(never).then(() => order.push("third"));
    const fourth = limiter.acquire(never).then(() => order.push("fourth"));
    await Promise.resolve();
    expect(order).toEqual([]);
    first();
    first();
    await third;
    await Promise.resolve();
    expect(order).toEqual(["third"]);
    void fourth;
  });

  it("forgets who was aborted while waiting", async () => {
    const limiter = new Limiter(1);
    const release = await limiter.acquire(never);
    const controller = new AbortController();
    const waiting = limiter.acquire(controller.signal);
    controller.abort(new Error("gone"));
    await expect(waiting).rejects.toThrow("gone");
    release();
    await expect(limiter.acquire(never)).resolves.toBeTypeOf("function");
    await expect(limiter.acquire(AbortSignal.abort(new Error("late")))).rejects.toThrow("late");
  });
});

describe("Freshness", () => {
  it("ends with a change, with age, and stays off after a change of unknown outcome", () => {
    vi.useFakeTimers();
    try {
      const freshness = new Freshness(60_000);
      const first = freshness.mark();
      expect(freshness.isFresh(first)).toBe(true);
      vi.advanceTimersByTime(60_000);
      expect(freshness.isFresh(first)).toBe(false);
      const second = freshness.mark();
      freshness.changed();
      expect(freshness.isFresh(second)).toBe(false);
      expect(freshness.isCurrent(second)).toBe(false);
      freshness.uncertain();
      const third = freshness.mark();
      expect(freshness.isCurrent(third)).toBe(true);
      expect(freshness.isFresh(third)).toBe(false);
      vi.advanceTimersByTime(59_999);
      const fourth = freshness.mark();
      expect(freshness.isFresh(fourth)).toBe(false);
      vi.advanceTimersByTime(1);
      expect(freshness.isFresh(fourth)).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});
