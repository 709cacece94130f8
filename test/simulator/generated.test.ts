import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ValidationErrors } from "../../simulator/nas/errors.ts";
import type { ApiVersion, Method } from "../../simulator/nas/method.ts";
import { authMethods } from "../../simulator/nas/methods/auth.ts";
import { coreMethods } from "../../simulator/nas/methods/core.ts";
import { methods } from "../../simulator/nas/methods/index.ts";
import type { WireRecord } from "../../simulator/nas/recorder.ts";
import { validateParams } from "../../simulator/nas/rpc/validation.ts";
import { startNas } from "../../simulator/nas/start.ts";
import { Raw } from "./protocol/harness.ts";

// The judge makes requests from the published schemas, valid and broken, without knowing the simulator; both have to agree on each.

const judge = "../shared/tools/truenas-wire.mjs";
const present = existsSync(judge);
if (!present && process.env["CI"]) throw new Error("the reference is missing, and CI needs it");
if (!present) process.stdout.write("SKIPPED: no reference\n");

interface Request {
  readonly method: string;
  readonly params: unknown[];
  readonly valid: boolean;
  readonly why: string;
}

/** Methods that would end the session, change how it answers, or wait for themselves. */
const disruptive = new Set(["auth.logout", "core.set_options", "core.job_wait", "auth.login_ex_continue"]);
const perMethod = 30;

/** Findings of the schemas' types, as opposed to rules that the published schemas cannot tell (a cron field, a share's name). */
const structural = /^(Extra inputs are|Field required|Input should be|Input tag|List should have|Too many arguments)/;

const publicMethods = (version: ApiVersion): ReadonlyMap<string, Method> =>
  new Map(
    [...methods, ...authMethods, ...coreMethods]
      .filter((method) => !method.private && (method.versions?.includes(version) ?? true))
      .map((method) => [method.name, method]),
  );

function run(...args: string[]): { status: number | null; output: string } {
  const { status, stdout } = spawnSync(process.execPath, [judge, ...args], { encoding: "utf8", maxBuffer: 2 ** 30 });
  return { status, output: stdout };
}

function generate(version: ApiVersion, names: readonly string[], seed: number): Request[] {
  const count = String(names.length * perMethod);
  const { status, output } = run(
    "generate",
    "--version",
    version,
    "--methods",
    names.join(),
    "--seed",
    String(seed),
    "--count",
    count,
  );
  expect(status).toBe(0);
  return output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Request);
}

const messages = (error: unknown): string[] => {
  if (error instanceof ValidationErrors) return error.issues.map(([, message]) => message);
  throw error;
};

/** Texts above 1024 characters: the server refuses them everywhere, the published schemas do not say so. */
const hasLongText = (value: unknown): boolean =>
  typeof value === "string"
    ? value.length > 1024
    : typeof value === "object" && value !== null && Object.values(value).some(hasLongText);

const ambiguousPurposes = ["DEFAULT_SHARE", "MULTIPROTOCOL_SHARE", "VEEAM_REPOSITORY_SHARE", "FCP_SHARE"];

/**
 * Requests whose answers the published schemas cannot describe: the options of most SMB shares are shown without their purpose, so they
 * fit several of the alternatives of which exactly one has to fit; and a get_instance that selects gives a part of a row.
 */
function beyondSchemas({ method, params }: Request): boolean {
  const last = params.at(-1) as { options?: { purpose?: string } | null; select?: unknown[] } | undefined;
  if (method.startsWith("sharing.smb.")) return ambiguousPurposes.includes(last?.options?.purpose ?? "");
  return method.endsWith(".get_instance") && (last?.select?.length ?? 0) > 0;
}

/** What the simulator and the judge see differently about a request; undefined when they agree. */
function disagreement(method: Method, version: ApiVersion, request: Request): string | undefined {
  const said = `${request.method}(${JSON.stringify(request.params).slice(0, 300)})`;
  let refusals: string[] = [];
  try {
    validateParams(method, version, request.params);
  } catch (error) {
    refusals = messages(error);
  }
  if (!request.valid) return refusals.length > 0 ? undefined : `${said}: accepted, but ${request.why}`;
  const unfounded = refusals.filter((message) => structural.test(message));
  return unfounded.length > 0 ? `${said}: refused, though valid: ${unfounded.join("; ")}` : undefined;
}

describe.runIf(present).each<ApiVersion>(["25.10", "26.0"])("generated requests for %s", (version) => {
  const known = publicMethods(version);

  it("are accepted and refused alike by the schemas", () => {
    const requests = generate(version, [...known.keys()], 11);
    expect(requests.some(({ valid }) => valid) && requests.some(({ valid }) => !valid)).toBe(true);
    const differences = requests.flatMap((request) => {
      const method = known.get(request.method);
      return method ? (disagreement(method, version, request) ?? []) : `${request.method}: unknown`;
    });
    expect(differences).toEqual([]);
  });

  it("get answers that the published schemas allow", async () => {
    const names = [...known.keys()].filter((name) => !disruptive.has(name));
    const requests = generate(version, names, 23).filter(
      (request) => !hasLongText(request.params) && !beyondSchemas(request),
    );
    const records: WireRecord[] = [];
    const nas = await startNas({
      version,
      penaltyMs: 0,
      datasets: ["tank/apps/a"],
      scramIterations: 50_000,
      record: (entry) => records.push(entry),
    });
    const raw = await Raw.open(nas);
    const login = { mechanism: "API_KEY_PLAIN", username: nas.username, api_key: nas.apiKey };
    expect((await raw.call("auth.login_ex", [login])).result.response_type).toBe("SUCCESS");
    await raw.call("core.set_options", [{ legacy_jobs: false }]);
    const wrong: string[] = [];
    for (const { method, params, valid, why } of requests) {
      const said = `${method}(${JSON.stringify(params).slice(0, 300)})`;
      const { error } = await (valid ? raw.call(method, params) : nas.expectInvalid(() => raw.call(method, params)));
      if (!valid && error?.code !== -32602) wrong.push(`${said}: ${JSON.stringify(error?.code)}, but ${why}`);
      if (error?.code === -32603 || /undefined|is not a function|Cannot read/.test(error?.data?.reason ?? "")) {
        wrong.push(`${said}: crashed: ${error.data?.reason}`);
      }
    }
    await nas.stop();
    expect(wrong).toEqual([]);
    const folder = mkdtempSync(join(tmpdir(), "homelab-wire-"));
    const file = join(folder, "recording.jsonl");
    writeFileSync(file, records.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    const { status, output } = run("check", "--version", version, file);
    rmSync(folder, { recursive: true });
    expect(output).toMatch(/ 0 wrong\n$/);
    expect(status).toBe(0);
  }, 120_000);
});
