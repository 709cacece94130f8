import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { CallError, MatchNotFound } from "../../../simulator/nas/errors.ts";
import { type Probe, Raw, settle, startProbe, versions } from "./harness.ts";

describe.each(versions)("a connection to %s", (version) => {
  let probe: Probe;
  afterEach(() => probe.stop());

  it("hears of changes that anyone makes, once it has subscribed", async () => {
    probe = await startProbe(version);
    const raw = await Raw.login(probe);
    const other = await Raw.login(probe);
    const ident = (await raw.call("core.subscribe", ["probe.query"])).result;
    await other.call("probe.write", ["a"]);
    expect(await raw.event("probe.query")).toEqual({
      msg: "added",
      collection: "probe.query",
      id: "a",
      fields: { id: "a" },
    });
    await probe.admin("probe.write", "b");
    await raw.event("probe.query", ({ id }) => id === "b");
    await settle();
    expect(other.messages.filter(({ method }) => method === "collection_update")).toEqual([]);
    await raw.call("core.unsubscribe", [ident]);
    const before = raw.messages.length;
    await other.call("probe.write", ["c"]);
    await settle();
    expect(raw.messages.length).toBe(before);
  });

  it("is told when a subscription ends", async () => {
    probe = await startProbe(version);
    const raw = await Raw.login(probe);
    await raw.call("core.subscribe", ["probe.query"]);
    probe.dropSubscriptions("probe.query", new CallError("Source is gone", 5));
    const { params } = await raw.message(({ method }) => method === "notify_unsubscribed");
    expect(params).toMatchObject({
      collection: "probe.query",
      error: { error: 5, errname: "EIO", reason: "[EIO] Source is gone" },
    });
    await probe.admin("probe.write", "x");
    await settle();
    expect(raw.messages.filter(({ method }) => method === "collection_update")).toEqual([]);
  });

  it("may subscribe to what its roles may read", async () => {
    probe = await startProbe(version);
    probe.world.directory.addUser({ uid: 4001, username: "sharer", groups: ["truenas_sharing_administrators"] });
    probe.accounts.setPassword("sharer", { password: "p" });
    const raw = await Raw.open(probe);
    await raw.call("auth.login", ["sharer", "p"]);
    expect((await raw.call("core.subscribe", ["probe.query"])).error.data.error).toBe(13);
    expect((await raw.call("core.subscribe", ["core.get_jobs"])).result).toMatch(/-/);
  });

  it(`that breaks ${version === "26.0" ? "takes its running call with it" : "lets its running call finish"}`, async () => {
    probe = await startProbe(version, { latency: 60 });
    const raw = await Raw.login(probe);
    raw.start("probe.write", ["orphan"]);
    await settle();
    raw.socket.terminate();
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(probe.effects).toEqual(version === "26.0" ? [] : ["orphan"]);
  });

  it("has the latency that was asked for", async () => {
    probe = await startProbe(version, { latency: 60 });
    const raw = await Raw.open(probe);
    const before = performance.now();
    await raw.call("core.ping");
    expect(performance.now() - before).toBeGreaterThanOrEqual(59);
  });

  it("is cut by disconnectAll and can be opened again", async () => {
    probe = await startProbe(version);
    const raw = await Raw.login(probe);
    probe.disconnectAll();
    expect((await raw.closed).code).toBe(1006);
    expect((await (await Raw.login(probe)).call("core.ping")).result).toBe("pong");
  });

  it("does not outlive a reboot, nor do tokens and the boot id", async () => {
    probe = await startProbe(version);
    const raw = await Raw.login(probe);
    await raw.call("core.subscribe", ["system.reboot"]);
    const token = (await raw.call("auth.generate_token")).result;
    const { bootId } = probe.world;
    const rebooting = probe.reboot();
    expect((await raw.closed).code).toBe(1006);
    const early = new WebSocket(`wss://${probe.endpoint}/api/current`, { ca: probe.certificate });
    expect((await once(early, "error"))[0]).toBeInstanceOf(Error);
    await rebooting;
    expect(await raw.event("system.reboot")).toMatchObject({ msg: "added" });
    expect(probe.world.bootId).not.toBe(bootId);
    const again = await Raw.open(probe);
    expect((await again.call("system.boot_id")).result).toBe(probe.world.bootId);
    expect((await again.call("auth.login_with_token", [token])).result).toBe(false);
  });
});

describe("an administrator at the user interface", () => {
  let probe: Probe;
  afterEach(() => probe.stop());

  it("meets the same checks, and leaves no trace in counts", async () => {
    probe = await startProbe("26.0");
    expect(await probe.admin("probe.echo", { a: 1 })).toEqual({ a: 1 });
    await expect(probe.admin("probe.typed", {})).rejects.toThrow("[EINVAL] data.name: Field required");
    await expect(probe.admin("probe.fail", "call")).rejects.toMatchObject({ errno: 16 });
    await expect(probe.admin("core.get_jobs", [["id", "=", 1]], { get: true })).rejects.toBeInstanceOf(MatchNotFound);
    await expect(probe.admin("no.such")).rejects.toMatchObject({ errno: 201 });
    const job = probe.admin("probe.job", {});
    await settle();
    probe.gate.open();
    expect(await job).toEqual({ ok: true, secret: null });
    expect(probe.stats.calls.size).toBe(0);
    expect(probe.records).toEqual([]);
  });

  it("is not counted while clients are", async () => {
    probe = await startProbe("26.0");
    const raw = await Raw.login(probe);
    await raw.call("probe.echo", [1]);
    await raw.call("probe.echo", [2]);
    expect([...probe.stats.calls]).toEqual([
      ["auth.login_ex", 1],
      ["probe.echo", 2],
    ]);
    expect(probe.stats.logins).toBe(1);
    probe.stats.reset();
    expect(probe.stats.calls.size).toBe(0);
    expect(probe.stats.logins).toBe(0);
  });
});
