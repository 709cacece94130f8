import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Probe, Raw, settle, startProbe, versions } from "./harness.ts";

describe.each(versions)("JSON-RPC of %s", (version) => {
  let probe: Probe;
  let raw: Raw;
  beforeAll(async () => {
    probe = await startProbe(version);
    raw = await Raw.login(probe);
  });
  afterAll(() => probe.stop());

  it("answers under the id that was sent: a number, a text or null", async () => {
    for (const id of [7_000, "abc", null]) {
      raw.send({ jsonrpc: "2.0", id, method: "probe.echo", params: [id] });
      expect(await raw.answer(id)).toEqual({ jsonrpc: "2.0", result: id, id });
    }
  });

  it("does not answer a notification, but does what it says", async () => {
    const before = raw.messages.length;
    raw.send({ jsonrpc: "2.0", method: "probe.write", params: ["silent"] });
    raw.send({ jsonrpc: "2.0", method: "probe.fail", params: ["call"] });
    raw.send({ jsonrpc: "2.0", method: "no.such" });
    await settle();
    expect(raw.messages.length).toBe(before);
    expect(probe.effects).toContain("silent");
  });

  it("takes absent params as none", async () => {
    raw.send({ jsonrpc: "2.0", id: "bare", method: "core.ping" });
    expect((await raw.answer("bare")).result).toBe("pong");
  });

  it.each([
    ["params by name", { jsonrpc: "2.0", id: 1, method: "core.ping", params: {} }],
    ["another JSON-RPC", { jsonrpc: "1.0", id: 1, method: "core.ping" }],
    ["no JSON-RPC", { id: 1, method: "core.ping" }],
    ["no method", { jsonrpc: "2.0", id: 1 }],
    ["a method that is no text", { jsonrpc: "2.0", id: 1, method: 5 }],
    ["an id that is an object", { jsonrpc: "2.0", id: {}, method: "core.ping" }],
    ["an id with a fraction", { jsonrpc: "2.0", id: 1.5, method: "core.ping" }],
    ["an unknown member", { jsonrpc: "2.0", id: 1, method: "core.ping", meta: 1 }],
  ])("refuses %s", async (_what, message) => {
    const client = await Raw.open(probe);
    client.send(message);
    const answer = await client.answer(null);
    expect(answer.error.code).toBe(-32600);
    expect(answer.error.data).toBeUndefined();
    await client.close();
  });

  it.each([
    ["broken JSON", '{"jsonrpc": "2.0", '],
    ["a batch", '[{"jsonrpc": "2.0", "id": 1, "method": "core.ping"}]'],
    ["a bare value", "5"],
  ])("refuses %s", async (_what, text) => {
    const client = await Raw.open(probe);
    client.text(text);
    expect((await client.answer(null)).error.code).toBe(-32700);
    await client.close();
  });

  it("does not know a method that does not exist", async () => {
    expect(await raw.call("no.such")).toMatchObject({ error: { code: -32601, message: "Method does not exist" } });
  });

  it("gives a call error its number, its text and its details", async () => {
    const { error } = await raw.call("probe.fail", ["call"]);
    expect(error).toMatchObject({
      code: -32001,
      message: "Method call error",
      data: {
        error: 16,
        errname: "EBUSY",
        reason: "[EBUSY] It is busy",
        extra: { dependencies: ["x"] },
        trace: { class: "CallError" },
      },
    });
    expect(Object.keys(error.data.trace).sort()).toEqual(
      version === "25.10" ? ["class", "formatted", "frames", "repr"] : ["class", "formatted", "repr"],
    );
  });

  it("gives a validation error -32602 and error 22, whatever the number of its finding", async () => {
    expect((await raw.call("probe.fail", ["validation"])).error).toMatchObject({
      code: -32602,
      message: "Invalid params",
      data: {
        error: 22,
        errname: "EINVAL",
        reason: "[EEXIST] probe_create.name: Name is taken\n",
        extra: [["probe_create.name", "Name is taken", 17]],
      },
    });
  });

  it("gives a crash error 22 and the class of the exception", async () => {
    expect((await raw.call("probe.fail", ["crash"])).error).toMatchObject({
      code: -32001,
      data: { error: 22, reason: "boom", trace: { class: "TypeError" } },
    });
  });

  it("tells an unknown row by errno 2 in the finding", async () => {
    expect((await raw.call("core.job_abort", [4711])).error).toMatchObject({
      code: -32602,
      data: {
        error: 22,
        reason: "[ENOENT] None: Job with id 4711 does not exist",
        extra: [[null, "Job with id 4711 does not exist", 2]],
        trace: { class: "InstanceNotFound" },
      },
    });
  });

  it("tells a query without the row that it should get by the class MatchNotFound", async () => {
    expect((await raw.call("core.get_jobs", [[["id", "=", 99]], { get: true }])).error).toMatchObject({
      code: -32001,
      data: { error: 22, reason: "MatchNotFound()", trace: { class: "MatchNotFound" } },
    });
  });

  it("carries dates and sets both ways", async () => {
    const value = { at: new Date(1_700_000_000_000), tags: new Set(["a", "b"]), list: [new Date(0)] };
    expect((await raw.call("probe.echo", [value])).result).toEqual(value);
    expect((await raw.call("probe.echo", [{ $time: "12:30:00" }])).result).toBe("12:30:00");
  });

  it("records what was asked and answered in plain JSON", async () => {
    probe.records.length = 0;
    await raw.call("probe.echo", [new Date(0)]);
    await raw.call("probe.fail", ["call"]);
    await probe.expectInvalid(async () => {
      await raw.call("probe.typed", [{ name: 1 }]);
      await raw.call("probe.echo", ["fine"]);
    });
    await raw.call("probe.typed", [{ name: 1 }]);
    await probe.admin("probe.echo", "unseen");
    expect(probe.records).toEqual([
      { version, method: "probe.echo", params: ["1970-01-01T00:00:00.000Z"], result: "1970-01-01T00:00:00.000Z" },
      { version, method: "probe.fail", params: ["call"], error: expect.objectContaining({ code: -32001 }) },
      {
        version,
        method: "probe.typed",
        params: [{ name: 1 }],
        error: expect.objectContaining({ code: -32602 }),
        expectInvalid: true,
      },
      { version, method: "probe.echo", params: ["fine"], result: "fine" },
      { version, method: "probe.typed", params: [{ name: 1 }], error: expect.objectContaining({ code: -32602 }) },
    ]);
  });
});

describe("limits", () => {
  let probe: Probe;
  beforeAll(async () => {
    probe = await startProbe("26.0");
  });
  afterAll(() => probe.stop());

  const padded = (method: string, size: number): string => {
    const message = (value: string): string => JSON.stringify({ jsonrpc: "2.0", id: "big", method, params: [value] });
    return message("x".repeat(size - message("").length));
  };

  it("takes 8192 characters before login and closes with 1007 after one more", async () => {
    const raw = await Raw.open(probe);
    raw.text(padded("core.ping", 8192));
    expect((await raw.answer("big")).error.code).toBe(-32602);
    raw.text(padded("core.ping", 8193));
    expect(await raw.closed).toEqual({ code: 1007, reason: "Anonymous connection max message length is 8 kB" });
  });

  it("takes 65536 characters after login and closes with 1009 after one more", async () => {
    const raw = await Raw.login(probe);
    raw.text(padded("probe.echo", 65_536));
    expect((await raw.answer("big")).result.length).toBeGreaterThan(65_000);
    raw.text(padded("probe.echo", 65_537));
    expect(await raw.closed).toEqual({ code: 1009, reason: "Max message length is 64 kB" });
  });

  it("counts characters, not bytes", async () => {
    const raw = await Raw.open(probe);
    raw.send({ jsonrpc: "2.0", id: "big", method: "core.ping", params: ["\u{1F5C4}".repeat(8000)] });
    expect((await raw.answer("big")).error.code).toBe(-32602);
    await raw.close();
  });

  it("takes 2 MiB for a file only", async () => {
    const raw = await Raw.login(probe);
    raw.text(padded("filesystem.file_receive", 2_097_152));
    expect((await raw.answer("big")).error.code).toBe(-32601);
    raw.text(padded("filesystem.file_receive", 2_097_153));
    expect((await raw.closed).code).toBe(1009);
  });

  it("runs ten calls, lets ten wait and refuses the rest", async () => {
    const raw = await Raw.login(probe);
    probe.stats.reset();
    const ids = Array.from({ length: 21 }, () => raw.start("probe.wait"));
    expect(await raw.answer(ids[20])).toEqual({
      jsonrpc: "2.0",
      id: ids[20],
      error: { code: -32000, message: "Maximum number of concurrent calls (20) has exceeded" },
    });
    await settle();
    expect(probe.gate.waiting).toBe(10);
    expect(probe.stats.maxInFlight).toBe(10);
    probe.gate.open(1);
    await settle();
    expect(probe.gate.waiting).toBe(10);
    for (let i = 0; i < 3; i += 1) {
      probe.gate.open();
      await settle();
    }
    for (const id of ids.slice(0, 20)) expect((await raw.answer(id)).result).toBe("waited");
    expect((await raw.call("core.ping")).result).toBe("pong");
  });
});
