import { z } from "zod";
import { ProviderError } from "../../base/errors.ts";
import type { Properties } from "../../base/values.ts";
import { type DatasetRow, toLive } from "../resources/dataset-row.ts";
import { datasetName } from "../resources/names.ts";
import type { FunctionDefinition } from "./definition.ts";
import { getDeletionConsequencesFunction } from "./get-deletion-consequences.ts";
import { getSafetySnapshotsFunction } from "./get-safety-snapshots.ts";

const text = (value: unknown) => (typeof value === "string" ? value : "");
const count = (value: unknown) => (typeof value === "number" ? value : 0);

export const poolResult = z.object({
  name: z.string(),
  status: z.string().describe("ONLINE, DEGRADED, FAULTED, ..."),
  healthy: z.boolean(),
  size: z.number().describe("Bytes."),
  allocated: z.number().describe("Bytes in use."),
  free: z.number().describe("Bytes."),
  path: z.string().describe("Where it is mounted on the NAS."),
});

export const getPoolFunction: FunctionDefinition = {
  token: "truenas:index:getPool",
  description: "A pool of the NAS, with its health and space.",
  inputs: z.object({ name: z.string().min(1).describe("Name of the pool.") }),
  outputs: poolResult,
  run: async (nas, args) => {
    const pools = await nas.collection("pool.query").all();
    const pool = pools.find((row) => row["name"] === args["name"]);
    if (!pool) {
      const names = pools.map((row) => text(row["name"])).join(", ");
      throw new ProviderError("NOT_FOUND", `the NAS has no pool ${args["name"]}; its pools are ${names || "none"}`);
    }
    return {
      name: text(pool["name"]),
      status: text(pool["status"]),
      healthy: pool["healthy"] === true,
      size: count(pool["size"]),
      allocated: count(pool["allocated"]),
      free: count(pool["free"]),
      path: text(pool["path"]),
    };
  },
};

export const datasetResult = z.object({
  name: z.string(),
  mountpoint: z.string(),
  pool: z.string(),
  used: z.number().describe("Bytes, with snapshots and children."),
  available: z.number().describe("Bytes."),
  refquota: z.number().describe("Bytes; 0 for none."),
  quota: z.number().describe("Bytes; 0 for none."),
  locked: z.boolean().describe("Whether it is encrypted and not unlocked."),
});

export const getDatasetFunction: FunctionDefinition = {
  token: "truenas:index:getDataset",
  description: "A dataset of the NAS, with its space.",
  inputs: z.object({ name: datasetName.describe("Full name, pool first.") }),
  outputs: datasetResult,
  run: async (nas, args) => {
    const row = (await nas.collection("pool.dataset.query").find(text(args["name"]))) as DatasetRow | undefined;
    if (!row) throw new ProviderError("NOT_FOUND", `the NAS has no dataset ${args["name"]}`);
    const live = toLive<Properties>(row);
    const bytes = (property: unknown) =>
      typeof property === "object" && property !== null && "parsed" in property ? count(property.parsed) : 0;
    return {
      name: row.id,
      mountpoint: row.mountpoint ?? "",
      pool: row.pool,
      used: bytes(row["used"]),
      available: bytes(row["available"]),
      refquota: count(live.inputs["refquota"]),
      quota: count(live.inputs["quota"]),
      locked: row.locked ?? false,
    };
  },
};

export const systemResult = z.object({
  version: z.string().describe("As the NAS tells it."),
  hostname: z.string(),
  api: z.string().describe("Protocol version in use: 25.10 or 26.0."),
  readOnly: z.boolean().describe("Whether the version is newer than this provider knows, so that it only reads."),
});

export const getSystemFunction: FunctionDefinition = {
  token: "truenas:index:getSystem",
  description: "The NAS itself: version and name.",
  inputs: z.object({}),
  outputs: systemResult,
  run: async (nas, _args, signal) => {
    const [info, api] = await Promise.all([
      nas.call<Record<string, unknown>>("system.info", [], { signal }),
      nas.version(),
    ]);
    return { version: text(info["version"]), hostname: text(info["hostname"]), api: api.name, readOnly: api.readOnly };
  },
};

/** Every function. */
export const functions: readonly FunctionDefinition[] = [
  getPoolFunction,
  getDatasetFunction,
  getSystemFunction,
  getSafetySnapshotsFunction,
  getDeletionConsequencesFunction,
];
