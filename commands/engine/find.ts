import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { ENGINE_VERSION, isAtLeast } from "./version.ts";

const execFileAsync = promisify(execFile);
const EXTENSION = process.platform === "win32" ? ".exe" : "";

/** A Pulumi engine that can be run. */
export interface Engine {
  readonly path: string;
  /** Without the leading "v". */
  readonly version: string;
  /** Where it came from, for people: "on PATH", "built from source" ... */
  readonly origin: string;
  /** Whether a language host for Node.js comes with it; without one we serve our own. */
  readonly hasLanguageHost: boolean;
}

/** The name of an executable on this platform. */
export function executable(name: string): string {
  return `${name}${EXTENSION}`;
}

/** The folders of PATH that hold an executable of this name, in order. */
export async function foldersOnPath(name: string, path: string): Promise<string[]> {
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  const found = await Promise.all(folders.map((folder) => isExecutable(join(folder, executable(name)))));
  return folders.filter((_folder, index) => found[index]);
}

export function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** The version that the executable reports; undefined when it does not answer like Pulumi. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await execFileAsync(path, ["version"], {
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
      timeout: 30_000,
    });
    return /^v?(\d+\.\d+\.\d+\S*)/.exec(stdout.trim())?.[1];
  } catch {
    return undefined;
  }
}

/** The engine in a folder; undefined when there is none or it is too old, which `note` is told. */
export async function engineIn(
  folder: string,
  origin: string,
  path: string,
  note: (text: string) => void,
): Promise<Engine | undefined> {
  const file = join(folder, executable("pulumi"));
  if (!(await isExecutable(file))) return undefined;
  const version = await versionOf(file);
  if (version === undefined) {
    note(`skipped ${file}: it does not report a Pulumi version`);
    return undefined;
  }
  if (!isAtLeast(version, ENGINE_VERSION)) {
    note(`skipped ${file}: version ${version} is older than ${ENGINE_VERSION}`);
    return undefined;
  }
  const beside = await isExecutable(join(dirname(file), executable("pulumi-language-nodejs")));
  const onPath = (await foldersOnPath("pulumi-language-nodejs", path)).length > 0;
  return { path: file, version, origin, hasLanguageHost: beside || onPath };
}
