import { ProviderError } from "../../base/errors.ts";
import type { Row } from "../client/client.ts";
import { NotFoundError } from "../client/errors.ts";
import type { ResourceContext } from "./context.ts";
import { mountpointOf } from "./names.ts";

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
  const holders = await whatStandsOn(context, id);
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

/** What would be lost with the dataset, or would be deleted by the NAS without asking. Asked anew: a list may be a minute old. */
async function whatStandsOn(context: ResourceContext, id: string): Promise<string[]> {
  const under = (path: unknown) => path === mountpointOf(id) || String(path).startsWith(`${mountpointOf(id)}/`);
  const query = (method: string, ...params: unknown[]) =>
    context.nas.call<Row[]>(method, params, { signal: context.signal });
  const [datasets, snapshots, nfs, smb, tasks] = await Promise.all([
    query("pool.dataset.query", [], { extra: { retrieve_children: false } }),
    query("pool.snapshot.query", [["dataset", "=", id]], { select: ["name"] }),
    query("sharing.nfs.query"),
    query("sharing.smb.query"),
    query("pool.snapshottask.query"),
  ]);
  const children = datasets.filter((row) => String(row["id"]).startsWith(`${id}/`));
  const clones = datasets.filter((row) => originOf(row).startsWith(`${id}@`));
  const counts: [number, string][] = [
    [children.length, "child datasets"],
    [snapshots.length, "snapshots"],
    [clones.length, "clones of its snapshots"],
    [nfs.filter((share) => under(share["path"])).length, "NFS exports"],
    [smb.filter((share) => under(share["path"])).length, "SMB shares"],
    [tasks.filter((task) => task["dataset"] === id).length, "snapshot tasks"],
  ];
  return counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
}

function originOf(row: Row): string {
  const origin = row["origin"];
  return typeof origin === "object" && origin !== null && "value" in origin ? String(origin.value ?? "") : "";
}
