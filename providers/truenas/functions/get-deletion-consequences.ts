import { z } from "zod";
import { ProviderError } from "../../base/errors.ts";
import { consequencesOf } from "../resources/dataset-consequences.ts";
import { datasetName } from "../resources/names.ts";
import type { FunctionDefinition } from "./definition.ts";

export const deletionConsequencesResult = z.object({
  children: z.array(z.string()).describe("Datasets below it."),
  snapshots: z.array(z.string()).describe("Of itself and of those below it, as dataset@name."),
  clones: z.array(z.string()).describe("Datasets elsewhere that were cloned from its snapshots."),
  uses: z
    .array(z.object({ kind: z.string(), names: z.array(z.string()) }))
    .describe("Shares and tasks on its path or below. The NAS deletes those that are enabled without asking."),
});

export const getDeletionConsequencesFunction: FunctionDefinition = {
  token: "truenas:index:getDeletionConsequences",
  description:
    "What the NAS would remove together with a dataset. A Dataset resource refuses to destroy one with any of it.",
  inputs: z.object({ dataset: datasetName.describe("Full name, pool first.") }),
  outputs: deletionConsequencesResult,
  run: async (nas, { dataset }, signal) => {
    const found = await consequencesOf(nas, String(dataset), signal);
    if (!found) throw new ProviderError("NOT_FOUND", `the NAS has no dataset ${String(dataset)}`);
    return {
      children: [...found.children],
      snapshots: [...found.snapshots],
      clones: [...found.clones],
      uses: found.uses.map(({ kind, names }) => ({ kind, names: [...names] })),
    };
  },
};
