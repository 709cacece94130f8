import type { StoragePlan } from "../../plan/storage-plan.ts";
import { type SimulatedKubernetes, startKubernetes } from "../../simulator/kubernetes/start.ts";
import type { ApiVersion } from "../../simulator/nas/method.ts";
import { type NasOptions, type SimulatedNas, startNas } from "../../simulator/nas/start.ts";
import type { Engine } from "../engine.ts";
import { type LanguageHost, startLanguageHost } from "../language-host.ts";
import type { SandboxOverlay } from "../sandbox.ts";

const POOL_BYTES = 20 * 2 ** 40;

export interface SiteOptions {
  readonly engine: Engine;
  readonly version: ApiVersion;
  /** What exists before the first run is taken from here: the pool, and the shares that the owner made by hand. */
  readonly plan: StoragePlan;
  /** Name of the context that the stack expects in its kubeconfig. */
  readonly context?: string;
  readonly nas?: NasOptions;
}

/** The simulated homelab that a rehearsal runs against, with what the engine needs in order to find it. */
export interface Site {
  readonly nas: SimulatedNas;
  readonly kubernetes: SimulatedKubernetes;
  readonly overlay: SandboxOverlay;
  /** Full configuration keys and their values. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Environment that attaches the simulated plugins. */
  readonly environment: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

export async function startSite(options: SiteOptions): Promise<Site> {
  const { plan, version, engine } = options;
  const nas = await startNas({
    version,
    pools: [{ name: plan.nas.pool, size: POOL_BYTES }],
    datasets: plan.shares.map(({ dataset }) => dataset),
    ...(plan.nfs.bindAddresses.length > 0 ? { addresses: plan.nfs.bindAddresses } : {}),
    ...options.nas,
  });
  await exportExistingShares(nas, plan);
  const kubernetes = await startKubernetes(options.context === undefined ? {} : { context: options.context });
  const host: LanguageHost | undefined = engine.hasLanguageHost ? undefined : await startLanguageHost();
  return {
    nas,
    kubernetes,
    overlay: { endpoint: nas.endpoint, fingerprint: nas.fingerprint, username: nas.username },
    secrets: { "homelab-storage:truenasApiKey": nas.apiKey, "homelab-storage:kubeconfig": kubernetes.kubeconfig },
    environment: {
      PULUMI_DEBUG_PROVIDERS: `kubernetes:${kubernetes.port}`,
      ...(host === undefined ? {} : { PULUMI_DEBUG_LANGUAGES: `nodejs:${host.port}` }),
    },
    stop: async () => {
      await Promise.all([nas.stop(), kubernetes.stop(), host?.stop()]);
    },
  };
}

/** What the owner did by hand before the program came: one export for each share that the design only uses. */
async function exportExistingShares(nas: SimulatedNas, plan: StoragePlan): Promise<void> {
  const clients = plan.nodes.filter(({ roles }) => roles.includes("kubernetes"));
  const networks = clients.flatMap(({ addresses }) => addresses.map((address) => `${address}/32`));
  for (const share of plan.shares.filter((candidate) => candidate.export === "existing"))
    await nas.admin("sharing.nfs.create", {
      path: share.path,
      comment: `${share.name}, made by hand`,
      networks,
      ro: share.readOnly,
    });
}
