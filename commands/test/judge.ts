import { execFile } from "node:child_process";
import { appendFile, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const execFileAsync = promisify(execFile);
const VERSIONS = ["25.10", "26.0"] as const;

/** What the judge says about everything that was recorded with one version of the API. */
export interface Verdict {
  readonly version: string;
  readonly requests: number;
  readonly ok: boolean;
  readonly output: string;
}

/**
 * Puts the recordings (`<version>-*.jsonl`) of each version together and has them judged.
 *
 * @param reference folder with `tools/truenas-wire.mjs`.
 * @param cwd folder whose dependencies the judge uses.
 */
export async function judgeRecordings(folder: string, reference: string, cwd: string): Promise<Verdict[]> {
  const files = await readdir(folder).catch(() => []);
  const verdicts: Verdict[] = [];
  for (const version of VERSIONS) {
    const all = join(folder, `all-${version}.jsonl`);
    let requests = 0;
    for (const file of files.filter((name) => name.startsWith(`${version}-`)).sort()) {
      const text = await readFile(join(folder, file), "utf8");
      requests += text.split("\n").filter((line) => line !== "").length;
      await appendFile(all, text.endsWith("\n") || text === "" ? text : `${text}\n`);
    }
    if (requests > 0) verdicts.push({ version, requests, ...(await judge(version, all, reference, cwd)) });
  }
  return verdicts;
}

async function judge(
  version: string,
  file: string,
  reference: string,
  cwd: string,
): Promise<Pick<Verdict, "ok" | "output">> {
  const args = [join(reference, "tools", "truenas-wire.mjs"), "check", "--version", version, file];
  try {
    const { stdout } = await execFileAsync(process.execPath, args, { cwd, maxBuffer: 64 * 1024 * 1024 });
    return { ok: true, output: stdout };
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    return { ok: false, output: `${stdout}${stderr}` };
  }
}
