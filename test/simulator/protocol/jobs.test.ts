import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Answer, type Probe, Raw, settle, startProbe, versions } from "./harness.ts";

describe.each(versions)("jobs of %s", (version) => {
  let probe: Probe;
  let raw: Raw;
  beforeEach(async () => {
    probe = await startProbe(version);
    raw = await Raw.login(probe);
  });
  afterEach(() => probe.stop());

  const job = async (id: unknown, client = raw): Promise<Answer> =>
    (await client.call("core.get_jobs", [[["id", "=", id]], { get: true }])).result;
  const modern = async (): Promise<void> => {
    await raw.call("core.set_options", [{ legacy_jobs: false }]);
  };

  it("answer with an id at once, unless the client asked for the end", async () => {
    const id = (await raw.call("probe.job", [{}])).result;
    expect(id).toBe(1);
    await settle();
    expect((await job(1)).state).toBe("RUNNING");
    probe.gate.open();
    await settle();
    expect((await job(1)).state).toBe("SUCCESS");
    await modern();
    const call = raw.start("probe.job", [{}]);
    await settle();
    probe.gate.open();
    expect((await raw.answer(call)).result).toEqual({ ok: true, secret: null });
  });

  it("have rows that tell everything but secrets", async () => {
    const call = raw.start("probe.job", [{ secret: "s3cret" }]);
    await raw.answer(call);
    await settle();
    expect(await job(1)).toEqual({
      id: 1,
      message_ids: [call],
      method: "probe.job",
      arguments: [{ secret: "********" }],
      transient: false,
      description: "A probe",
      abortable: true,
      logs_path: null,
      logs_excerpt: null,
      progress: { percent: 25, description: "Working", extra: { step: 1 } },
      result: null,
      result_encoding_error: null,
      error: null,
      exception: null,
      exc_info: null,
      state: "RUNNING",
      time_started: expect.any(Date),
      time_finished: null,
      credentials: { type: "LOGIN_PASSWORD", data: expect.objectContaining({ username: "truenas_admin" }) },
    });
    probe.gate.open();
    await settle();
    expect(await job(1)).toMatchObject({ result: { ok: true, secret: "********" }, time_finished: expect.any(Date) });
    const raws = (await raw.call("core.get_jobs", [[["id", "=", 1]], { extra: { raw_result: true } }])).result;
    expect(raws[0].result).toEqual({ ok: true, secret: "s3cret" });
  });

  it("tell their subscribers how they get on", async () => {
    const ident = (await raw.call("core.subscribe", ["core.get_jobs"])).result;
    expect(ident).toMatch(/^[0-9a-f-]{36}$/);
    await raw.call("probe.job", [{}]);
    await settle();
    probe.gate.open();
    await raw.event("core.get_jobs", ({ fields }) => fields.state === "SUCCESS" && fields.progress.percent === 100);
    await settle();
    const seen = raw.messages.flatMap(({ method, params }) => (method === "collection_update" ? [params] : []));
    expect(seen.map(({ msg, id, fields }) => [msg, id, fields.state, fields.progress.percent])).toEqual([
      ["added", 1, "WAITING", 0],
      ["changed", 1, "RUNNING", 0],
      ["changed", 1, "RUNNING", 25],
      ["changed", 1, "SUCCESS", 100],
      ["changed", 1, "SUCCESS", 100],
    ]);
    await raw.call("core.unsubscribe", [ident]);
    const before = raw.messages.length;
    await raw.call("probe.job", [{}]);
    await settle();
    expect(raw.messages.length).toBe(before + 1);
  });

  it("fail with what was thrown", async () => {
    await raw.call("probe.job", [{ fail: "Disk is gone" }]);
    await raw.call("probe.job", [{ fail: "validation", lock: "b" }]);
    await settle();
    probe.gate.open();
    await settle();
    expect(await job(1)).toMatchObject({
      state: "FAILED",
      error: "[EFAULT] Disk is gone",
      exc_info: { type: "CallError", errno: 14, extra: null },
      result: null,
    });
    expect(await job(2)).toMatchObject({
      state: "FAILED",
      error: "[EINVAL] probe.lock: Not this one\n",
      exc_info: { type: "VALIDATION", errno: null, extra: [["probe.lock", "Not this one", 22]] },
    });
    await modern();
    const call = raw.start("probe.job", [{ fail: "Disk is gone" }]);
    await settle();
    probe.gate.open();
    expect((await raw.answer(call)).error).toMatchObject({
      code: -32001,
      data: { error: 14, reason: "[EFAULT] Disk is gone" },
    });
  });

  it("are made even for parameters that do not fit, and fail of them", async () => {
    expect((await raw.call("probe.job", [{ wrong: 1 }])).result).toBe(1);
    await settle();
    expect(await job(1)).toMatchObject({ state: "FAILED", exc_info: { type: "VALIDATION" } });
    await modern();
    expect((await raw.call("probe.job", [{ wrong: 1 }])).error).toMatchObject({
      code: -32602,
      data: { extra: [["data.wrong", "Extra inputs are not permitted", 22]] },
    });
  });

  it("of one lock run one after the other; when five wait, a sixth is dropped for the last of them", async () => {
    const ids: number[] = [];
    for (let i = 0; i < 7; i += 1) {
      ids.push((await raw.call("probe.job", [{}])).result);
      await settle();
    }
    expect(ids).toEqual([1, 2, 3, 4, 5, 6, 6]);
    expect((await job(6)).message_ids).toHaveLength(2);
    expect((await raw.call("probe.job", [{ lock: "other" }])).result).toBe(7);
    await settle();
    expect(probe.gate.waiting).toBe(2);
    const states = (await raw.call("core.get_jobs", [[], { select: ["id", "state"] }])).result;
    expect(states.map(({ state }: Answer) => state)).toEqual([
      "RUNNING",
      "WAITING",
      "WAITING",
      "WAITING",
      "WAITING",
      "WAITING",
      "RUNNING",
    ]);
    for (let i = 0; i < 7; i += 1) {
      probe.gate.open();
      await settle();
    }
    expect(probe.effects).toHaveLength(7);
  });

  it("that allow no queue refuse a second one", async () => {
    await raw.call("probe.single");
    await settle();
    expect((await raw.call("probe.single")).error.data).toMatchObject({
      error: 16,
      reason: "[EBUSY] This job is already being performed",
    });
    probe.gate.open();
    await settle();
    expect((await raw.call("probe.single")).result).toBe(2);
    await settle();
    probe.gate.open();
  });

  it("can be aborted while they wait, and while they run where they allow it", async () => {
    await raw.call("probe.job", [{}]);
    await settle();
    await raw.call("probe.job", [{}]);
    await settle();
    expect((await raw.call("core.job_abort", [2])).result).toBeNull();
    expect((await raw.call("core.job_abort", [1])).result).toBeNull();
    await settle();
    expect([(await job(1)).state, (await job(2)).state]).toEqual(["ABORTED", "ABORTED"]);
    await raw.call("probe.single");
    await settle();
    await raw.call("core.job_abort", [3]);
    await settle();
    expect((await job(3)).state).toBe("RUNNING");
    probe.gate.open();
    await settle();
    expect((await job(3)).state).toBe("SUCCESS");
  });

  it("can be waited for by a job", async () => {
    await raw.call("probe.job", [{}]);
    await raw.call("probe.job", [{ lock: "b", fail: "No" }]);
    await settle();
    await modern();
    const good = raw.start("core.job_wait", [1]);
    const bad = raw.start("core.job_wait", [2]);
    await settle();
    probe.gate.open();
    expect((await raw.answer(good)).result).toEqual({ ok: true, secret: null });
    expect((await raw.answer(bad)).error.data).toMatchObject({ error: 14, reason: "[EFAULT] No" });
    expect((await raw.call("core.job_wait", [77])).error.data.extra[0][2]).toBe(2);
  });

  it("go on without their client", async () => {
    await raw.call("probe.job", [{}]);
    await settle();
    await raw.close();
    probe.gate.open();
    await settle();
    expect(probe.effects).toEqual(["job"]);
  });

  it("of others are seen by full administrators only", async () => {
    await raw.call("probe.job", [{}]);
    probe.world.directory.addUser({ uid: 4001, username: "reader", groups: ["truenas_readonly_administrators"] });
    probe.accounts.setPassword("reader", { password: "p" });
    const reader = await Raw.open(probe);
    await reader.call("auth.login", ["reader", "p"]);
    await reader.call("core.subscribe", ["core.get_jobs"]);
    expect((await reader.call("core.get_jobs")).result).toEqual([]);
    expect((await reader.call("core.job_abort", [1])).error.data).toMatchObject({ error: 1 });
    expect((await reader.call("core.get_jobs", [[], { extra: { raw_result: true } }])).error.data.error).toBe(1);
    await reader.call("probe.job", [{ lock: "mine" }]);
    await settle();
    expect((await reader.call("core.get_jobs")).result).toHaveLength(1);
    expect((await raw.call("core.get_jobs")).result).toHaveLength(2);
    probe.gate.open();
    await settle();
    const heard = reader.messages.flatMap(({ params }) => (params ? [params.id] : []));
    expect(new Set(heard)).toEqual(new Set([2]));
  });

  it("in bulk succeed as a whole and tell each outcome", async () => {
    await modern();
    expect((await raw.call("core.bulk", ["probe.fail", [["call"], [1]], "Number {0}"])).result).toEqual([
      { job_id: null, error: "[EBUSY] It is busy", result: null },
      { job_id: null, error: "[EINVAL] how: Input should be a valid string\n", result: null },
    ]);
    expect(
      (await raw.call("core.bulk", ["probe.echo", [["a"], ["b"]]])).result.map((row: Answer) => row.result),
    ).toEqual(["a", "b"]);
    const call = raw.start("core.bulk", ["probe.job", [[{ fail: "No" }]]]);
    await settle();
    probe.gate.open();
    expect((await raw.answer(call)).result).toEqual([{ job_id: 4, error: "[EFAULT] No", result: null }]);
    expect((await raw.call("core.bulk", ["no.such", [[1]]])).error.code).toBe(-32001);
  });

  it("are forgotten at a reboot, and counted from 1 again", async () => {
    await raw.call("probe.job", [{}]);
    await settle();
    await probe.reboot();
    const again = await Raw.login(probe);
    expect((await again.call("core.get_jobs")).result).toEqual([]);
    probe.gate.open();
    await settle();
    expect((await again.call("probe.job", [{}])).result).toBe(1);
  });
});
