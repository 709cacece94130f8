import type { SimulatedNas } from "../../simulator/nas/start.ts";

/** What a NAS holds, asked through its API. */
export interface Holdings {
  readonly datasets: readonly { readonly name: string; readonly limit: number; readonly used: number }[];
  readonly exports: readonly {
    readonly path: string;
    readonly clients: readonly string[];
    readonly readOnly: boolean;
  }[];
  readonly snapshotTasks: readonly { readonly dataset: string; readonly schema: string; readonly keeps: string }[];
}

interface Parsed {
  readonly parsed?: number | null;
}
interface DatasetRow {
  readonly name: string;
  readonly refquota?: Parsed;
  readonly quota?: Parsed;
  readonly used?: Parsed;
}
interface ExportRow {
  readonly path: string;
  readonly networks: readonly string[];
  readonly hosts: readonly string[];
  readonly ro: boolean;
}
interface TaskRow {
  readonly dataset: string;
  readonly naming_schema: string;
  readonly lifetime_value: number;
  readonly lifetime_unit: string;
}

/** Datasets of `pool` (limit 0: none), exports and snapshot tasks, each in the order of their names. */
export async function readHoldings(nas: Pick<SimulatedNas, "admin">, pool: string): Promise<Holdings> {
  const datasets = await nas.admin<DatasetRow[]>("pool.dataset.query", [["name", "^", `${pool}/`]], {
    extra: { flat: true, retrieve_children: false },
    order_by: ["name"],
  });
  const exports = await nas.admin<ExportRow[]>("sharing.nfs.query", [], { order_by: ["path"] });
  const tasks = await nas.admin<TaskRow[]>("pool.snapshottask.query", [], { order_by: ["dataset", "naming_schema"] });
  return {
    datasets: datasets.map(({ name, refquota, quota, used }) => ({
      name,
      limit: refquota?.parsed || quota?.parsed || 0,
      used: used?.parsed ?? 0,
    })),
    exports: exports.map(({ path, networks, hosts, ro }) => ({ path, clients: [...networks, ...hosts], readOnly: ro })),
    snapshotTasks: tasks.map((task) => ({
      dataset: task.dataset,
      schema: task.naming_schema,
      keeps: `${task.lifetime_value} ${task.lifetime_unit.toLowerCase()}${task.lifetime_value === 1 ? "" : "s"}`,
    })),
  };
}
