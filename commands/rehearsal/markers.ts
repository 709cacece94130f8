import type { StoragePlan } from "../../plan/storage-plan.ts";
import type { SimulatedNas } from "../../simulator/nas/start.ts";

const FILE = ".rehearsal";

/** One try to write over NFS. */
interface Attempt {
  /** `<app>.<volume>`, or the key of an export that no volume uses by itself: copies, dynamic volumes. */
  readonly volume: string;
  readonly path: string;
  readonly client: string;
  readonly uid: number;
  readonly gid: number;
  readonly readOnly: boolean;
}

/** What happened when a user tried its volume over NFS. */
export interface MarkerResult extends Pick<Attempt, "volume" | "path" | "client" | "uid"> {
  /** `written` and read back; `read-only` where writing was refused as it should be; `failed` otherwise. */
  readonly outcome: "written" | "read-only" | "failed";
  readonly detail?: string;
}

/** Acts as a pod of each app: mounts everything that the NAS exports and writes a marker as the user who owns it. */
export async function writeMarkers(nas: Pick<SimulatedNas, "nfs">, plan: StoragePlan): Promise<MarkerResult[]> {
  const results: MarkerResult[] = [];
  for (const attempt of attempts(plan)) results.push(await tryToWrite(nas, attempt));
  return results;
}

function attempts(plan: StoragePlan): Attempt[] {
  const volumes = plan.volumes.flatMap((volume): Attempt[] => {
    const { app, runAs, readOnly, nfs } = volume;
    if (nfs === undefined) return [];
    return [
      { volume: `${app}.${volume.volume}`, path: nfs.path, client: nodeOf(plan, volume.node), ...runAs, readOnly },
    ];
  });
  const others = plan.exports
    .filter(({ volume }) => volume === undefined)
    .map(({ key, path, owner, mapall, readOnly }): Attempt => {
      // Where everybody is mapped to one user it is the driver that writes, as root.
      const { uid, gid } = mapall === undefined && owner !== undefined ? owner : { uid: 0, gid: 0 };
      return { volume: key, path, client: nodeOf(plan, undefined), uid, gid, readOnly };
    });
  return [...volumes, ...others];
}

async function tryToWrite(nas: Pick<SimulatedNas, "nfs">, attempt: Attempt): Promise<MarkerResult> {
  const { volume, path, client, uid, gid, readOnly } = attempt;
  const about = { volume, path, client, uid };
  const access = { client, uid, gid, export: path, file: FILE };
  const data = `${volume} ${uid}:${gid}`;
  try {
    await nas.nfs.write({ ...access, data });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return readOnly && code === "EROFS"
      ? { ...about, outcome: "read-only" }
      : { ...about, outcome: "failed", detail: message };
  }
  if (readOnly) return { ...about, outcome: "failed", detail: "a read-only volume accepted a write" };
  const found = Buffer.from(await nas.nfs.read(access)).toString("utf8");
  return found === data
    ? { ...about, outcome: "written" }
    : { ...about, outcome: "failed", detail: `the marker reads back as ${JSON.stringify(found)}` };
}

/** The address from which a node mounts: the one named, or the first of the cluster. */
function nodeOf(plan: StoragePlan, node: string | undefined): string {
  const cluster = plan.nodes.filter(({ roles }) => roles.includes("kubernetes"));
  const found = cluster.find(({ name }) => name === node) ?? cluster[0];
  return found?.addresses[0] ?? "127.0.0.1";
}
