import type { RunReport } from "../events.ts";
import type { OperationResult } from "../pulumi.ts";
import type { Holdings } from "./holdings.ts";
import type { MarkerResult } from "./markers.ts";

/** One part of a rehearsal. */
export interface StageResult {
  readonly name: "preview" | "up" | "second preview" | "markers";
  readonly ok: boolean;
  readonly ms: number;
  /** What came out, in a few words: "62 to create". */
  readonly summary: string;
  /** What an owner has to read when it is not ok, and warnings. */
  readonly messages: readonly string[];
}

/** A whole rehearsal, as `--json` prints it. */
export interface RehearsalResult {
  readonly ok: boolean;
  readonly stack: string;
  readonly version: string;
  readonly engine: { readonly version: string; readonly origin: string };
  readonly stages: readonly StageResult[];
  /** Number of resources created, per type. */
  readonly created: Readonly<Record<string, number>>;
  readonly markers: readonly MarkerResult[];
  readonly holdings?: Holdings;
  readonly ms: number;
}

const verbs: Readonly<Record<string, readonly [planned: string, done: string]>> = {
  create: ["to create", "created"],
  update: ["to update", "updated"],
  delete: ["to delete", "deleted"],
  replace: ["to replace", "replaced"],
  import: ["to import", "imported"],
};

/** "3 created, 1 updated"; "nothing to change" when all is as it was. */
export function describeChanges(changes: RunReport["changes"], planned: boolean): string {
  const parts = Object.entries(changes).flatMap(([kind, count]) => {
    if (kind === "same" || count === 0) return [];
    return [`${count} ${verbs[kind]?.[planned ? 0 : 1] ?? kind}`];
  });
  return parts.length > 0 ? parts.join(", ") : planned ? "nothing to change" : "nothing changed";
}

/** What an operation that failed, or warned, has to say. */
export function messagesOf({ code, report, stderr }: OperationResult): string[] {
  const said = [...report.errors.map((text) => `error: ${text}`), ...report.warnings.map((text) => `warning: ${text}`)];
  if (code !== 0 && said.length === 0) said.push(stderr.trim() || `the engine ended with exit code ${code}`);
  return said;
}
