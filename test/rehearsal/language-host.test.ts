import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Engine, obtainEngine } from "../../commands/engine.ts";
import { type LanguageHost, startLanguageHost } from "../../commands/language-host.ts";
import { PROJECT_FOLDER } from "../../commands/project.ts";
import { runOperation, runPulumi } from "../../commands/pulumi.ts";
import { Workspace } from "../../commands/workspace.ts";

// A program of a few lines, so that what is tested is the host and nothing else.
const source = `
import * as pulumi from "@pulumi/pulumi";
const config = new pulumi.Config();
const mode: string = config.get("mode") ?? "ok";
console.log("hello from the program");
if (mode === "refuse") throw new pulumi.RunError("the pool is missing");
if (mode === "crash") throw new Error("a defect");
if (mode === "exit") process.exit(7);
export const facts = { project: pulumi.getProject(), stack: pulumi.getStack(), organization: pulumi.getOrganization() };
export const word = config.requireSecret("word");
`;

let root: string;
let engine: Engine;
let host: LanguageHost;
let workspace: Workspace;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "homelab-host-test-"));
  await writeFile(join(root, "Pulumi.yaml"), "name: tiny\nruntime: { name: nodejs, options: { typescript: false } }\n");
  await writeFile(join(root, "package.json"), '{ "type": "module", "main": "index.ts" }\n');
  await writeFile(join(root, "index.ts"), source);
  await symlink(join(PROJECT_FOLDER, "node_modules"), join(root, "node_modules"));
  engine = await obtainEngine();
  host = await startLanguageHost();
  workspace = new Workspace(join(root, "workspace"));
  await workspace.prepare("tiny");
  env = { ...workspace.environment(), PULUMI_DEBUG_LANGUAGES: `nodejs:${host.port}` };
  await workspace.createStack("dev", "config: {}\n", { "tiny:word": "sesame" }, { engine, env });
});
afterAll(async () => {
  await host?.stop();
  await rm(root, { recursive: true, force: true });
});

const operate = (operation: string[], mode: string) =>
  runOperation(
    [...operation, "--stack", "dev", "--config-file", workspace.configFile("dev"), "--config", `tiny:mode=${mode}`],
    { engine, cwd: root, env },
  );

test("a program runs type-stripped, with its configuration, secrets and identity", async () => {
  const { code, report } = await operate(["up", "--yes", "--skip-preview"], "ok");
  expect(report.messages).toEqual([{ severity: "info", text: "hello from the program" }]);
  expect(code).toBe(0);
  const show = await runPulumi(["stack", "output", "--json", "--show-secrets", "--stack", "dev"], {
    engine,
    cwd: root,
    env,
  });
  expect(JSON.parse(show.stdout)).toEqual({
    facts: { project: "tiny", stack: "dev", organization: "organization" },
    word: "sesame",
  });
});

test("a mistake of the owner is shown as its message alone", async () => {
  const { code, report, stdout } = await operate(["preview"], "refuse");
  expect(code).not.toBe(0);
  expect(report.errors).toEqual(["the pool is missing"]);
  expect(stdout).not.toMatch(/\n\s+at /);
});

test("a defect is shown with where it happened, and another end with its exit code", async () => {
  const crashed = await operate(["preview"], "crash");
  expect(crashed.code).not.toBe(0);
  expect(crashed.report.errors).toHaveLength(1);
  expect(crashed.report.errors[0]).toMatch(/failed with an unhandled exception[\s\S]*a defect[\s\S]*index\.ts/);
  const exited = await operate(["preview"], "exit");
  expect(exited.code).not.toBe(0);
  expect(`${exited.stdout}${exited.stderr}`).toContain("Program exited with non-zero exit code: 7");
});

test("pulumi about knows the runtime and the dependencies", async () => {
  const { stdout } = await runPulumi(["about", "--json", "--stack", "dev"], { engine, cwd: PROJECT_FOLDER, env });
  const about = JSON.parse(stdout) as {
    runtime: { executable: string; version: string };
    dependencies: { name: string }[];
  };
  expect(about.runtime).toMatchObject({ executable: process.execPath, version: process.version });
  expect(about.dependencies.map(({ name }) => name)).toContain("@pulumi/kubernetes");
});
