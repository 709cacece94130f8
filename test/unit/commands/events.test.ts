import { expect, test } from "vitest";
import { EventReader, nameOf, RunReport } from "../../../commands/events.ts";

const urn = "urn:pulumi:dev::homelab-storage::truenas:index:Dataset::a::b";
const step = (op: string, detailedDiff: object | null = null) => ({
  resOutputsEvent: {
    metadata: { op, urn, type: "truenas:index:Dataset", new: { id: "big/a", custom: true }, detailedDiff },
  },
});

test("a reader puts torn lines together and skips what is no JSON", () => {
  const reader = new EventReader();
  expect(reader.push('{"summaryEvent":{"resourceCha')).toEqual([]);
  expect(reader.push('nges":{"same":1}}}\n\nnot json\n{"x":1}')).toEqual([
    { summaryEvent: { resourceChanges: { same: 1 } } },
  ]);
  expect(reader.push("\n")).toEqual([{ x: 1 }]);
});

test("a report keeps the steps that change something, with their paths, and what was said", () => {
  const report = new RunReport();
  const events = [
    step("same"),
    step("read"),
    step("update", { quota: { diffKind: "update", inputDiff: true }, atime: { diffKind: "add", inputDiff: true } }),
    { diagnosticEvent: { severity: "debug", message: "noise" } },
    { diagnosticEvent: { severity: "info", message: "50 %", ephemeral: true } },
    { diagnosticEvent: { severity: "info#err", message: "printed\n" } },
    { diagnosticEvent: { severity: "error", message: "no such pool\n", urn } },
    { diagnosticEvent: { severity: "error", message: "Preview failed: no such pool" } },
    { diagnosticEvent: { severity: "error", message: "preview failed" } },
    { diagnosticEvent: { severity: "warning", message: "mind the gap" } },
    { summaryEvent: { resourceChanges: { same: 3, update: 1, create: 2 } } },
  ] as const;
  for (const event of events) report.add(event as Parameters<RunReport["add"]>[0]);
  expect(report.steps).toEqual([
    {
      op: "update",
      urn,
      type: "truenas:index:Dataset",
      name: "a::b",
      id: "big/a",
      real: true,
      paths: ["atime", "quota"],
    },
  ]);
  expect(report.messages).toEqual([
    { severity: "info", text: "printed" },
    { severity: "error", text: "no such pool", urn },
    { severity: "error", text: "no such pool" },
    { severity: "error", text: "preview failed" },
    { severity: "warning", text: "mind the gap" },
  ]);
  expect(report.warnings).toEqual(["mind the gap"]);
  expect(report.errors).toEqual(["no such pool"]);
  expect(report.changed).toBe(3);
  expect(nameOf(urn)).toBe("a::b");
});
