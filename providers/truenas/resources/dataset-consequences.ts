import type { Row, TrueNasClient } from "../client/client.ts";
import { mountpointOf } from "./names.ts";

/** What goes with a dataset, or stands in the way of its destruction. */
export interface Consequences {
  /** Full names of the datasets below it. */
  readonly children: readonly string[];
  /** Of itself and of those below it, as `dataset@name`. */
  readonly snapshots: readonly string[];
  /** Datasets elsewhere that were cloned from its snapshots. */
  readonly clones: readonly string[];
  /** What uses its path, or a path below: kind, and each by a name. The NAS deletes all that are enabled without asking. */
  readonly uses: readonly { readonly kind: string; readonly names: readonly string[] }[];
}

/** The kinds that are listed from their own queries, disabled ones included; the NAS's list of attachments adds the others. */
const listed: ReadonlySet<string> = new Set(["NFS Share", "SMB Share", "Snapshot Task"]);

/** Reads what the destruction of a dataset would take along; undefined when it does not exist. Asked anew each time. */
export async function consequencesOf(
  nas: Pick<TrueNasClient, "call">,
  dataset: string,
  signal?: AbortSignal,
): Promise<Consequences | undefined> {
  const options = signal === undefined ? {} : { signal };
  const query = (method: string, ...params: unknown[]) => nas.call<Row[]>(method, params, options);
  const datasets = await query("pool.dataset.query", [], { extra: { retrieve_children: false, flat: true } });
  if (!datasets.some((row) => row["id"] === dataset)) return undefined;
  const of = [
    "OR",
    [
      ["dataset", "=", dataset],
      ["dataset", "^", `${dataset}/`],
    ],
  ];
  const [snapshots, nfs, smb, tasks, attachments] = await Promise.all([
    query("pool.snapshot.query", [of], { select: ["id"] }),
    query("sharing.nfs.query"),
    query("sharing.smb.query"),
    query("pool.snapshottask.query"),
    query("pool.dataset.attachments", dataset),
  ]);
  const below = (name: unknown) => name === dataset || String(name).startsWith(`${dataset}/`);
  const under = (path: unknown) =>
    path === mountpointOf(dataset) || String(path).startsWith(`${mountpointOf(dataset)}/`);
  const others = attachments.filter(({ type }) => !listed.has(String(type)));
  const uses = [
    { kind: "NFS exports", names: nfs.filter(({ path }) => under(path)).map(({ path }) => String(path)) },
    { kind: "SMB shares", names: smb.filter(({ path }) => under(path)).map(({ name }) => String(name)) },
    {
      kind: "snapshot tasks",
      names: tasks
        .filter((task) => below(task["dataset"]))
        .map((task) => `${task["dataset"]} ${task["naming_schema"]}`),
    },
    ...others.map(({ type, attachments: names }) => ({ kind: String(type), names: (names as unknown[]).map(String) })),
  ];
  return {
    children: datasets.map(({ id }) => String(id)).filter((id) => id.startsWith(`${dataset}/`)),
    snapshots: snapshots.map(({ id }) => String(id)),
    clones: datasets.filter((row) => below(originOf(row).split("@")[0])).map(({ id }) => String(id)),
    uses: uses.filter(({ names }) => names.length > 0),
  };
}

/** In words, the weightiest first: `2 child datasets, 14 snapshots, 1 NFS exports`. Empty when nothing goes along. */
export function describeConsequences({ children, snapshots, clones, uses }: Consequences): string[] {
  const counts: [number, string][] = [
    [children.length, "child datasets"],
    [snapshots.length, "snapshots"],
    [clones.length, "clones of its snapshots"],
    ...uses.map(({ kind, names }): [number, string] => [names.length, kind]),
  ];
  return counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
}

function originOf(row: Row): string {
  const origin = row["origin"];
  return typeof origin === "object" && origin !== null && "value" in origin ? String(origin.value ?? "") : "";
}
