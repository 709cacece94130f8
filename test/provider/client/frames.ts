import fc from "fast-check";

/** What a server sends instead of, or before, the right answer to a request. */
export interface Frame {
  readonly text: string;
  readonly binary: boolean;
}

type Make = (id: string, right: unknown) => Frame;

const text = (value: unknown): Frame => ({ text: JSON.stringify(value), binary: false });
const raw = (words: string): Frame => ({ text: words, binary: false });

const oddities: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  "",
  "text",
  [],
  [[]],
  {},
  { $date: 1e300 },
  { $date: "x" },
  { $time: 1 },
  { __proto__: { polluted: true } },
  JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}'),
  "x".repeat(100_000),
  "\u0000\u001b[2J\u202E\uD800",
  Array(1_000).fill(null),
];
const oddity = fc.constantFrom(...oddities);
const odd = fc.oneof({ weight: 3, arbitrary: oddity }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) });

/** An error object with wrong types in it; `words` stands wherever text could. */
function errors(words: string): fc.Arbitrary<unknown> {
  const issue = fc.oneof(
    odd,
    fc.tuple(fc.oneof(odd, fc.constant(`create.${words}`)), fc.oneof(odd, fc.constant(words)), odd),
  );
  const data = fc.record(
    {
      error: fc.oneof(odd, fc.constantFrom(2, 13, 14, 22, 207)),
      errname: fc.oneof(odd, fc.constant(words)),
      reason: fc.oneof(odd, fc.constant(words)),
      trace: fc.oneof(odd, fc.record({ class: fc.oneof(odd, fc.constantFrom("MatchNotFound", words)) })),
      extra: fc.oneof(odd, fc.array(issue, { maxLength: 4 })),
    },
    { requiredKeys: [] },
  );
  return fc.record(
    {
      code: fc.oneof(odd, fc.constantFrom(-32_602, -32_601, -32_001, -32_000)),
      message: fc.oneof(odd, fc.constant(words)),
      data: fc.oneof(odd, data),
    },
    { requiredKeys: [] },
  );
}

/** Messages that are no answer, or one with wrong types, or cut and torn ones. */
export function frames(words: string): fc.Arbitrary<Make> {
  const error = errors(words);
  const answers: fc.Arbitrary<Make>[] = [
    error.map((given) => (id) => text({ jsonrpc: "2.0", id, error: given })),
    odd.map((given) => (id) => text({ jsonrpc: "2.0", id, error: given })),
    fc.tuple(odd, error).map(
      ([result, given]) =>
        (id) =>
          text({ jsonrpc: "2.0", id, result, error: given }),
    ),
    odd.map((result) => (id) => text({ jsonrpc: "2.0", id, result })),
    odd.map((id) => (_, right) => text({ jsonrpc: "2.0", id, result: right })),
    odd.map((given) => () => text(given)),
    fc.constant((id: string) => text({ jsonrpc: "2.0", id })),
    fc.constantFrom<Make>(
      (_, right) => text({ jsonrpc: "2.0", id: `of somebody else ${words}`, result: right }),
      (id, right) => text([{ jsonrpc: "2.0", id, result: right }]),
      (id, right) => ({ ...text({ jsonrpc: "2.0", id, result: right }), binary: true }),
    ),
  ];
  const notes: fc.Arbitrary<Make>[] = [
    fc.tuple(fc.oneof(odd, fc.constantFrom("collection_update", "notify_unsubscribed", words)), odd).map(
      ([method, params]) =>
        () =>
          text({ jsonrpc: "2.0", method, params }),
    ),
    fc.tuple(odd, odd, odd).map(
      ([jobId, progress, also]) =>
        (id) =>
          text({
            jsonrpc: "2.0",
            method: "collection_update",
            params: { collection: "core.get_jobs", id: jobId, fields: { message_ids: [also, id], progress } },
          }),
    ),
  ];
  const torn: fc.Arbitrary<Make>[] = [
    fc.nat(100).map((percent) => (id, right) => {
      const whole = JSON.stringify({ jsonrpc: "2.0", id, result: right });
      return raw(whole.slice(0, Math.floor((whole.length * percent) / 100)));
    }),
    fc.tuple(fc.nat(), fc.string({ unit: "binary", maxLength: 3 })).map(([at, inserted]) => (id, right) => {
      const whole = JSON.stringify({ jsonrpc: "2.0", id, result: right });
      const place = at % whole.length;
      return raw((whole.slice(0, place) + inserted + whole.slice(place + 1)).toWellFormed());
    }),
    fc.string({ maxLength: 30 }).map((any) => () => raw(any)),
    fc.constantFrom(100, 1_000, 10_000, 200_000).map((depth) => (id) => {
      return raw(`{"jsonrpc":"2.0","id":"${id}","result":${"[".repeat(depth)}${"]".repeat(depth)}}`);
    }),
  ];
  return fc.oneof(...answers, ...notes, ...torn);
}
