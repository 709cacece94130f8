import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { PROJECT_FOLDER } from "../../../commands/project.ts";

const map = (...args: string[]) =>
  promisify(execFile)(process.execPath, [join(PROJECT_FOLDER, "commands", "map.ts"), ...args]);

test("the map shows every volume of a stack with its reason, and contacts nothing", async () => {
  const { stdout } = await map("--stack", "homelab");
  expect(stdout).toMatch(
    /^ollama\/models +models +truenas-nfs +truenas-nfs +RWX +500Gi +big\/k8s-apps\/ollama\/models/m,
  );
  expect(stdout).toMatch(/^linkding\/data +sqlite +node-local +local-path .*\n +why: SQLite needs/m);
});

test("a stack that does not exist is told, with those that do", async () => {
  const failure = await map("--stack", "nowhere").catch((error: { code: number; stderr: string }) => error);
  expect(failure).toMatchObject({ code: 1, stderr: expect.stringMatching(/nowhere[\s\S]*homelab/) });
});
