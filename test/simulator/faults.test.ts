import { afterEach, describe, expect, test } from "vitest";
import { fillerOf, type NasOptions, type SimulatedNas, startNas } from "../../simulator/nas/start.ts";
import { type Answer, Raw } from "./protocol/harness.ts";

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.stop();
});

async function start(options: NasOptions = {}): Promise<SimulatedNas> {
  const nas = await startNas({ scramIterations: 50_000, penaltyMs: 0, bootMs: 5, datasets: ["tank/apps"], ...options });
  open.push(nas);
  return nas;
}

/** A logged-in connection; jobs answer at their end. */
async function connect(nas: SimulatedNas): Promise<Raw> {
  const raw = await Raw.open(nas);
  const { username, password } = nas;
  const { result } = await raw.call("auth.login_ex", [{ mechanism: "PASSWORD_PLAIN", username, password }]);
  expect(result.response_type).toBe("SUCCESS");
  await raw.call("core.set_options", [{ legacy_jobs: false }]);
  return raw;
}

const create = ["pool.dataset.create", [{ name: "tank/apps/a" }]] as const;
const has = async (nas: SimulatedNas, name = "tank/apps/a") =>
  (await nas.admin<Answer[]>("pool.dataset.query", [["id", "=", name]])).length === 1;
/** What of the two comes: the answer, or the end of the connection. */
const outcome = async (raw: Raw, [method, params]: readonly [string, readonly unknown[]]) =>
  Promise.race([raw.call(method, [...params]), raw.closed.then(() => "cut")]);
const silence = (ms = 40) => new Promise((resolve) => setTimeout(() => resolve("silence"), ms));

describe("the connection is cut", () => {
  test("before the call: it never runs", async () => {
    const nas = await start();
    const raw = await connect(nas);
    nas.faults.set([{ on: { method: "pool.dataset.create" }, do: { kind: "cut", when: "before" } }]);
    expect(await outcome(raw, create)).toBe("cut");
    expect(await has(nas)).toBe(false);
  });

  test("during the call: it takes effect, its answer is lost", async () => {
    const nas = await start();
    const raw = await connect(nas);
    nas.faults.set([{ on: { method: "pool.dataset.create" }, do: { kind: "cut", when: "during" } }]);
    expect(await outcome(raw, create)).toBe("cut");
    expect(await has(nas)).toBe(true);
  });

  test("during a job: the job goes on", async () => {
    const nas = await start();
    const raw = await connect(nas);
    nas.faults.set([{ on: { method: "service.control" }, do: { kind: "cut", when: "during" } }]);
    expect(await outcome(raw, ["service.control", ["START", "nfs"]])).toBe("cut");
    await expect
      .poll(() => nas.admin<Answer[]>("service.query", [["service", "=", "nfs"]]))
      .toMatchObject([{ state: "RUNNING" }]);
  });

  test("after the call: its answer arrives", async () => {
    const nas = await start();
    const raw = await connect(nas);
    nas.faults.set([{ on: { method: "pool.dataset.create" }, do: { kind: "cut", when: "after" } }]);
    expect(await outcome(raw, create)).toMatchObject({ result: { id: "tank/apps/a" } });
    await raw.closed;
  });
});

describe("answers", () => {
  test("come late", async () => {
    const nas = await start();
    const raw = await connect(nas);
    nas.faults.set([{ on: { method: "core.ping" }, do: { kind: "slow", ms: 60, when: "after" } }]);
    expect(await Promise.race([raw.call("core.ping"), silence(40)])).toBe("silence");
    expect(await raw.answer(3)).toMatchObject({ result: "pong" });
  });

  test.each([
    ["25.10", true],
    ["26.0", false],
  ] as const)("a call that waits when its client goes away still runs on %s: %s", async (version, runs) => {
    const nas = await start({ version });
    const raw = await connect(nas);
    nas.faults.set([{ on: { method: "pool.dataset.create" }, do: { kind: "slow", ms: 40, when: "before" } }]);
    raw.start(create[0], [...create[1]]);
    await silence(10);
    await raw.close();
    expect(await has(nas)).toBe(false);
    await silence(60);
    expect(await has(nas)).toBe(runs);
  });

  test.each([true, false])("never come; the call ran: %s", async (ran) => {
    const nas = await start();
    const raw = await connect(nas);
    nas.faults.set([{ on: { method: "pool.dataset.create" }, do: { kind: "silent", ran } }]);
    expect(await Promise.race([outcome(raw, create), silence()])).toBe("silence");
    expect(await has(nas)).toBe(ran);
    expect(await raw.call("core.ping")).toMatchObject({ result: "pong" });
  });
});

describe("jobs", () => {
  test("fail, with the words of a job", async () => {
    const nas = await start();
    const raw = await connect(nas);
    nas.faults.set([{ on: { method: "service.control" }, do: { kind: "fail", message: "It broke" } }]);
    const { error } = await raw.call("service.control", ["START", "nfs"]);
    expect(error).toMatchObject({ code: -32001, data: { error: 14, reason: "[EFAULT] It broke" } });
    expect(await nas.admin("core.get_jobs")).toMatchObject([{ state: "FAILED", error: "[EFAULT] It broke" }]);
  });

  test("stall until the faults are cleared", async () => {
    const nas = await start();
    const raw = await connect(nas);
    nas.faults.set([{ on: { method: "service.control" }, do: { kind: "stall" } }]);
    const call = raw.call("service.control", ["START", "nfs"]);
    expect(await Promise.race([call, silence()])).toBe("silence");
    expect(await nas.admin("core.get_jobs")).toMatchObject([{ state: "RUNNING" }]);
    nas.faults.clear();
    expect(await call).toMatchObject({ result: true });
  });

  test("are dropped: the caller gets the result of another, and nothing happened", async () => {
    const nas = await start();
    const raw = await connect(nas);
    nas.faults.set([{ on: { method: "service.control" }, do: { kind: "drop", answer: true } }]);
    expect(await raw.call("service.control", ["START", "nfs"])).toMatchObject({ result: true });
    expect(await nas.admin<Answer[]>("service.query", [["service", "=", "nfs"]])).toMatchObject([{ state: "STOPPED" }]);
    expect(await nas.admin("core.get_jobs")).toEqual([]);
  });
});

describe("refusals", () => {
  test("for concurrency, with the code of their own", async () => {
    const nas = await start();
    const raw = await connect(nas);
    nas.faults.set([{ on: { method: "core.ping" }, do: { kind: "refuse", because: "concurrency" } }]);
    expect((await raw.call("core.ping")).error).toMatchObject({ code: -32000 });
    expect(await raw.call("core.ping")).toMatchObject({ result: "pong" });
  });

  test("for rate: EBUSY", async () => {
    const nas = await start({ faults: [{ on: {}, do: { kind: "refuse", because: "rate" } }] });
    const raw = await Raw.open(nas);
    const { error } = await raw.call("auth.login_ex", [{ mechanism: "PASSWORD_PLAIN", username: "a", password: "b" }]);
    expect(error).toMatchObject({ code: -32001, data: { error: 16, reason: "[EBUSY] Rate Limit Exceeded" } });
  });
});

describe("the world", () => {
  test.each([
    ["before", false],
    ["during", true],
  ] as const)("reboots %s a call; it ran: %s", async (when, ran) => {
    const nas = await start();
    const raw = await connect(nas);
    const { bootId } = nas.world;
    nas.faults.set([{ on: { method: "pool.dataset.create" }, do: { kind: "reboot", when } }]);
    expect(await outcome(raw, create)).toBe("cut");
    expect(await has(nas)).toBe(ran);
    expect(nas.world.bootId).not.toBe(bootId);
  });

  test("has a full pool until the owner makes room", async () => {
    const nas = await start();
    const raw = await connect(nas);
    nas.faults.set([{ on: { method: "core.ping" }, do: { kind: "fill", pool: "tank" } }]);
    await raw.call("core.ping");
    const full = "[EFAULT] Failed to create dataset tank/apps/a: out of space";
    expect((await raw.call(create[0], [...create[1]])).error).toMatchObject({ data: { error: 14, reason: full } });
    nas.world.files.remove(fillerOf("tank"));
    expect(await raw.call(create[0], [...create[1]])).toMatchObject({ result: { id: "tank/apps/a" } });
  });

  test("changes and loses objects behind our back", async () => {
    const nas = await start();
    const raw = await connect(nas);
    const [share, other] = ["tank/apps/x", "tank/apps/y"];
    for (const name of [share, other]) {
      await nas.admin("pool.dataset.create", { name });
      await nas.admin("sharing.nfs.create", { path: `/mnt/${name}` });
    }
    const where = [["path", "=", `/mnt/${share}`]];
    nas.faults.set([
      { on: { method: "sharing.nfs.query" }, do: { kind: "change", of: "export", where } },
      { on: { method: "sharing.nfs.query", call: 2 }, do: { kind: "delete", of: "export" } },
      { on: { method: "sharing.nfs.query", call: 3 }, do: { kind: "delete", of: "snapshot task" } },
    ]);
    expect(await raw.call("sharing.nfs.query")).toMatchObject({ result: [{ enabled: false }, { enabled: true }] });
    expect((await raw.call("sharing.nfs.query")).result).toHaveLength(1);
    expect((await raw.call("sharing.nfs.query")).result).toHaveLength(1);
  });

  test("revokes the keys: the connection is cut, and no login succeeds", async () => {
    const nas = await start({ version: "25.10" });
    const raw = await connect(nas);
    nas.faults.set([{ on: { method: "core.ping" }, do: { kind: "revoke" } }]);
    expect(await outcome(raw, ["core.ping", []])).toBe("cut");
    const again = await Raw.open(nas);
    const { username, apiKey: api_key } = nas;
    const { result } = await again.call("auth.login_ex", [{ mechanism: "API_KEY_PLAIN", username, api_key }]);
    expect(result.response_type).toBe("AUTH_ERR");
  });
});

describe("a point", () => {
  test("names a method by a pattern, a call by its number, and how many are hit; all of it is logged", async () => {
    const nas = await start();
    const raw = await connect(nas);
    const fault = {
      on: { method: "core.*", call: 2, times: 2 },
      do: { kind: "refuse", because: "concurrency" },
    } as const;
    nas.faults.set([fault]);
    const codes = [];
    for (let i = 0; i < 4; i += 1) codes.push((await raw.call("core.ping")).error?.code);
    expect(codes).toEqual([undefined, -32000, -32000, undefined]);
    expect(nas.faults.log).toEqual([
      { fault, method: "core.ping", call: 2 },
      { fault, method: "core.ping", call: 3 },
    ]);
    nas.faults.set([fault]);
    nas.faults.clear();
    for (let i = 0; i < 3; i += 1) expect(await raw.call("core.ping")).toMatchObject({ result: "pong" });
  });

  test("names a connection", async () => {
    const nas = await start();
    const [first, second] = [await connect(nas), await connect(nas)];
    nas.faults.set([{ on: { connection: 2 }, do: { kind: "cut", when: "before" } }]);
    expect(await first.call("core.ping")).toMatchObject({ result: "pong" });
    expect(await outcome(second, ["core.ping", []])).toBe("cut");
  });

  test("may be the list of versions", async () => {
    const nas = await start();
    const on = { method: "GET /api/versions" };
    const { certificate: ca } = nas;
    const get = async () => {
      const { get: request } = await import("node:https");
      return new Promise((resolve) => {
        request(`https://${nas.endpoint}/api/versions`, { ca, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).on("error", () => resolve("cut"));
      });
    };
    nas.faults.set([
      { on, do: { kind: "cut", when: "before" } },
      { on: { ...on, call: 2 }, do: { kind: "fail" } },
    ]);
    expect([await get(), await get(), await get()]).toEqual(["cut", 503, 200]);
  });
});
