import { expect, test } from "vitest";
import { decode } from "../../../providers/truenas/client/ejson.ts";
import {
  CallFailedError,
  NotFoundError,
  UncertainError,
  ValidationError,
} from "../../../providers/truenas/client/errors.ts";
import { RpcFault, toError } from "../../../providers/truenas/client/faults.ts";
import { apiKey, type FakeRequest, silence } from "./fake-nas.ts";
import { fixture, rejection } from "./fixture.ts";

const answering = (rest: object) => ({
  handlers: {
    "pool.dataset.create": ({ id, socket }: FakeRequest) => {
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, ...rest }));
      return silence;
    },
  },
});

test("an answer with a result and an error is an error, whatever the result", async () => {
  const { client } = await fixture(answering({ result: null, error: { code: -32_001, message: "pool is full" } }));
  const error = await rejection(client.call("pool.dataset.create", [{}]), CallFailedError);
  expect(error.message).toContain("pool is full");
});

test("an answer whose error is nothing is the result", async () => {
  const { client } = await fixture(answering({ result: 5, error: null }));
  expect(await client.call("pool.dataset.create", [{}])).toBe(5);
});

test("an answer of thousands of levels ends the connection, not the process", async () => {
  const deep = (depth: number) => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  expect(() => decode(deep(501))).toThrow(SyntaxError);
  expect(decode(deep(400))).toBeTypeOf("object");
  const { client } = await fixture({
    handlers: {
      "pool.dataset.create": ({ socket }) => {
        socket.send(deep(50_000));
        return silence;
      },
    },
  });
  await rejection(client.call("pool.dataset.create", [{}]), UncertainError);
});

test("a point in time that is none stays what it was", () => {
  expect(decode('{"at":{"$date":1e300}}')).toEqual({ at: { $date: 1e300 } });
  expect(decode('{"at":{"$date":0}}')).toEqual({ at: new Date(0) });
});

const told = (extra: unknown, method = "sharing.nfs.get_instance") =>
  toError(
    new RpcFault({ code: -32_602, message: "Invalid params", data: { error: 22, reason: "[EINVAL]", extra } }),
    { host: "nas", method, isJob: false, jobId: undefined },
    (text) => text.replaceAll(apiKey, "[secret]"),
  );

test("only a well-formed finding says that an object does not exist", () => {
  expect(told([[null, "1 does not exist", 2]])).toBeInstanceOf(NotFoundError);
  for (const extra of [
    [[5, "gone", 2]],
    [[{}, "gone", 2]],
    [[undefined, "gone", 2]],
    [[null, 1, 2]],
    [{ 2: 2 }],
    "gone",
  ])
    expect(told(extra)).toBeInstanceOf(ValidationError);
  const many = Array.from({ length: 150 }, () => [null, "gone", 2]);
  expect(told([...many, ["nfs.path", "is wrong", 22]])).toBeInstanceOf(ValidationError);
});

test("what a message repeats of the NAS is bounded and scrubbed, names of properties and errors included", () => {
  const long = told(Array.from({ length: 10_000 }, () => ["a".repeat(9_000), "b".repeat(9_000), 22]));
  expect((long as ValidationError).issues).toHaveLength(20);
  expect(long.message.length).toBeLessThan(50_000);
  expect(told([[`create.${apiKey}`, "is wrong", 22]]).message).not.toContain(apiKey);
  const failed = new RpcFault({ code: -32_001, data: { errname: apiKey, reason: "x".repeat(100_000) } });
  const { message } = toError(failed, { host: "nas", method: "pool.query", isJob: false, jobId: undefined }, (text) =>
    text.replaceAll(apiKey, "[secret]"),
  );
  expect(message).not.toContain(apiKey);
  expect(message.length).toBeLessThan(3_000);
});

test.each([null, 5, "rows", { id: 1 }, [null], [1]])(
  "a list that is %j is told as an answer that makes no sense",
  async (result) => {
    const { client } = await fixture({ handlers: { "pool.query": () => result } });
    for (const ask of [client.collection("pool.query").all(), client.collection("pool.query").find(1)]) {
      const error = await rejection(ask, CallFailedError);
      expect(error.message).toContain("pool.query");
      expect(error.message).toContain("not a list of objects");
    }
  },
);
