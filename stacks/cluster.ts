import { Provider } from "@pulumi/kubernetes/provider.js";
import type { Input } from "@pulumi/pulumi";
import { StorageClasses } from "../components/kubernetes/storage-classes.ts";
import type { StoragePlan } from "../plan/storage-plan.ts";

export interface ClusterLayerArgs {
  readonly plan: StoragePlan;
  /** Secret. */
  readonly kubeconfig: Input<string>;
  /** Context of the kubeconfig; absent: its current one. */
  readonly context: string | undefined;
  /** Identity of the cluster; a new server address is then no other cluster, and replaces nothing. */
  readonly clusterIdentifier: string;
}

export interface ClusterLayer {
  readonly provider: Provider;
  readonly classes: StorageClasses;
}

/** What pods need to find the storage that the plan decided on. */
export function clusterLayer({ plan, kubeconfig, context, clusterIdentifier }: ClusterLayerArgs): ClusterLayer {
  const provider = new Provider("kubernetes", {
    kubeconfig,
    clusterIdentifier,
    ...(context === undefined ? {} : { context }),
  });
  const classes = new StorageClasses("cluster", { classes: plan.storageClasses }, { providers: [provider] });
  return { provider, classes };
}
