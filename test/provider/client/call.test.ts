import { describe, expect, it } from "vitest";
import {
  CallFailedError,
  CancelledError,
  JobFailedError,
  NotFoundError,
  RequestTooLargeError,
  TimeoutError,
  TooManyCallsError,
  TrueNasError,
  UncertainError,
  UnreachableError,
  ValidationError,
} from "../../../providers/truenas/client/errors.ts";
import { apiKey, callError, type FakeRequest, invalidParams, silence, versions2510, WireError } from "./fake-nas.ts";
import { deferred, fixture, rejection, until } from "./fixture.ts";

const fails = (error: Error) => () => {
  throw error;
};
/** Does something the first time and answers afterwards. */
function once(first: (request: FakeRequest) => unknown, later: unknown) {
  let calls = 0;
  return (request: FakeRequest) => {
    calls += 1;
    return calls === 1 ? first(request) : later;
  };
}
const hangUp = ({ socket }: FakeRequest): symbol => {
  socket.terminate();
  return silence;
};

describe("answers", () => {
  it("come in any order and each reaches its call", async () => {
    const slow = deferred();
    const { client } = await fixture({
      handlers: { "a.query": () => slow.promise.then(() => "slow"), "b.query": () => "quick" },
    });
    const first = client.call("a.query");
    await expect(client.call("b.query")).resolves.toBe("quick");
    slow.resolve();
    await expect(first).resolves.toBe("slow");
  });

  it("carry dates in both directions", async () => {
    const { client, nas } = await fixture({ handlers: { "a.update": () => ({ at: { $date: 1000 } }) } });
    await expect(client.call("a.update", [{ at: new Date(5) }])).resolves.toEqual({ at: new Date(1000) });
    expect(nas.requests.at(-1)?.params).toEqual([{ at: { $date: 5 } }]);
  });

  it("may be large", async () => {
    const { client } = await fixture({ handlers: { "a.query": () => "x".repeat(70 * 1024 * 1024) } });
    const answer = await client.call<string>("a.query", [], { timeoutMs: 25_000 });
    expect(answer.length).toBe(70 * 1024 * 1024);
  });

  it("for nobody are dropped", async () => {
    const { client, lines, nas } = await fixture({
      handlers: {
        "a.query": ({ socket }) => {
          socket.send(JSON.stringify({ jsonrpc: "2.0", id: "somebody-else", result: 1 }));
          return 2;
        },
      },
    });
    await expect(client.call("a.query")).resolves.toBe(2);
    expect(lines).toEqual(["an answer came that nobody waits for"]);
    expect(nas.upgrades()).toBe(1);
  });
});

describe("requests", () => {
  it("are refused here when the NAS would close the connection on them", async () => {
    const { client, nas } = await fixture({ handlers: { "a.update": () => true } });
    const error = await rejection(client.call("a.update", ["x".repeat(65_536)]), RequestTooLargeError);
    expect([error.method, error.limit, error.size > 65_536]).toEqual(["a.update", 65_536, true]);
    expect(nas.connections()).toBe(0);
    await expect(client.call("a.update", ["x".repeat(65_000)])).resolves.toBe(true);
  });

  it("run at most 10 at a time, in the order of asking", async () => {
    const gate = deferred();
    let running = 0;
    let most = 0;
    const order: unknown[] = [];
    const { client } = await fixture({
      handlers: {
        "a.query": async ({ params }) => {
          order.push(params[0]);
          running += 1;
          most = Math.max(most, running);
          await gate.promise;
          running -= 1;
          return null;
        },
      },
    });
    await client.call("core.ping");
    const calls = Array.from({ length: 35 }, (_, i) => client.call("a.query", [i]));
    await until(() => running === 10);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(running).toBe(10);
    gate.resolve();
    await Promise.all(calls);
    expect(most).toBe(10);
    expect(order).toEqual(Array.from({ length: 35 }, (_, i) => i));
  });

  it("keep their place until the NAS has answered, also when nobody waits any more", async () => {
    const gate = deferred();
    const { client, nas } = await fixture({ handlers: { "a.query": () => gate.promise.then(() => null) } });
    await client.call("core.ping");
    const controller = new AbortController();
    const calls = Array.from({ length: 10 }, () => client.call("a.query", [], { signal: controller.signal }));
    await until(() => nas.count("a.query") === 10);
    controller.abort();
    await Promise.all(calls.map((call) => rejection(call, CancelledError)));
    const next = client.call("core.ping");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(nas.count("core.ping")).toBe(1);
    gate.resolve();
    await expect(next).resolves.toBe("pong");
  });
});

describe("errors of the NAS", () => {
  const thrown = async (error: Error, method = "sharing.nfs.create"): Promise<TrueNasError> => {
    const { client } = await fixture({ handlers: { [method]: fails(error) } });
    return await rejection(client.call(method), TrueNasError);
  };

  it("about parameters name each property", async () => {
    const error = await thrown(
      invalidParams([
        ["sharingnfs_create.path", "This path does not exist", 2],
        ["sharingnfs_create.networks.0", "not a network", 22],
        [null, "too much", 22],
      ]),
    );
    expect(error).toBeInstanceOf(ValidationError);
    const { issues, lastPart, message } = error as ValidationError;
    expect(issues).toEqual([
      {
        attribute: "sharingnfs_create.path",
        path: ["path"],
        lastPart: "path",
        message: "This path does not exist",
        errno: 2,
      },
      {
        attribute: "sharingnfs_create.networks.0",
        path: ["networks", "0"],
        lastPart: "networks",
        message: "not a network",
        errno: 22,
      },
      { attribute: null, path: [], lastPart: null, message: "too much", errno: 22 },
    ]);
    expect(lastPart).toBe("path");
    expect(message).toContain("refused sharing.nfs.create: sharingnfs_create.path: This path does not exist; ");
  });

  it("say positively that an object does not exist", async () => {
    const gone = await thrown(invalidParams([[null, "PoolDataset tank/x does not exist", 2]]), "pool.dataset.delete");
    expect(gone).toBeInstanceOf(NotFoundError);
    expect((gone as NotFoundError).reason).toBe("PoolDataset tank/x does not exist");
    const get = await thrown(callError(22, "EINVAL", "MatchNotFound()", "MatchNotFound"), "pool.query");
    expect(get).toBeInstanceOf(NotFoundError);
    const path = await thrown(callError(2, "ENOENT", "[ENOENT] Path /mnt/x not found"), "filesystem.stat");
    expect(path).toBeInstanceOf(NotFoundError);
  });

  it("do not say so when a value of the request, or something else, is missing", async () => {
    expect(await thrown(invalidParams([["options.dataset", "does not exist", 2]]), "a.delete")).toBeInstanceOf(
      ValidationError,
    );
    const mixed = invalidParams([
      [null, "X 1 does not exist", 2],
      [null, "busy", 16],
    ]);
    expect(await thrown(mixed, "a.delete")).toBeInstanceOf(ValidationError);
    expect(await thrown(callError(2, "ENOENT", "helper missing"), "pool.dataset.delete")).toBeInstanceOf(
      CallFailedError,
    );
    expect(await thrown(new WireError(-32601, "Method does not exist"), "a.delete")).not.toBeInstanceOf(NotFoundError);
  });

  it("of a call keep number, name and words", async () => {
    const error = await thrown(callError(39, "ENOTEMPTY", "Failed: filesystem has children"), "pool.dataset.delete");
    expect(error).toBeInstanceOf(CallFailedError);
    expect(error).not.toBeInstanceOf(JobFailedError);
    expect(error).toMatchObject({
      errno: 39,
      errname: "ENOTEMPTY",
      reason: "Failed: filesystem has children",
      extra: null,
    });
    expect((await thrown(callError(13, "EACCES", "Not authorized"))).message).toContain("may lack a role");
    const unknown = await thrown(new WireError(-32601, "Method does not exist"));
    expect(unknown).toMatchObject({ errno: 201, errname: "ENOMETHOD" });
    expect(await thrown(new WireError(-32603, "Internal error"))).toMatchObject({
      errno: 14,
      reason: "Internal error",
    });
  });

  it("of a job are told apart", async () => {
    expect(await thrown(callError(14, "EFAULT", "no space"), "filesystem.setperm")).toBeInstanceOf(JobFailedError);
  });

  it("never show the API key", async () => {
    const echo = `bad key ${apiKey} ${Buffer.from(`svc:${apiKey}`).toString("base64")} ${apiKey.slice(2)}`;
    for (const error of [callError(14, "EFAULT", echo), invalidParams([["a.b", echo, 22]])]) {
      const { message } = await thrown(error);
      expect(message).not.toContain("Ab3");
      expect(message).not.toContain(Buffer.from(apiKey).toString("base64").slice(4, 20));
      expect(message).toContain("bad key [secret]");
    }
  });
});

describe("a NAS that is busy", () => {
  it("is asked again, also for a change, because the call did not run", async () => {
    const { client, nas, lines } = await fixture({
      handlers: {
        "a.create": once(fails(new WireError(-32000, "Maximum number of concurrent calls (20) has exceeded")), 5),
      },
    });
    await expect(client.call("a.create")).resolves.toBe(5);
    expect(nas.count("a.create")).toBe(2);
    expect(lines).toEqual([`${nas.endpoint}: a.create again (Maximum number of concurrent calls (20) has exceeded)`]);
  });

  it("is not asked for ever", async () => {
    const { client, nas } = await fixture({ handlers: { "a.create": fails(new WireError(-32000, "too many")) } });
    expect((await rejection(client.call("a.create"), TooManyCallsError)).method).toBe("a.create");
    expect(nas.count("a.create")).toBe(7);
  });

  it("ends in a timeout for a read and in uncertainty for a change", async () => {
    const { client } = await fixture({ handlers: { "a.query": () => silence, "a.create": () => silence } });
    const read = await rejection(client.call("a.query", [], { timeoutMs: 30 }), TimeoutError);
    expect([read.method, read.timeoutMs]).toEqual(["a.query", 30]);
    const write = await rejection(client.call("a.create", [], { timeoutMs: 30 }), UncertainError);
    expect(write.message).toContain("no answer came within 0.03 s: it may or may not have happened");
  });
});

describe("a lost connection", () => {
  it("repeats a read after logging in again", async () => {
    const { client, nas, lines } = await fixture({ handlers: { "a.query": once(hangUp, ["row"]) } });
    await expect(client.call("a.query")).resolves.toEqual(["row"]);
    expect([nas.upgrades(), nas.count("a.query")]).toEqual([2, 2]);
    expect(lines).toEqual([`${nas.endpoint}: a.query again (the connection was closed (code 1006))`]);
  });

  it("does not repeat a change that was sent", async () => {
    const { client, nas } = await fixture({ handlers: { "a.create": hangUp } });
    const error = await rejection(client.call("a.create"), UncertainError);
    expect(error.method).toBe("a.create");
    await expect(client.call("core.ping")).resolves.toBe("pong");
    expect(nas.count("a.create")).toBe(1);
  });

  it("sends a change that was still waiting for its turn", async () => {
    let hung = 0;
    const { client, nas } = await fixture({
      handlers: {
        "a.query": ({ socket }) => {
          hung += 1;
          if (hung === 10) socket.terminate();
          return hung <= 10 ? silence : "row";
        },
        "a.create": () => "made",
      },
    });
    await client.call("core.ping");
    const reads = Array.from({ length: 10 }, () => client.call("a.query"));
    const write = client.call("a.create");
    await expect(write).resolves.toBe("made");
    await expect(Promise.all(reads)).resolves.toEqual(Array(10).fill("row"));
    expect(nas.count("a.create")).toBe(1);
  });

  it("gives up on a read after a bounded number of attempts", async () => {
    const { client, nas } = await fixture(
      { versions: versions2510, handlers: { "a.query": hangUp } },
      { loginWindow: 1 },
    );
    const error = await rejection(client.call("a.query"), UnreachableError);
    expect(error.reason).toBe("the connection was closed (code 1006)");
    expect(nas.count("a.query")).toBe(7);
  });

  it("fails at once for a while after the NAS could not be reached again", async () => {
    const { client, nas } = await fixture({}, { coolDown: 10_000, lostConnection: 50 });
    await client.call("core.ping");
    await nas.stop();
    const first = await rejection(client.call("core.ping"), UnreachableError);
    expect(await rejection(client.call("core.ping"), UnreachableError)).toBe(first);
  });

  it("is noticed when the NAS stops answering pings", async () => {
    const { client, nas } = await fixture(
      {
        handlers: {
          "a.query": once(({ socket }) => {
            (socket as unknown as { _socket: { pause(): void } })._socket.pause();
            return silence;
          }, "row"),
        },
      },
      { keepalive: 20 },
    );
    await expect(client.call("a.query")).resolves.toBe("row");
    expect(nas.upgrades()).toBe(2);
  });

  it("is prevented by pings while nothing happens", async () => {
    const { client, nas } = await fixture({}, { keepalive: 10 });
    await client.call("core.ping");
    await until(() => nas.pings() >= 5);
    expect(nas.upgrades()).toBe(1);
  });

  it("includes a login that the NAS ended: the call did not run and is repeated once", async () => {
    const { client, nas } = await fixture({
      versions: versions2510,
      handlers: { "a.create": once(fails(callError(207, "ENOTAUTHENTICATED", "Not authenticated")), 5) },
    });
    await expect(client.call("a.create")).resolves.toBe(5);
    expect([nas.count("auth.login_ex"), nas.count("a.create")]).toEqual([2, 2]);
  });

  it("includes frames that make no sense", async () => {
    const frames: (string | Buffer)[] = [
      "{half",
      Buffer.from([1, 2, 3]),
      "[]",
      "null",
      '"text"',
      '{"jsonrpc":"2.0","id":7,"result":1}',
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid request"}}',
      '{"jsonrpc":"2.0","id":"x"}',
      '{"jsonrpc":"2.0","id":"x","error":"text"}',
      "{}",
      `${"[".repeat(100_000)}${"]".repeat(100_000)}`,
    ];
    for (const frame of frames) {
      const garbage = ({ socket }: FakeRequest) => {
        socket.send(frame);
        return silence;
      };
      const { client, nas } = await fixture({
        versions: versions2510,
        handlers: { "a.query": once(garbage, "row"), "a.create": garbage },
      });
      await expect(client.call("a.query"), `read after ${frame.toString().slice(0, 40)}`).resolves.toBe("row");
      await rejection(client.call("a.create"), UncertainError);
      expect([nas.count("a.query"), nas.count("a.create")]).toEqual([2, 1]);
    }
  });

  it("tells when the NAS refuses this address", async () => {
    const { client, nas } = await fixture({
      handlers: {
        "auth.login_ex": ({ socket }) => {
          socket.close(1008, "denied");
          return silence;
        },
      },
    });
    const error = await rejection(client.call("core.ping"), UnreachableError);
    expect(error.message).toContain("Add this machine to System > Advanced Settings > Allowed IP Addresses.");
    expect([error.passing, nas.count("auth.login_ex")]).toEqual([false, 1]);
  });
});

describe("ending", () => {
  it("a call by its signal says whether it had been sent", async () => {
    const gate = deferred();
    const { client, nas } = await fixture({ handlers: { "a.create": () => gate.promise.then(() => null) } });
    const early = await rejection(client.call("a.create", [], { signal: AbortSignal.abort() }), CancelledError);
    expect([early.sent, nas.count("a.create")]).toEqual([false, 0]);
    const controller = new AbortController();
    const call = client.call("a.create", [], { signal: controller.signal });
    await until(() => nas.count("a.create") === 1);
    controller.abort();
    const late = await rejection(call, CancelledError);
    expect([late.sent, late.method]).toEqual([true, "a.create"]);
    gate.resolve();
    await expect(client.call("core.ping")).resolves.toBe("pong");
    expect(nas.upgrades()).toBe(1);
  });

  it("the client ends every call and every later one, silently", async () => {
    const { client, nas, lines } = await fixture({ handlers: { "a.query": () => silence } });
    const calls = Array.from({ length: 12 }, () => client.call("a.query"));
    await until(() => nas.count("a.query") === 10);
    await client.close();
    for (const call of calls) await rejection(call, CancelledError);
    await rejection(client.call("core.ping"), CancelledError);
    await rejection(client.version(), CancelledError);
    await client.close();
    expect(lines).toEqual([]);
    expect(nas.upgrades()).toBe(1);
  });

  it("the client while it connects logs nobody in", async () => {
    const { client, nas, lines } = await fixture();
    const call = client.call("core.ping");
    const version = client.version();
    await until(() => nas.connections() >= 1);
    await client.close();
    await rejection(call, CancelledError);
    await rejection(version, CancelledError);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([nas.count("core.set_options"), nas.count("core.ping")]).toEqual([0, 0]);
    expect(lines).toEqual([]);
  });
});
