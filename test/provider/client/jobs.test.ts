import { describe, expect, it } from "vitest";
import { JobFailedError } from "../../../providers/truenas/client/errors.ts";
import { JobProgress } from "../../../providers/truenas/client/jobs.ts";
import { callError, type FakeRequest } from "./fake-nas.ts";
import { fixture, rejection } from "./fixture.ts";

const event = (jobId: number, requestIds: readonly unknown[], percent: unknown, description: unknown) => ({
  msg: "changed",
  collection: "core.get_jobs",
  id: jobId,
  fields: { id: jobId, message_ids: requestIds, progress: { percent, description, extra: null }, state: "RUNNING" },
});

/** Runs as a job that tells two steps, with a stranger's job between. */
const job = (end: () => unknown) => (request: FakeRequest) => {
  request.notify("collection_update", event(12, [request.id], 10, "Starting"));
  request.notify("collection_update", event(11, ["somebody-else-1", 1], 99, "Other"));
  request.notify("collection_update", event(12, [request.id], 10, "Starting"));
  request.notify("collection_update", event(12, [request.id], 60, "Working"));
  return end();
};

describe("jobs", () => {
  it("tell how they go on and give their result at the end", async () => {
    const { client, nas } = await fixture({
      handlers: { "core.subscribe": () => "uuid", "filesystem.setperm": job(() => "done") },
    });
    const steps: string[] = [];
    const onProgress = (percent: number, description: string): void => void steps.push(`${percent} ${description}`);
    const result = client.call("filesystem.setperm", [{ path: "/mnt/tank" }], { onProgress });
    await expect(result).resolves.toBe("done");
    expect(steps).toEqual(["10 Starting", "60 Working"]);
    await client.call("filesystem.setperm", [{ path: "/mnt/tank" }], { onProgress });
    expect(nas.requests.filter(({ method }) => method === "core.subscribe")).toEqual([
      { method: "core.subscribe", params: ["core.get_jobs"] },
    ]);
  });

  it("are not followed when nobody asks", async () => {
    const { client, nas } = await fixture({ handlers: { "filesystem.setperm": () => null } });
    await client.call("filesystem.setperm");
    expect(nas.count("core.subscribe")).toBe(0);
  });

  it("run also where progress cannot be followed, ten at a time", async () => {
    const { client, lines } = await fixture({ handlers: { "filesystem.setperm": () => 1 } });
    const calls = Array.from({ length: 12 }, () =>
      client.call("filesystem.setperm", [], { onProgress: () => undefined }),
    );
    await expect(Promise.all(calls)).resolves.toEqual(Array(12).fill(1));
    expect(lines.filter((line) => line.includes("progress of jobs cannot be followed"))).toHaveLength(1);
  });

  it("that fail are told with their number", async () => {
    const { client } = await fixture({
      handlers: {
        "core.subscribe": () => "uuid",
        "some.new_job": job(() => {
          throw callError(14, "EFAULT", "no space left");
        }),
      },
    });
    const error = await rejection(client.call("some.new_job", [], { onProgress: () => undefined }), JobFailedError);
    expect([error.jobId, error.reason]).toEqual([12, "no space left"]);
    expect(error.message).toContain("no space left (job 12; the NAS lists it under Jobs)");
  });

  it("survive a listener that fails", async () => {
    const { client, lines, nas } = await fixture({
      handlers: { "core.subscribe": () => "uuid", "filesystem.chown": job(() => true) },
    });
    const onProgress = (): void => {
      throw new Error("screen is gone");
    };
    await expect(client.call("filesystem.chown", [], { onProgress })).resolves.toBe(true);
    expect(lines[0]).toBe(`${nas.endpoint}: progress of a job could not be shown (Error: screen is gone)`);
  });
});

describe("JobProgress", () => {
  it("ignores events that it cannot read or that nobody listens to", () => {
    const steps: string[] = [];
    const progress = new JobProgress();
    progress.listen("r1", (percent, description) => steps.push(`${percent} ${description}`));
    progress.notify("notify_unsubscribed", event(1, ["r1"], 1, "no"));
    progress.notify("collection_update", { ...event(1, ["r1"], 1, "no"), collection: "pool.query" });
    progress.notify("collection_update", { collection: "core.get_jobs", id: 1 });
    progress.notify("collection_update", { collection: "core.get_jobs", id: 1, fields: { message_ids: "r1" } });
    progress.notify("collection_update", { collection: "core.get_jobs", id: 1, fields: { message_ids: ["r1"] } });
    expect(steps).toEqual([]);
    progress.notify("collection_update", event(2, ["r0", "r1"], null, null));
    expect(steps).toEqual(["0 "]);
    expect(progress.stop("r1")).toBe(2);
    progress.notify("collection_update", event(2, ["r1"], 50, "late"));
    expect(steps).toEqual(["0 "]);
    expect(progress.stop("r1")).toBeUndefined();
  });
});
