import { ProviderError } from "../../base/errors.ts";
import type { ResourceContext } from "./context.ts";
import type { DatasetRow } from "./dataset-row.ts";
import { mountpointOf } from "./names.ts";

/** The dataset itself, then its ancestors up to the pool. */
function* upwards(name: string): Generator<string> {
  for (let at = name; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) yield at;
}

const dataset = async (context: ResourceContext, name: string) =>
  (await context.nas.collection("pool.dataset.query").find(name)) as DatasetRow | undefined;

/** The dataset of this name, or the nearest of its ancestors that the NAS has. */
async function nearest(context: ResourceContext, name: string): Promise<DatasetRow | undefined> {
  for (const candidate of upwards(name)) {
    const row = await dataset(context, candidate);
    if (row) return row;
  }
  return undefined;
}

/** Refuses what needs an encrypted dataset to be open; `what` begins the sentence: "dataset tank/a/b cannot be made". */
export async function refuseLocked(context: ResourceContext, name: string, what: string): Promise<void> {
  const row = await nearest(context, name);
  if (row?.locked) throw lockedError(row, what);
}

/** The same for the dataset that holds a path. */
export async function refuseLockedPath(context: ResourceContext, path: string, what: string): Promise<void> {
  const root = mountpointOf("");
  if (path.startsWith(root)) await refuseLocked(context, path.slice(root.length), what);
}

/** The dataset that holds a path; undefined for one outside the pools. */
export async function datasetOf(context: ResourceContext, path: string): Promise<DatasetRow | undefined> {
  const root = mountpointOf("");
  return path.startsWith(root) ? nearest(context, path.slice(root.length)) : undefined;
}

function lockedError({ id, encryption_root: root }: DatasetRow, what: string): ProviderError {
  const key = typeof root === "string" && root !== "" ? root : id;
  return new ProviderError(
    "FAILED_PRECONDITION",
    `${what}, because dataset ${id} is encrypted and locked. Nothing was changed. ` +
      `Unlock ${key} in the TrueNAS UI (Datasets, ${key}, Unlock) and run this again; keys and passphrases never pass through here.`,
  );
}
