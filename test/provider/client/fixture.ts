import { onTestFinished } from "vitest";
import { TrueNasClient } from "../../../providers/truenas/client/client.ts";
import type { ClientSettings, Timing } from "../../../providers/truenas/client/settings.ts";
import { apiKey, type FakeNas, type FakeOptions, startFakeNas, username } from "./fake-nas.ts";

/** Short waits, so that what is bounded by time ends within a test. */
export const quick: Partial<Timing> = {
  connect: 2_000,
  call: 2_000,
  job: 2_000,
  retry: 5,
  retryMax: 20,
  firstConnection: 150,
  lostConnection: 300,
  coolDown: 100,
  rateLimited: 30,
  aftermath: 10,
};

export interface Fixture {
  readonly nas: FakeNas;
  readonly client: TrueNasClient;
  readonly lines: string[];
}

/** Without destroy protection, for these tests are about the conversation; rails.test.ts is about the rails. */
export const settingsFor = (nas: FakeNas, lines: string[] = []): ClientSettings => ({
  endpoint: nas.endpoint,
  username,
  apiKey,
  fingerprint: nas.fingerprint,
  destroyProtection: false,
  log: (line) => lines.push(line),
});

/** A misbehaving server and a client for it; both end with the test. */
export async function fixture(
  options: FakeOptions = {},
  timing: Partial<Timing> = {},
  settings: Partial<ClientSettings> = {},
): Promise<Fixture> {
  const nas = await startFakeNas(options);
  const lines: string[] = [];
  const client = new TrueNasClient({ ...settingsFor(nas, lines), ...settings }, { ...quick, ...timing });
  onTestFinished(async () => {
    await client.close();
    await nas.stop();
  });
  return { nas, client, lines };
}

/** What a promise was rejected with, checked for its class. */
export async function rejection<E extends Error>(
  promise: Promise<unknown>,
  type: abstract new (...args: never[]) => E,
): Promise<E> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("error" in outcome && outcome.error instanceof type) return outcome.error;
  throw new Error(
    `expected ${type.name}, got ${JSON.stringify(outcome)} ${"error" in outcome ? String(outcome.error) : ""}`,
  );
}

export function deferred<T = void>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  const { promise, resolve } = Promise.withResolvers<T>();
  return { promise, resolve };
}

/** Waits until `condition` holds. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("the condition did not come true within 5 s");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
