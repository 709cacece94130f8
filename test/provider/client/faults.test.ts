import { describe, expect, onTestFinished, test } from "vitest";
import { TrueNasClient } from "../../../providers/truenas/client/client.ts";
import { UncertainError, UnreachableError } from "../../../providers/truenas/client/errors.ts";
import { lockOf } from "../../../providers/truenas/client/job-locks.ts";
import type { Timing } from "../../../providers/truenas/client/settings.ts";
import { type NasOptions, type SimulatedNas, startNas } from "../../../simulator/nas/start.ts";
import { quick, rejection } from "./fixture.ts";

/** A simulated NAS and a client for it; both end with the test. */
async function connected(
  options: NasOptions = {},
  timing: Partial<Timing> = {},
): Promise<{ nas: SimulatedNas; client: TrueNasClient; lines: string[] }> {
  const nas = await startNas({ scramIterations: 50_000, penaltyMs: 1, bootMs: 5, ...options });
  const lines: string[] = [];
  const { endpoint, username, apiKey, fingerprint } = nas;
  const settings = { endpoint, username, apiKey, fingerprint, log: (line: string) => void lines.push(line) };
  const client = new TrueNasClient(settings, { ...quick, ...timing });
  onTestFinished(async () => {
    await client.close();
    await nas.stop();
  });
  return { nas, client, lines };
}

test("a NAS that accepts the connection and never tells its versions is unreachable, not waited for", async ({
  expect,
}) => {
  const silent = { on: { method: "GET /api/versions", times: 99 }, do: { kind: "silent", ran: false } } as const;
  const { client } = await connected({ faults: [silent] }, { connect: 60, firstConnection: 100 });
  const { message } = await rejection(client.version(), UnreachableError);
  expect(message).toContain("it does not answer within 0.06 s");
});

describe("jobs of one lock", () => {
  const paths = Array.from({ length: 9 }, (_, i) => `/mnt/tank/d${i}`);
  const datasets = paths.map((path) => path.slice("/mnt/".length));
  interface Stat {
    readonly uid: number;
  }

  test.each(["25.10", "26.0"] as const)("are not so many that TrueNAS %s drops one", async (version) => {
    const { nas, client } = await connected({ version, datasets });
    const request = (path: string) => [{ path, uid: 1000, options: { recursive: false } }];
    await Promise.all(paths.map((path) => client.call("filesystem.setperm", request(path))));
    const owners = await Promise.all(paths.map(async (path) => (await nas.admin<Stat>("filesystem.stat", path)).uid));
    expect(owners).toEqual(paths.map(() => 1000));
    expect(nas.stats.calls.get("filesystem.setperm")).toBe(9);
  });

  test("are few where the lock is one for all, and free where each path has its own", () => {
    const request = [{ path: "/mnt/tank/a" }];
    expect(lockOf("filesystem.setperm", request, "25.10")).toBe(lockOf("filesystem.setacl", [{ path: "/b" }], "25.10"));
    expect(lockOf("filesystem.setperm", request, "26.0")).toBe("filesystem.setperm:/mnt/tank/a");
    expect(lockOf("core.bulk", ["filesystem.stat", []], "26.0")).toBe("bulk:filesystem.stat");
    expect(lockOf("service.control", ["START", "nfs"], "26.0")).toBe("service:nfs");
    expect(lockOf("app.create", [{}], "26.0")).toBe("app.create");
    expect(lockOf("pool.dataset.create", [{}], "25.10")).toBeUndefined();
  });
});

describe("a change whose answer never came", () => {
  const on = { method: "pool.dataset.create" };
  const request = [{ name: "tank/a" }];

  test("may still happen when the NAS is silent", async () => {
    const { client } = await connected({ faults: [{ on, do: { kind: "silent", ran: false } }] });
    const error = await rejection(client.call("pool.dataset.create", request, { timeoutMs: 40 }), UncertainError);
    expect(error.pending).toBe(true);
    expect(error.message).toMatch(
      /no answer came within 0.04 s: it may or may not have happened, and may still happen\. /,
    );
  });

  test("has happened or not when the connection was lost", async () => {
    const { client } = await connected({ faults: [{ on, do: { kind: "cut", when: "during" } }] });
    const error = await rejection(client.call("pool.dataset.create", request), UncertainError);
    expect(error.pending).toBe(false);
  });
});
