import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Answer, type Probe, Raw, settle, startProbe } from "./harness.ts";

describe("the older protocol", () => {
  let probe: Probe;
  let raw: Raw;
  beforeEach(async () => {
    probe = await startProbe("25.10");
    raw = await Raw.open(probe, "/websocket");
  });
  afterEach(() => probe.stop());

  const result = (id: string): Promise<Answer> =>
    raw.message((message) => message.msg === "result" && message.id === id);
  const call = (id: string, method: string, params: unknown = []): Promise<Answer> => {
    raw.send({ msg: "method", id, method, params });
    return result(id);
  };
  const connect = async (): Promise<void> => {
    raw.send({ msg: "connect", version: "1", support: ["1"] });
    await raw.message(({ msg }) => msg === "connected");
  };

  it("begins with a handshake", async () => {
    raw.send({ msg: "method", id: "0", method: "core.ping" });
    expect(await raw.message(({ msg }) => msg === "failed")).toEqual({ msg: "failed", version: "1" });
    raw.send({ msg: "connect", version: "1" });
    expect(await raw.message(({ msg }) => msg === "connected")).toEqual({
      msg: "connected",
      session: expect.any(String),
    });
    raw.send({ msg: "ping", id: "p" });
    expect(await raw.message(({ msg }) => msg === "pong")).toEqual({ msg: "pong", id: "p" });
  });

  it("calls methods", async () => {
    await connect();
    expect((await call("1", "auth.login", [probe.username, probe.password])).result).toBe(true);
    expect(await call("2", "probe.echo", ["hello"])).toEqual({ id: "2", msg: "result", result: "hello" });
    expect((await call("3", "probe.job", [{}])).result).toBe(1);
  });

  it("has errors of its own shape", async () => {
    await connect();
    expect((await call("1", "auth.me")).error).toMatchObject({ error: 207, type: null });
    await call("2", "auth.login", [probe.username, probe.password]);
    expect((await call("3", "probe.typed", [{}])).error).toMatchObject({
      error: 11,
      errname: "EAGAIN",
      type: "VALIDATION",
      extra: [["data.name", "Field required", 22]],
    });
    expect((await call("4", "probe.fail", ["call"])).error).toMatchObject({
      error: 16,
      reason: "[EBUSY] It is busy",
      type: null,
    });
    expect((await call("5", "no.such")).error).toMatchObject({ error: 201, errname: "ENOMETHOD" });
    expect((await call("6", "core.ping", { by: "name" })).error).toMatchObject({ error: 22 });
  });

  it("has subscriptions", async () => {
    await connect();
    raw.send({ msg: "sub", id: "early", name: "probe.query" });
    expect(await raw.message(({ msg }) => msg === "nosub")).toMatchObject({ id: "early", error: { error: 13 } });
    await call("1", "auth.login", [probe.username, probe.password]);
    raw.send({ msg: "sub", id: "s", name: "probe.query" });
    expect(await raw.message(({ msg }) => msg === "ready")).toEqual({ msg: "ready", subs: ["s"] });
    await probe.admin("probe.write", "a");
    expect(await raw.message(({ collection }) => collection === "probe.query")).toEqual({
      msg: "added",
      collection: "probe.query",
      id: "a",
      fields: { id: "a" },
    });
    raw.send({ msg: "unsub", id: "s" });
    await call("2", "core.ping");
    const before = raw.messages.length;
    await probe.admin("probe.write", "b");
    await settle();
    expect(raw.messages.length).toBe(before);
  });
});
