import type { StoragePlan, VolumePlan } from "../../plan/storage-plan.ts";
import type { SimulatedNas } from "../../simulator/nas/start.ts";

const FILE = ".rehearsal";

/** What happened when an app's user tried its volume over NFS. */
export interface MarkerResult {
  /** `<app>.<volume>` */
  readonly volume: string;
  readonly path: string;
  readonly client: string;
  readonly uid: number;
  /** `written` and read back; `read-only` where writing was refused as it should be; `failed` otherwise. */
  readonly outcome: "written" | "read-only" | "failed";
  readonly detail?: string;
}

/** Acts as a pod of each app: mounts every NFS volume from a node of the cluster and writes a marker as the app's own user. */
export async function writeMarkers(nas: Pick<SimulatedNas, "nfs">, plan: StoragePlan): Promise<MarkerResult[]> {
  const results: MarkerResult[] = [];
  for (const volume of plan.volumes) {
    if (volume.nfs !== undefined) results.push(await tryVolume(nas, plan, volume, volume.nfs.path));
  }
  return results;
}

async function tryVolume(
  nas: Pick<SimulatedNas, "nfs">,
  plan: StoragePlan,
  volume: VolumePlan,
  path: string,
): Promise<MarkerResult> {
  const client = nodeOf(plan, volume);
  const { uid, gid } = volume.runAs;
  const about = { volume: `${volume.app}.${volume.volume}`, path, client, uid };
  const access = { client, uid, gid, export: path, file: FILE };
  const data = `${about.volume} ${uid}:${gid}`;
  try {
    await nas.nfs.write({ ...access, data });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return volume.readOnly && code === "EROFS"
      ? { ...about, outcome: "read-only" }
      : { ...about, outcome: "failed", detail: message };
  }
  if (volume.readOnly) return { ...about, outcome: "failed", detail: "a read-only volume accepted a write" };
  const found = Buffer.from(await nas.nfs.read(access)).toString("utf8");
  return found === data
    ? { ...about, outcome: "written" }
    : { ...about, outcome: "failed", detail: `the marker reads back as ${JSON.stringify(found)}` };
}

/** The address from which the app's node mounts: its own node, or the first of the cluster. */
function nodeOf(plan: StoragePlan, volume: VolumePlan): string {
  const cluster = plan.nodes.filter(({ roles }) => roles.includes("kubernetes"));
  const node = cluster.find(({ name }) => name === volume.node) ?? cluster[0];
  return node?.addresses[0] ?? "127.0.0.1";
}
