import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Failure } from "../failure.ts";
import { ENGINE_VERSION } from "./version.ts";

const execFileAsync = promisify(execFile);

/** The archive of the official release for a platform; undefined when there is none. */
export function archiveName(platform: string, arch: string): string | undefined {
  const os = { linux: "linux", darwin: "darwin", win32: "windows" }[platform];
  const cpu = { x64: "x64", arm64: "arm64" }[arch];
  if (os === undefined || cpu === undefined) return undefined;
  return `pulumi-v${ENGINE_VERSION}-${os}-${cpu}.${os === "windows" ? "zip" : "tar.gz"}`;
}

/** The SHA-256 that a checksum list ("<hex>  <file>" per line) gives for a file. */
export function checksumOf(list: string, file: string): string | undefined {
  for (const line of list.split("\n")) {
    const [hash, name] = line.trim().split(/\s+\*?/);
    if (name === file && hash !== undefined && /^[0-9a-f]{64}$/i.test(hash)) return hash.toLowerCase();
  }
  return undefined;
}

export interface DownloadSource {
  /** Where archives are, without the file name. */
  readonly archives: string;
  /** The list of SHA-256 checksums of the release. */
  readonly checksums: string;
}

const OFFICIAL: DownloadSource = {
  archives: "https://get.pulumi.com/releases/sdk",
  checksums: `https://github.com/pulumi/pulumi/releases/download/v${ENGINE_VERSION}/pulumi-${ENGINE_VERSION}-checksums.txt`,
};

/**
 * Downloads the official release into `folder` (engine and language hosts), after comparing it with the published SHA-256.
 * A folder is complete or absent.
 */
export async function downloadEngine(
  folder: string,
  progress: (text: string) => void,
  source: DownloadSource = OFFICIAL,
): Promise<void> {
  const archive = archiveName(process.platform, process.arch);
  if (archive === undefined)
    throw new Failure(
      `Pulumi publishes no engine for ${process.platform}-${process.arch}; install Go to build one here`,
    );
  const url = `${source.archives}/${archive}`;
  progress(`downloading ${url}`);
  const [data, list] = await Promise.all([fetchBytes(url), fetchBytes(source.checksums)]);
  const expected = checksumOf(list.toString("utf8"), archive);
  const actual = createHash("sha256").update(data).digest("hex");
  if (expected !== actual)
    throw new Failure(
      `${url} does not have the published checksum (published ${expected ?? "nothing for this file"}, received ${actual}); nothing was installed`,
    );
  await mkdir(join(folder, ".."), { recursive: true });
  const work = await mkdtemp(`${folder}.unpacking-`);
  try {
    await writeFile(join(work, archive), data);
    await execFileAsync("tar", ["-xf", archive], { cwd: work });
    await rm(folder, { recursive: true, force: true });
    await rename(join(work, "pulumi"), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function fetchBytes(url: string): Promise<Buffer> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(600_000) });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    const cause = (error as Error).cause;
    const reason = cause instanceof Error ? cause.message : (error as Error).message;
    throw new Failure(
      [
        `the Pulumi engine ${ENGINE_VERSION} could not be downloaded from ${url}: ${reason}`,
        "One of these solves it:",
        `  - install Pulumi ${ENGINE_VERSION} or later so that \`pulumi\` is on PATH (https://www.pulumi.com/docs/install/)`,
        "  - install Go 1.25.11 or later: the engine is then built once from source",
        "  - allow this machine to reach get.pulumi.com and github.com, and run the command again",
      ].join("\n"),
    );
  }
}
