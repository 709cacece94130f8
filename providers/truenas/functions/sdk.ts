import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
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
