import { spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Failure } from "../failure.ts";
import { executable, foldersOnPath } from "./find.ts";
import { ENGINE_VERSION } from "./version.ts";

const PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
const VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
const LAST_LINES = 12;

/** Whether a Go tool chain is on PATH. */
export async function hasGo(path: string): Promise<boolean> {
  return (await foldersOnPath("go", path)).length > 0;
}

/**
 * Builds the engine from its Go module into `folder`/pulumi. Every dependency is pinned by the go.mod and go.sum beside this file.
 * A folder is complete or absent: the work happens in a sibling that is renamed at the end.
 *
 * @param progress is told what happens now, about once a second.
 */
export async function buildEngine(folder: string, progress: (text: string) => void): Promise<void> {
  await mkdir(join(folder, ".."), { recursive: true });
  const work = await mkdtemp(`${folder}.building-`);
  try {
    for (const file of ["go.mod", "go.sum"])
      await copyFile(fileURLToPath(new URL(`module/${file}`, import.meta.url)), join(work, file));
    await goBuild(work, progress);
    await rm(folder, { recursive: true, force: true });
    await rename(work, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function goBuild(work: string, progress: (text: string) => void): Promise<void> {
  const args = ["build", "-v", "-mod=readonly", "-ldflags", `-s -w -X ${VERSION_VARIABLE}=v${ENGINE_VERSION}`];
  return new Promise((resolve, reject) => {
    const child = spawn("go", [...args, "-o", join(work, executable("pulumi")), PACKAGE], {
      cwd: work,
      env: { ...process.env, GOWORK: "off" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const lines: string[] = [];
    const started = Date.now();
    let compiled = 0;
    let current = "starting";
    const tick = setInterval(() => {
      const seconds = Math.round((Date.now() - started) / 1000);
      progress(`${seconds} s, ${compiled} packages compiled, ${current}`);
    }, 1000);
    createInterface({ input: child.stderr }).on("line", (line) => {
      lines.push(line);
      if (lines.length > LAST_LINES) lines.shift();
      if (line.startsWith("go: downloading ")) current = line.slice("go: ".length);
      else {
        compiled++;
        current = line;
      }
    });
    child.on("error", (error) => {
      clearInterval(tick);
      reject(new Failure(`the Pulumi engine could not be built: go does not start (${error.message})`));
    });
    child.on("close", (code) => {
      clearInterval(tick);
      if (code === 0) resolve();
      else reject(new Failure(buildFailure(code, lines)));
    });
  });
}

function buildFailure(code: number | null, lines: readonly string[]): string {
  return [
    `the Pulumi engine ${ENGINE_VERSION} could not be built from source (go build ended with ${code}):`,
    ...lines.map((line) => `    ${line}`),
    "The build needs Go 1.25.11 or later and a Go module proxy (GOPROXY). Either fix that and run the command again, or install",
    `Pulumi ${ENGINE_VERSION} or later so that \`pulumi\` is on PATH (https://www.pulumi.com/docs/install/).`,
  ].join("\n");
}
