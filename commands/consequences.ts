import type { StoragePlan } from "../plan/storage-plan.ts";
import { TrueNasClient } from "../providers/truenas/client/client.ts";
import { TrueNasError } from "../providers/truenas/client/errors.ts";
import { consequencesOf, describeConsequences } from "../providers/truenas/resources/dataset-consequences.ts";
import { type PulumiOptions, runOperation, runPulumi } from "./pulumi.ts";

const type = "truenas:index:Dataset";

interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly retainOnDelete?: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
}

/** Datasets in a state whose removal would destroy them, by URN. With the default, onDelete: retain, there are none. */
export function destroyable(state: { deployment?: { resources?: readonly StateResource[] } }): Map<string, string> {
  const resources = state.deployment?.resources ?? [];
  const doomed = resources.filter(
    (each) => each.type === type && each.inputs?.["onDelete"] === "destroy" && each.retainOnDelete !== true,
  );
  return new Map(doomed.map(({ urn, id = "" }) => [urn, id]));
}

/** What goes along with each dataset, one line each. The engine never previews a deletion, so this is read here. */
export async function describeDeletions(
  nas: Pick<TrueNasClient, "call">,
  datasets: readonly string[],
): Promise<string[]> {
  const lines = datasets.map(async (dataset) => {
    try {
      const found = await consequencesOf(nas, dataset);
      if (found === undefined) return `${dataset} is to be destroyed, and is gone already`;
      const along = describeConsequences(found);
      if (along.length === 0) return `${dataset} is to be destroyed; it is empty and nothing uses it`;
      const named = found.uses.flatMap(({ kind, names }) => names.map((name) => `${kind}: ${name}`));
      const details = named.length > 0 ? ` (${named.join("; ")})` : "";
      return `${dataset} is to be destroyed, and its destruction will be refused because it still has ${along.join(", ")}${details}; the NAS would remove all of that without asking`;
    } catch (error) {
      if (error instanceof TrueNasError)
        return `${dataset} is to be destroyed; what goes along cannot be read: ${error.message}`;
      throw error;
    }
  });
  return Promise.all(lines);
}

export interface Foresight extends PulumiOptions {
  readonly operation: "preview" | "up" | "destroy";
  readonly stack: string;
  /** How to reach it; asked only when a dataset is to be destroyed. */
  readonly nas: () => StoragePlan["nas"];
  /** Full name of the configuration key that holds the API key. */
  readonly apiKey: string;
}

/** Names what an operation would take along on the NAS, before Pulumi is asked to do it. */
export async function foreseeDeletions({ operation, stack, nas, apiKey, ...options }: Foresight): Promise<string[]> {
  const exported = await runPulumi(["stack", "export", "--stack", stack], options);
  const doomed = destroyable(exported.code === 0 ? JSON.parse(exported.stdout) : {});
  if (doomed.size === 0) return [];
  const leaving = operation === "destroy" ? [...doomed.keys()] : await leavingIn(stack, options);
  const datasets = leaving.flatMap((urn) => doomed.get(urn) ?? []);
  if (datasets.length === 0) return [];
  const key = await runPulumi(["config", "get", apiKey, "--stack", stack], options);
  if (key.code !== 0)
    return datasets.map((dataset) => `${dataset} is to be destroyed; the NAS cannot be asked what goes along`);
  const { endpoint, username, tls } = nas();
  const client = new TrueNasClient({ endpoint, username, apiKey: key.stdout.trim(), ...tls, readOnly: true });
  try {
    return await describeDeletions(client, datasets);
  } finally {
    await client.close();
  }
}

/** What the program no longer wants, by the engine's own word. */
async function leavingIn(stack: string, options: PulumiOptions): Promise<string[]> {
  const { report } = await runOperation(["preview", "--stack", stack], options);
  return report.steps.filter(({ op }) => op === "delete" || op === "delete-replaced").map(({ urn }) => urn);
}
