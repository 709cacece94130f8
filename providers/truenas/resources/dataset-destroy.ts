import { ProviderError } from "../../base/errors.ts";
import { NotFoundError } from "../client/errors.ts";
import type { ResourceContext } from "./context.ts";
import { consequencesOf, describeConsequences } from "./dataset-consequences.ts";

/** Keeps a dataset, or destroys an empty one that the owner gave up in words. */
export async function destroyDataset(
  context: ResourceContext,
  id: string,
  onDelete: string | undefined,
): Promise<void> {
  if (onDelete !== "destroy") {
    context.log("info", `dataset ${id} stays on the NAS with its data; only the program forgets it`);
    return;
  }
  if (context.takenBack.has(id)) {
    context.log("warning", `dataset ${id} stays: this run has just taken it back under the same name`);
    return;
  }
  const consequences = await consequencesOf(context.nas, id, context.signal);
  if (consequences === undefined) return;
  const holders = describeConsequences(consequences);
  if (holders.length > 0) {
    throw new ProviderError(
      "FAILED_PRECONDITION",
      `dataset ${id} is not destroyed, because it still has ${holders.join(", ")}. ` +
        "Remove these first, or set onDelete: retain to keep the dataset and only forget it here.",
    );
  }
  try {
    await context.nas.call("pool.dataset.delete", [id, { recursive: false, force: false }], { signal: context.signal });
  } catch (error) {
    if (error instanceof NotFoundError) return;
    throw error;
  }
  // TrueNAS 26 may answer "deleted" with the dataset still there.
  if (await context.nas.collection("pool.dataset.query").find(id)) {
    throw new ProviderError(
      "FAILED_PRECONDITION",
      `the NAS said that dataset ${id} was destroyed, but it is still there. Run the command again.`,
    );
  }
}
