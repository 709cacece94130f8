import { expect, test } from "vitest";
import { RunReport } from "../../../commands/events.ts";
import { describeChanges, messagesOf, type RehearsalResult } from "../../../commands/rehearsal/result.ts";
import { showSummary } from "../../../commands/rehearsal/summary.ts";

test("changes are counted in words", () => {
  expect(describeChanges({ create: 3, update: 1, same: 9 }, true)).toBe("3 to create, 1 to update");
  expect(describeChanges({ create: 3, "create-replacement": 1, delete: 0 }, false)).toBe(
    "3 created, 1 create-replacement",
  );
  expect(describeChanges({ same: 9 }, true)).toBe("nothing to change");
  expect(describeChanges({}, false)).toBe("nothing changed");
});

test("a failed run always says something: errors and warnings first, else what it printed, else its exit code", () => {
  const report = new RunReport();
  const result = { code: 1, stdout: "", stderr: "error: no stack\n", report, ms: 1 };
  expect(messagesOf(result)).toEqual(["error: no stack"]);
  expect(messagesOf({ ...result, stderr: "" })).toEqual(["the engine ended with exit code 1"]);
  report.add({ diagnosticEvent: { severity: "warning", message: "mind" } });
  report.add({ diagnosticEvent: { severity: "error", message: "no pool" } });
  expect(messagesOf(result)).toEqual(["error: no pool", "warning: mind"]);
  expect(messagesOf({ ...result, code: 0, report: new RunReport() })).toEqual([]);
});

const base: RehearsalResult = {
  ok: true,
  stack: "homelab",
  version: "26.0",
  engine: { version: "3.250.0", origin: "on PATH" },
  stages: [],
  created: { "truenas:index:NfsShare": 2, "truenas:index:Dataset": 12 },
  markers: [],
  holdings: {
    datasets: [
      { name: "big/media", limit: 0, used: 98_304 },
      { name: "big/apps", limit: 2 ** 40, used: 2 ** 30 },
    ],
    exports: [{ path: "/mnt/big/media", clients: ["10.10.10.30/32", "10.10.10.31/32"], readOnly: true }],
    snapshotTasks: [{ dataset: "big/apps", schema: "hs-apps-daily-%Y", keeps: "7 days" }],
  },
  ms: 12_300,
};

function shown(result: RehearsalResult): string[] {
  const lines: string[] = [];
  showSummary({ line: (text = "") => lines.push(text), status: () => {}, style: (_style, text) => text }, result);
  return lines;
}

test("the summary tells what was created and what the NAS holds", () => {
  expect(shown(base)).toEqual([
    "",
    "What was created",
    "    12  Dataset",
    "     2  NfsShare",
    "",
    "What the NAS holds (simulated TrueNAS 26.0)",
    "  dataset    limit  used    NFS export",
    "  big/media  -      96 KiB  read-only for 10.10.10.30/32, 10.10.10.31/32",
    "  big/apps   1 TiB  1 GiB",
    "",
    "  snapshots of  named",
    "  big/apps      hs-apps-daily-%Y  kept 7 days",
    "",
    "The rehearsal of homelab passed in 12.3 s.",
  ]);
});

test("a rehearsal that failed says where", () => {
  const stage = { ms: 1, summary: "", messages: [] };
  const stages = [{ ...stage, name: "preview", ok: true } as const, { ...stage, name: "up", ok: false } as const];
  const { holdings: _, ...rest } = base;
  expect(shown({ ...rest, ok: false, stages, created: {} })).toEqual([
    "",
    "The rehearsal of homelab FAILED (up) after 12.3 s.",
  ]);
});
