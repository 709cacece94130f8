import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lockMessage, staleLocks } from "../../../commands/stale-lock.ts";

/** No process has this number: Linux stops at 4194304. */
const gone = 99_999_999;

describe("the locks of runs that were killed", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "homelab-lock-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const lock = async (name: string, content: unknown, stack = "homelab") => {
    const locks = join(folder, ".pulumi/locks/organization/homelab-storage", stack);
    await mkdir(locks, { recursive: true });
    await writeFile(join(locks, name), typeof content === "string" ? content : JSON.stringify(content));
  };
  const found = (env: NodeJS.ProcessEnv = { PULUMI_BACKEND_URL: `file://${folder}` }) => staleLocks("homelab", env);
  const dead = { pid: gone, username: "me", hostname: hostname(), timestamp: "2026-11-24T00:10:19Z" };

  test("are those on this machine whose process is no more", async () => {
    await lock("a.json", dead);
    await lock("b.json", { ...dead, pid: process.pid });
    await lock("c.json", { ...dead, hostname: "elsewhere" });
    await lock("d.json", "not JSON");
    await lock("e.json", dead, "another-stack");
    expect(await found()).toEqual([{ pid: gone, hostname: hostname(), timestamp: dead.timestamp }]);
  });

  test("are none where nothing is locked, and where the state is no folder", async () => {
    expect(await found()).toEqual([]);
    expect(await found({ PULUMI_BACKEND_URL: "s3://bucket", HOME: folder })).toEqual([]);
    expect(await found({ HOME: folder })).toEqual([]);
  });

  test("are found in the folder that `pulumi login` remembers", async () => {
    await lock("a.json", dead);
    await mkdir(join(folder, ".pulumi"), { recursive: true });
    await writeFile(join(folder, ".pulumi/credentials.json"), JSON.stringify({ current: "file://~" }));
    expect(await found({ HOME: folder })).toHaveLength(1);
    expect(await found({ HOME: folder, PULUMI_BACKEND_URL: "https://api.pulumi.com" })).toEqual([]);
  });

  test("are told with the command that removes them and the one to run again", () => {
    const text = lockMessage([{ ...dead, pid: 4711 }], "homelab", "/opt/pulumi", "npm run up -- --stack homelab");
    expect(text).toContain("process 4711, started 2026-11-24T00:10:19Z");
    expect(text).toContain("\n  /opt/pulumi cancel --yes --stack homelab\n  npm run up -- --stack homelab\n");
  });
});
