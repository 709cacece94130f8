import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { obtainEngine } from "../../commands/engine.ts";
import { PROJECT_FOLDER } from "../../commands/project.ts";
import type { RehearsalResult } from "../../commands/rehearsal/result.ts";

const run = promisify(execFile);

// `npm start` as somebody meets it who has just cloned the repository: a working tree of its own, an empty home.
let root: string;
let clone: string;
let home: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "homelab-start-test-"));
  clone = join(root, "clone");
  home = join(root, "home");
  await Promise.all([mkdir(clone), mkdir(home)]);
  const { stdout } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: PROJECT_FOLDER,
  });
  for (const file of stdout.split("\0").filter(Boolean)) await cp(join(PROJECT_FOLDER, file), join(clone, file));
  await symlink(join(PROJECT_FOLDER, "node_modules"), join(clone, "node_modules"));
  const git = (...args: string[]) =>
    run("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], { cwd: clone });
  await git("init", "--quiet");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "as cloned");
  const { path } = await obtainEngine();
  const { PATH = "" } = process.env;
  env = { PATH: [dirname(path), PATH].join(delimiter), HOME: home };
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Runs the command; its exit code does not reject. */
async function start(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const options = { cwd: clone, env, maxBuffer: 1 << 26 };
    execFile(process.execPath, ["commands/rehearse.ts", ...args], options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}

test("a rehearsal passes, and leaves the working tree and the user's home as they were", async () => {
  const { code, stdout, stderr } = await start("--json");
  const result = JSON.parse(stdout) as RehearsalResult;
  expect(result.stages.map(({ name, ok, summary }) => ({ name, ok, summary }))).toEqual([
    { name: "preview", ok: true, summary: expect.stringMatching(/^\d+ to create$/) },
    { name: "up", ok: true, summary: expect.stringMatching(/^\d+ created$/) },
    { name: "second preview", ok: true, summary: "nothing to change" },
    {
      name: "markers",
      ok: true,
      summary: expect.stringMatching(/^\d+ written as the apps' users, \d+ read-only as planned$/),
    },
  ]);
  expect({ ok: result.ok, stack: result.stack, version: result.version, code, stderr }).toEqual({
    ok: true,
    stack: "homelab",
    version: "26.0",
    code: 0,
    stderr: "",
  });
  expect(result.created["truenas:index:Dataset"]).toBeGreaterThan(5);
  const status = await run("git", ["status", "--porcelain"], { cwd: clone });
  expect(status.stdout).toBe("");
  expect(await readdir(home)).toEqual([]);
});

test("a stack that does not exist is one message that lists those that do", async () => {
  expect(await start("--stack", "homelap")).toEqual({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(
      /^\nerror: there is no stack "homelap" \(Pulumi\.homelap\.yaml is missing\); these exist: homelab, sandbox\n$/,
    ),
  });
});
