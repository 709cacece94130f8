import { CancelledError } from "../client/errors.ts";
import type { ResourceContext } from "./context.ts";

/**
 * Removes the safety snapshots that are over and not held. What the NAS or the client's own rail does not let go stays, for
 * a run must not fail because of it.
 */
export async function pruneSafetySnapshots(
  context: ResourceContext,
  snapshots: readonly { readonly id: string; readonly expires: string; readonly held: boolean }[],
): Promise<void> {
  const now = Date.now();
  for (const { id, expires, held } of snapshots) {
    if (held || Date.parse(expires) > now) continue;
    try {
      await context.nas.call("pool.snapshot.delete", [id], { signal: context.signal });
      context.log("info", `removed the snapshot ${id}, which was over`);
    } catch (error) {
      if (error instanceof CancelledError || !(error instanceof Error)) throw error;
      context.log("debug", `the snapshot ${id} is over and stays: ${error.message}`);
    }
  }
}
