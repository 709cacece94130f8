import { z } from "zod";
import { safetySnapshots } from "../resources/safety-snapshots.ts";
import type { FunctionDefinition } from "./definition.ts";

const snapshot = z.object({
  id: z.string().describe("As dataset@name."),
  dataset: z.string(),
  before: z.string().describe("What was about to happen."),
  taken: z.string().describe("ISO 8601, UTC."),
  expires: z.string().describe("From then on a later run removes it, unless it is held. ISO 8601, UTC."),
  held: z.boolean(),
});

export const safetySnapshotsResult = z.object({ snapshots: z.array(snapshot).describe("The oldest first.") });

export const getSafetySnapshotsFunction: FunctionDefinition = {
  token: "truenas:index:getSafetySnapshots",
  description: "The snapshots that this provider took before changes that cannot be undone otherwise.",
  inputs: z.object({ dataset: z.string().min(1).optional().describe("With all below it. Default: everywhere.") }),
  outputs: safetySnapshotsResult,
  run: async (nas, { dataset }, signal) => {
    const all = await safetySnapshots(nas, signal);
    const below = (name: string) => name === dataset || name.startsWith(`${String(dataset)}/`);
    const snapshots = dataset === undefined ? all : all.filter((each) => below(each.dataset));
    return { snapshots: snapshots.map((each) => ({ ...each })) };
  },
};
