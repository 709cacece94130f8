import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { judgeable, judgeRecordings } from "../../../commands/test/judge.ts";
import { countTests } from "../../../commands/test/report.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "homelab-judge-test-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test("tests are counted, and so is a file that did not get to its tests", () => {
  const broken = { status: "failed", assertionResults: [] };
  const failed = { status: "failed", assertionResults: [{ status: "failed" }, { status: "passed" }] };
  expect(countTests({ numPassedTests: 3, numFailedTests: 1, testResults: [failed, broken] }, 1)).toEqual({
    passed: 3,
    failed: 2,
  });
  expect(countTests({ numPassedTests: 3, numFailedTests: 0, testResults: [] }, 0)).toEqual({ passed: 3, failed: 0 });
  expect(countTests({}, 1)).toEqual({ passed: 0, failed: 1 });
});

test("recordings are judged version by version; what the judge says is kept", async () => {
  // A judge that accepts 26.0 and nothing else, and counts lines.
  await mkdir(join(root, "reference", "tools"), { recursive: true });
  await writeFile(
    join(root, "reference", "tools", "truenas-wire.mjs"),
    `import { readFileSync } from "node:fs";
     const [mode, , version, file] = process.argv.slice(2);
     console.log(mode, version, readFileSync(file, "utf8").trim().split("\\n").length);
     process.exitCode = version === "26.0" ? 0 : 1;`,
  );
  const folder = join(root, "recordings");
  await mkdir(folder);
  await writeFile(join(folder, "26.0-1-1.jsonl"), '{"a":1}\n{"a":2}\n');
  await writeFile(join(folder, "26.0-1-2.jsonl"), '{"a":3}');
  await writeFile(join(folder, "25.10-1-1.jsonl"), '{"a":1}\n');
  expect(await judgeRecordings(folder, join(root, "reference"), root)).toEqual([
    { version: "25.10", requests: 1, ok: false, output: "check 25.10 1\n" },
    { version: "26.0", requests: 3, ok: true, output: "check 26.0 3\n" },
  ]);
  expect(await judgeRecordings(join(root, "absent"), join(root, "reference"), root)).toEqual([]);
});

test("the options of an SMB share are left out of what is judged, and nothing else is", () => {
  const share = { id: 1, name: "desk", options: { hostsallow: [] } };
  const params = [{ name: "desk", options: { purpose: "DEFAULT_SHARE" } }];
  expect(JSON.parse(judgeable(JSON.stringify({ method: "sharing.smb.create", params, result: share })))).toEqual({
    method: "sharing.smb.create",
    params,
    result: { ...share, options: null },
  });
  expect(
    JSON.parse(judgeable(JSON.stringify({ method: "sharing.smb.query", params: [], result: [share, 2] }))),
  ).toEqual({
    method: "sharing.smb.query",
    params: [],
    result: [{ ...share, options: null }, 2],
  });
  const other = JSON.stringify({ method: "core.bulk", params: ["sharing.smb.query"], result: [share] });
  expect(judgeable(other)).toBe(other);
});
