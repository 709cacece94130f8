import type * as pulumi from "@pulumi/pulumi";
import type { SmbSharePlan } from "../../plan/storage-plan.ts";
import * as truenas from "../../providers/truenas/index.ts";

/**
 * The SMB shares of the plan, by key, and the SMB server that they need. Without shares nothing is said of the server: it
 * is left as the owner has it.
 */
export function newSmbShares(
  name: string,
  plans: readonly SmbSharePlan[],
  ready: ReadonlyMap<string, pulumi.Resource>,
  options: pulumi.CustomResourceOptions,
): ReadonlyMap<string, truenas.SmbShare> {
  const shares = plans.map((plan): [string, truenas.SmbShare] => {
    const { key, name: share, path, comment, readOnly, browsable } = plan;
    const dataset = ready.get(plan.dataset);
    const args = { name: share, path, comment, readOnly, browsable };
    const made = new truenas.SmbShare(`${name}-share-${key}`, args, {
      ...options,
      ...(dataset ? { dependsOn: dataset } : {}),
    });
    return [key, made];
  });
  if (shares.length > 0)
    new truenas.Service(`${name}-service-cifs`, { name: "cifs", enabled: true, running: true }, options);
  return new Map(shares);
}
