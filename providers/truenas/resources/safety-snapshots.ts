import type { Row, TrueNasClient } from "../client/client.ts";
import { CallFailedError, ValidationError } from "../client/errors.ts";
import { parseSafetySnapshot, safetyDays, safetySnapshotName } from "../client/safety-snapshots.ts";
import type { ResourceContext } from "./context.ts";
import { pruneSafetySnapshots } from "./safety-destroy.ts";

/** EEXIST */
const exists = 17;

/** A snapshot that was taken before a change that cannot be undone otherwise. Times are ISO 8601, UTC. */
export interface SafetySnapshot {
  /** `dataset@name` */
  readonly id: string;
  readonly dataset: string;
  /** What was about to happen. */
  readonly before: string;
  readonly taken: string;
  /** From then on a later run removes it, unless it is held. */
  readonly expires: string;
  readonly held: boolean;
}

/**
 * Takes a snapshot of a dataset before a change that cannot be undone otherwise; without it the change is not made. Removes
 * those that are over.
 */
export async function takeSafetySnapshot(context: ResourceContext, dataset: string, before: string): Promise<void> {
  const { nas, signal } = context;
  const name = safetySnapshotName(before, new Date());
  try {
    await nas.call("pool.snapshot.create", [{ dataset, name }], { signal });
  } catch (error) {
    // One of this very second, made for a neighbour, shows the same.
    if (!isTaken(error)) throw error;
  }
  context.log("info", `took the snapshot ${dataset}@${name} first; it is kept for ${safetyDays} days`);
  await pruneSafetySnapshots(context, await safetySnapshots(nas, signal));
}

const isTaken = (error: unknown): boolean =>
  error instanceof ValidationError
    ? error.issues.some(({ errno }) => errno === exists)
    : error instanceof CallFailedError && error.errno === exists;

/** Every safety snapshot of the NAS, the oldest first. */
export async function safetySnapshots(
  nas: Pick<TrueNasClient, "call">,
  signal: AbortSignal,
): Promise<SafetySnapshot[]> {
  const params = [[["snapshot_name", "^", "hs-before-"]], { extra: { holds: true } }];
  const rows = await nas.call<Row[]>("pool.snapshot.query", params, { signal });
  const found = rows.flatMap((row): SafetySnapshot[] => {
    const name = parseSafetySnapshot(String(row["snapshot_name"]));
    if (name === undefined) return [];
    return [
      {
        id: String(row["id"]),
        dataset: String(row["dataset"]),
        before: name.before,
        taken: new Date(name.taken).toISOString(),
        expires: new Date(name.expires).toISOString(),
        held: Object.keys(row["holds"] ?? {}).length > 0,
      },
    ];
  });
  return found.sort((a, b) => (a.taken < b.taken ? -1 : a.taken > b.taken ? 1 : a.id < b.id ? -1 : 1));
}
