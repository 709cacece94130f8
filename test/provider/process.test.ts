import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const plugin = fileURLToPath(new URL("../../providers/truenas/pulumi-resource-truenas", import.meta.url));

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** The first line that a process prints. */
async function firstLine(child: ChildProcess): Promise<string> {
  const [text] = (await once(child.stdout ?? process.stdin, "data")) as [Buffer];
  return text.toString().trim();
}

test("the plugin ends when its engine was killed, which can tell it nothing", async () => {
  // Stands for the engine: starts the plugin, waits until it serves, and tells its number.
  const script = `
    const child = require("node:child_process").spawn(process.argv[1], ["127.0.0.1:1"], { stdio: ["ignore", "pipe", "ignore"] });
    child.stdout.once("data", () => console.log(child.pid));
  `;
  const engine = spawn(process.execPath, ["-e", script, plugin], { stdio: ["ignore", "pipe", "inherit"] });
  const pid = Number(await firstLine(engine));
  onTestFinished(() => {
    if (isAlive(pid)) process.kill(pid, "SIGKILL");
  });
  expect(isAlive(pid)).toBe(true);
  engine.kill("SIGKILL");
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
});
