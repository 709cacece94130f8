import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { missingPrerequisites, parseInvocation } from "../../../commands/real.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "homelab-real-test-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

test("our flags are taken out and everything else goes to Pulumi", () => {
  expect(parseInvocation(["--stack", "homelab", "--diff", "--target", "x", "--download-engine"])).toEqual({
    stack: "homelab",
    downloadEngine: true,
    rest: ["--diff", "--target", "x"],
  });
  expect(parseInvocation(["--stack=lab", "-j"])).toEqual({ stack: "lab", downloadEngine: false, rest: ["-j"] });
  expect(parseInvocation(["-s", "lab"]).stack).toBe("lab");
  expect(parseInvocation([]).stack).toBeUndefined();
});

test("a state and a passphrase are asked for by name", () => {
  const stack = "encryptionsalt: v1:x\nconfig: {}\n";
  const [state, passphrase] = missingPrerequisites({ HOME: home }, stack, false);
  expect(state).toMatch(/^a place for the state: set PULUMI_BACKEND_URL/);
  expect(passphrase).toMatch(/^the passphrase of the stack's secrets: set PULUMI_CONFIG_PASSPHRASE_FILE/);
});

test("nothing is missing with a login and a passphrase, a stack without secrets, or a terminal to ask at", async () => {
  const stack = "secretsprovider: passphrase\nconfig: {}\n";
  const backend = { HOME: home, PULUMI_BACKEND_URL: "file:///state" };
  expect(missingPrerequisites({ ...backend, PULUMI_CONFIG_PASSPHRASE: "" }, stack, false)).toEqual([]);
  expect(missingPrerequisites(backend, stack, true)).toEqual([]);
  expect(missingPrerequisites(backend, "config: {}\n", false)).toEqual([]);
  await mkdir(join(home, ".pulumi"));
  await writeFile(join(home, ".pulumi", "credentials.json"), "{}");
  expect(missingPrerequisites({ HOME: home }, "", false)).toEqual([]);
});
