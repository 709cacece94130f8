import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import { type deletionConsequencesResult, getDeletionConsequencesFunction } from "./get-deletion-consequences.ts";
import { getSafetySnapshotsFunction, type safetySnapshotsResult } from "./get-safety-snapshots.ts";
import {
  type datasetResult,
  getDatasetFunction,
  getPoolFunction,
  getSystemFunction,
  type poolResult,
  type systemResult,
} from "./index.ts";

/** A pool of the NAS, with its health and space. Fails when it does not exist. */
export function getPool(args: { name: string }, options: pulumi.InvokeOptions): Promise<z.output<typeof poolResult>> {
  return pulumi.runtime.invoke(getPoolFunction.token, args, options);
}

/** A dataset of the NAS, with its space. Fails when it does not exist. */
export function getDataset(
  args: { name: string },
  options: pulumi.InvokeOptions,
): Promise<z.output<typeof datasetResult>> {
  return pulumi.runtime.invoke(getDatasetFunction.token, args, options);
}

/** The NAS itself: version and name. */
export function getSystem(options: pulumi.InvokeOptions): Promise<z.output<typeof systemResult>> {
  return pulumi.runtime.invoke(getSystemFunction.token, {}, options);
}

/** The snapshots that this provider took before changes that cannot be undone otherwise; of a dataset and all below it, or all. */
export function getSafetySnapshots(
  args: { dataset?: string },
  options: pulumi.InvokeOptions,
): Promise<z.output<typeof safetySnapshotsResult>> {
  return pulumi.runtime.invoke(getSafetySnapshotsFunction.token, args, options);
}

/** What the NAS would remove together with a dataset. Fails when it does not exist. */
export function getDeletionConsequences(
  args: { dataset: string },
  options: pulumi.InvokeOptions,
): Promise<z.output<typeof deletionConsequencesResult>> {
  return pulumi.runtime.invoke(getDeletionConsequencesFunction.token, args, options);
}
