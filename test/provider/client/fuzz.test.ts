import fc from "fast-check";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { TrueNasClient } from "../../../providers/truenas/client/client.ts";
import { decode } from "../../../providers/truenas/client/ejson.ts";
import { TrueNasError } from "../../../providers/truenas/client/errors.ts";
import { RpcFault, toError } from "../../../providers/truenas/client/faults.ts";
import { scrubber } from "../../../providers/truenas/client/scrub.ts";
import { apiKey, type FakeRequest, silence, startFakeNas, versions2510 } from "./fake-nas.ts";
import { quick, settingsFor } from "./fixture.ts";
import { frames } from "./frames.ts";

/** Fixed, so that a failure is met again; `FUZZ_SEED` chooses another. */
const seed = Number(process.env["FUZZ_SEED"] ?? 20_260_101);
const longestMessage = 10_000;
const makes = frames(`the key is ${apiKey}, in base64 ${btoa(apiKey)}`);

/** What would have ended the process. */
const crashes: unknown[] = [];
const crashed = (error: unknown) => crashes.push(error);
beforeEach(() => {
  crashes.length = 0;
  process.on("uncaughtException", crashed);
  process.on("unhandledRejection", crashed);
});
afterEach(() => {
  process.off("uncaughtException", crashed);
  process.off("unhandledRejection", crashed);
});

const secret = apiKey.slice(2);
const coreOf = (encoded: string) => encoded.slice(4, -4);
const leaks = (words: string) => words.includes(secret) || words.includes(coreOf(btoa(apiKey)));

test("5,000 mutated answers are either read or refused as no JSON, and their errors hold no secret", () => {
  const scrub = scrubber([apiKey, secret]);
  const call = { host: "nas", isJob: false, jobId: undefined };
  for (const make of fc.sample(makes, { numRuns: 5_000, seed })) {
    const { text } = make("request-1", { right: true });
    let message: unknown;
    try {
      message = decode(text);
    } catch (error) {
      expect(error).toBeInstanceOf(SyntaxError);
      continue;
    }
    if (typeof message !== "object" || message === null || !("error" in message)) continue;
    for (const method of ["pool.dataset.query", "filesystem.stat"]) {
      const told = toError(new RpcFault(message.error), { ...call, method }, scrub);
      expect(told).toBeInstanceOf(TrueNasError);
      if (leaks(told.message)) expect.fail(`the key stands in: ${told.message}`);
      expect(told.message.length).toBeLessThan(longestMessage);
    }
  }
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test("over the wire, no answer ends the process, is taken for another's, or tells the key", async () => {
  vi.setConfig({ testTimeout: 120_000 });
  const scripts = fc.sample(fc.array(makes, { maxLength: 2 }), { numRuns: 400, seed });
  const sent = new Map<number, string[]>();
  const idOf = new Map<number, string>();
  const handler = ({ id, params, socket }: FakeRequest) => {
    const number = Number(params[0]);
    const right = { number };
    idOf.set(number, id);
    const texts = [
      ...(scripts[number] ?? []).map((make) => make(id, right)),
      { text: JSON.stringify({ jsonrpc: "2.0", id, result: right }), binary: false },
      // Once more, with something else: what came first counts.
      { text: JSON.stringify({ jsonrpc: "2.0", id, result: "too late" }), binary: false },
    ];
    sent.set(
      number,
      texts.filter(({ binary }) => !binary).map(({ text }) => text),
    );
    for (const { text, binary } of texts) socket.send(text, { binary });
    return silence;
  };
  const nas = await startFakeNas({ versions: versions2510, handlers: { "fuzz.do": handler } });
  const lines: string[] = [];
  const timing = { ...quick, call: 300, job: 300, loginWindow: 1, aftermath: 1, firstConnection: 2_000 };
  const client = new TrueNasClient(settingsFor(nas, lines), timing);
  onTestFinished(async () => {
    await client.close();
    await nas.stop();
  });

  const counts = { right: 0, other: 0, refused: 0 };
  /** The result in the first message that is an answer to this request; torn messages end the connection. */
  const firstAnswer = (number: number): unknown => {
    for (const text of sent.get(number) ?? []) {
      const message = JSON.parse(text) as { id?: unknown; result?: unknown; error?: unknown } | null;
      if (message?.id === idOf.get(number) && message !== null) return message.result;
    }
    return undefined;
  };
  const outcome = async (number: number) => {
    try {
      const options = { kind: "write", onProgress: () => undefined } as const;
      return { result: await client.call<unknown>("fuzz.do", [number], options) };
    } catch (error) {
      return { error };
    }
  };
  const examine = async (number: number) => {
    const { result, error } = await outcome(number);
    if (error !== undefined) {
      counts.refused += 1;
      expect(error).toBeInstanceOf(TrueNasError);
      const { message } = error as TrueNasError;
      if (leaks(message)) expect.fail(`the key stands in: ${message.slice(0, 500)}`);
      expect(message.length).toBeLessThan(longestMessage);
    } else if (JSON.stringify(result) === JSON.stringify({ number })) counts.right += 1;
    else {
      counts.other += 1;
      expect(JSON.stringify(result)).toBe(JSON.stringify(firstAnswer(number)));
    }
  };
  for (let i = 0; i < scripts.length; i += 4) await Promise.all([i, i + 1, i + 2, i + 3].map(examine));

  expect(crashes).toEqual([]);
  for (const line of lines) if (leaks(line)) expect.fail(`the key stands in the log: ${line.slice(0, 500)}`);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(longestMessage);
  // Each kind of end is met: otherwise this would prove little.
  expect(counts.right).toBeGreaterThan(50);
  expect(counts.other).toBeGreaterThan(5);
  expect(counts.refused).toBeGreaterThan(50);
});
