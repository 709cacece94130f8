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
      const lines = (await readFile(join(folder, file), "utf8")).split("\n").filter((line) => line !== "");
      requests += lines.length;
      await appendFile(all, lines.map((line) => `${judgeable(line)}\n`).join(""));
    }
    if (requests > 0) verdicts.push({ version, requests, ...(await judge(version, all, reference, cwd)) });
  }
  return verdicts;
}

/**
 * A recorded call without what the published schemas cannot judge: the options of an SMB share are told without their purpose, and
 * then fit several branches of a oneOf, which no answer can satisfy. The rest of the row is judged.
 */
export function judgeable(line: string): string {
  if (!line.includes('"sharing.smb.')) return line;
  const entry = JSON.parse(line) as { method: string; result?: unknown };
  if (!entry.method.startsWith("sharing.smb.")) return line;
  const rows = Array.isArray(entry.result) ? entry.result : [entry.result];
  for (const row of rows) {
    if (typeof row === "object" && row !== null && "options" in row) row.options = null;
  }
  return JSON.stringify(entry);
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
