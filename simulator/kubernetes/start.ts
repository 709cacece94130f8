import { randomBytes } from "node:crypto";
import { serve } from "../../providers/base/server.ts";
import { Cluster } from "./cluster.ts";
import { renderKubeconfig } from "./kubeconfig.ts";
import { kubernetesProvider } from "./provider.ts";

/** A simulated cluster behind a simulated Kubernetes provider. */
export interface SimulatedKubernetes {
  /** Hand `PULUMI_DEBUG_PROVIDERS=kubernetes:<port>` to the engine. */
  readonly port: number;
  /** A kubeconfig for this cluster; the plugin refuses any other. */
  readonly kubeconfig: string;
  readonly cluster: Cluster;
  stop(): Promise<void>;
}

export interface KubernetesOptions {
  /** Default: an empty one. */
  readonly cluster?: Cluster;
  /** Name of the context in the kubeconfig. */
  readonly context?: string;
}

/** Starts the provider plugin on a free loopback port. */
export async function startKubernetes(options: KubernetesOptions = {}): Promise<SimulatedKubernetes> {
  const cluster = options.cluster ?? new Cluster();
  // There is no API server behind the plugin: the address only tells this cluster from any other.
  const address = "127.0.0.1:6443";
  const { port, stop } = await serve({ provider: () => kubernetesProvider(cluster, address) });
  return {
    port,
    kubeconfig: renderKubeconfig(address, randomBytes(16).toString("hex"), options.context),
    cluster,
    stop,
  };
}
