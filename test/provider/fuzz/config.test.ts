import { inspect } from "node:util";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { ConfigError, type ParseOptions, type Problem } from "../../../config/index.ts";
import { loadPlan, type StoragePlan } from "../../../plan/index.ts";
import { minimal, stackConfig } from "../../unit/config/stack-file.ts";
import { configuration } from "../../unit/plan/arbitrary.ts";
import { hostileKey, hostileValue, mutated, mutation } from "./hostile.ts";
import { badlyTold, brokenRules } from "./invariants.ts";

/** Together 10,000 configurations. The seed is fixed, so that a failure is met again; `FUZZ_SEED` chooses another. */
const seed = Number(process.env["FUZZ_SEED"] ?? 20_260_101);
/** Nobody waits longer for an answer about a file, however odd it is. Generous: the machine may be busy. */
const longestMs = 2_000;
vi.setConfig({ testTimeout: 120_000 });

interface Outcome {
  readonly plan?: StoragePlan;
  readonly problems: readonly Problem[];
  readonly message: string;
}

function load(raw: unknown, options: ParseOptions = {}): Outcome {
  try {
    return { plan: loadPlan(raw, options).plan, problems: [], message: "" };
  } catch (error) {
    if (error instanceof ConfigError) return { problems: error.problems, message: error.message };
    throw error;
  }
}

/** What is wrong with the answer to a configuration, which must be a sound plan or well-told problems. */
function flawsOf(raw: unknown, secrets: readonly string[] = []): { flaws: string[]; planned: boolean } {
  const started = performance.now();
  const { plan, problems, message } = load(raw);
  const took = performance.now() - started;
  const shown = secrets.length > 0 ? JSON.stringify([plan, message]) : "";
  const flaws = [
    ...(plan ? brokenRules(plan) : []),
    ...(plan === undefined && problems.length === 0 ? ["refused without a problem"] : []),
    ...badlyTold(raw, problems, secrets),
    ...secrets.filter((secret) => shown.includes(secret)).map(() => "a secret is shown"),
    ...(took > longestMs ? [`took ${took} ms`] : []),
  ];
  return { flaws, planned: plan !== undefined };
}

/** Every flaw with the first configuration that shows it; and how many configurations were planned. */
function fuzz<T>(
  count: number,
  values: fc.Arbitrary<T>,
  toCase: (value: T) => unknown,
  secretOf?: (value: T) => string,
) {
  const found = new Map<string, string>();
  let planned = 0;
  for (const value of fc.sample(values, { numRuns: count, seed })) {
    const raw = toCase(value);
    let flaws: string[];
    try {
      const outcome = flawsOf(raw, secretOf ? [secretOf(value)] : []);
      ({ flaws } = outcome);
      if (outcome.planned) planned += 1;
    } catch (error) {
      flaws = [`crashed: ${error instanceof Error ? error.stack : String(error)}`];
    }
    for (const flaw of flaws) {
      const kind = flaw.replace(/\d+/g, "0").slice(0, 300);
      if (!found.has(kind)) found.set(kind, inspect(raw, { depth: 6, maxStringLength: 100 }).slice(0, 1_500));
    }
  }
  return { flaws: [...found].slice(0, 12), planned };
}

const mutations = (most: number) => fc.array(mutation, { minLength: 1, maxLength: most });
const small = minimal({
  apps: { app: { data: { kind: "config", size: "1Gi" }, db: { kind: "sqlite", size: "1Gi", node: "one" } } },
  shares: { media: { path: "/mnt/tank/media", snapshots: { exempt: "can be ripped again" } } },
  smb: { docs: { size: "5Gi" } },
});

test("1,000 configurations as owners write them", () => {
  const { flaws, planned } = fuzz(1_000, configuration, (raw) => raw);
  expect(flaws).toEqual([]);
  expect(planned).toBeGreaterThan(400);
});

test("600 mutations of generated configurations, and 400 of the shipped stack files", () => {
  expect(fuzz(600, fc.tuple(configuration, mutations(2)), ([raw, changes]) => mutated(raw, changes)).flaws).toEqual([]);
  for (const stack of ["homelab", "sandbox"]) {
    const raw = stackConfig(stack);
    expect(fuzz(200, mutations(3), (changes) => mutated(raw, changes)).flaws).toEqual([]);
  }
});

test("5,000 mutations of a small configuration", () => {
  const { flaws, planned } = fuzz(5_000, mutations(4), (changes) => mutated(small, changes));
  expect(flaws).toEqual([]);
  // Some remain valid: otherwise the rules about plans would say nothing here.
  expect(planned).toBeGreaterThan(50);
});

test("2,000 values of no shape at all, for everything or for one key", () => {
  const keys = Object.keys(stackConfig("homelab"));
  const oneKey = fc.tuple(fc.constantFrom(...keys), hostileValue);
  expect(fuzz(500, hostileValue, (raw) => raw).flaws).toEqual([]);
  expect(fuzz(1_500, oneKey, ([key, value]) => ({ ...small, [key]: value })).flaws).toEqual([]);
});

const letters = fc.array(fc.constantFrom(..."abcXYZ0189"), { minLength: 64, maxLength: 64 });
const apiKey = letters.map((chosen) => `7-${chosen.join("")}`);
const nas = { host: "10.0.0.2", pool: "tank" };
const data = { kind: "config", size: "1Gi" };
const place = fc.constantFrom<(key: string, value: unknown) => unknown>(
  (key, value) => ({ ...small, [key]: value }),
  (key, value) => ({ ...small, nas: { ...nas, [key]: value } }),
  (key, value) => ({ ...small, nas: { ...nas, tls: { [key]: value } } }),
  (key, value) => ({ ...small, apps: { app: { data: { ...data, [key]: value } } } }),
  (key, value) => ({ ...small, apps: { app: { data, [key]: value } } }),
  (key, value) => ({ ...small, nodes: { one: { address: "10.0.0.3", [key]: value } } }),
);
const wrapped = fc.constantFrom<(value: string) => unknown>(
  (value) => value,
  (value) => [value],
  (value) => ({ value }),
  (value) => ({ inner: [{ value }] }),
);

test("1,000 secrets in places where they do not belong are never repeated", () => {
  const secretKey = fc.constantFrom(
    "password",
    "truenasApiKey",
    "kubeconfig",
    "apiKey",
    "api_key",
    "s3Secret",
    "token",
  );
  const secret = fc.stringMatching(/^hunter2[\w-]{12,30}$/);
  const underItsName = fuzz(
    500,
    fc.tuple(place, secretKey, wrapped, secret),
    ([put, key, wrap, text]) => put(key, wrap(text)),
    ([, , , text]) => text,
  );
  expect(underItsName).toEqual({ flaws: [], planned: 0 });
  // A TrueNAS key is known by its form, whatever its name is, also within other text.
  const anyKey = fc.oneof(fc.constantFrom("host", "pool", "size", "notes", "endpoint", "kind"), hostileKey);
  const around = fc.constantFrom<[string, string]>(["", ""], [" ", "\n"], ["Bearer ", ""], ["https://root:", "@nas/"]);
  const byItsForm = fuzz(
    500,
    fc.tuple(place, anyKey, wrapped, apiKey, around),
    ([put, key, wrap, text, [before, after]]) => put(key, wrap(before + text + after)),
    ([, , , text]) => text,
  );
  expect(byItsForm.flaws).toEqual([]);
});
