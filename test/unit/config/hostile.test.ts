import { expect, test } from "vitest";
import { ConfigError, type Problem } from "../../../config/index.ts";
import { loadPlan } from "../../../plan/index.ts";
import { minimal } from "./stack-file.ts";

function refusal(raw: unknown): { problems: readonly Problem[]; message: string } {
  try {
    loadPlan(raw);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  return { problems: [], message: "" };
}
const paths = (raw: unknown) => refusal(raw).problems.map(({ path }) => path);
/** As JSON.parse makes it: an own property, which a literal would not give. */
const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

test("names that every object of JavaScript has are no keys of ours", () => {
  expect(paths(minimal(json('{"toString": 1, "constructor": {}, "__proto__": {"sandbox": true}}')))).toEqual([
    "toString",
    "constructor",
    "__proto__",
  ]);
  expect(paths(minimal({ apps: { linkding: json('{"constructor": {"size": "1Gi"}}') } }))).toEqual([
    "apps.linkding.constructor.kind",
  ]);
});

test("such a name is an ordinary name of an app, a volume or a group", () => {
  const volume = { kind: "config", size: "1Gi", group: "constructor" };
  const { plan } = loadPlan(minimal({ apps: { valueof: { constructor: volume } } }));
  expect(plan.datasets.map(({ name }) => name)).toContain("tank/k8s-apps/constructor/valueof-constructor");
});

test("a value of many thousand levels is shown as far as it can be", () => {
  let deep: unknown = "bottom";
  for (let i = 0; i < 20_000; i++) deep = { a: deep };
  const { problems } = refusal(minimal({ unknown: deep, nas: deep }));
  expect(problems.map(({ path }) => path)).toEqual(["unknown", "nas.host", "nas.pool", "nas.a"]);
  for (const { value } of problems) expect(value?.length ?? 0).toBeLessThanOrEqual(80);
});

test("a map that contains itself, as a YAML alias can make one, is shown as far as it can be", () => {
  const endless: Record<string, unknown> = { kind: "config" };
  endless["size"] = endless;
  const { problems } = refusal(minimal({ apps: { app: { data: endless } } }));
  expect(problems).toMatchObject([
    { path: "apps.app.data.size", value: expect.stringMatching(/^\{"kind":"config","size":/) },
  ]);
});

test("a list of thousands of mistakes is answered at once", () => {
  const started = performance.now();
  const clients = Array.from({ length: 5_000 }, (_, i) => `no network ${i}`);
  expect(refusal(minimal({ nas: { host: "n", pool: "p", clients } })).problems).toHaveLength(5_000);
  expect(performance.now() - started).toBeLessThan(3_000);
});

const key = `7-${"Ab3".repeat(21)}Z`;
test.each<[string, Record<string, unknown>]>([
  ["within other text", { nas: { host: `https://root:${key}@nas`, pool: "p" } }],
  ["with a line break", { nas: { host: "n", pool: `${key}\n` } }],
  ["inside a value that is shown", { foo: { list: [`Bearer ${key}`] } }],
  ["as a key", { [key]: 1 }],
  ["as a key inside a value", { foo: { [key]: 1 } }],
  ["as the name of an app", { apps: { [key]: {} } }],
])("a TrueNAS key is not repeated: %s", (_, parts) => {
  const { message, problems } = refusal(minimal(parts));
  expect(problems.length).toBeGreaterThan(0);
  expect(message).not.toContain(key);
});

test.each([
  ["under the name of a kubeconfig", { nas: { host: "n", pool: "p", kubeconfig: "hunter2" } }],
  ["below a name that sounds secret", { apps: { app: { token: { inner: "hunter2" } } } }],
  ["below it in a list", { apps: { app: { token: { inner: [{ value: "hunter2" }] } } } }],
])("a secret is not repeated: %s", (_, parts) => {
  const { message, problems } = refusal(minimal(parts));
  expect(problems.length).toBeGreaterThan(0);
  expect(message).not.toContain("hunter2");
});

test("a message obeys no control character and stays readable, whatever the file holds", () => {
  const { message } = refusal(minimal({ "a\u001b[2Jb\nc\u202Ed": "\u009b31m\u200b", ["x".repeat(5_000)]: 1 }));
  expect(message).toContain(String.raw`homelab-storage:a\u001b[2Jb\u000ac\u202ed = "\u009b31m\u200b"`);
  expect(message).toContain(`homelab-storage:${"x".repeat(197)}...`);
  expect(message.length).toBeLessThan(2_000);
});
