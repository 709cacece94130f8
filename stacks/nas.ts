import type { Input } from "@pulumi/pulumi";
import { NasStorage } from "../components/truenas/nas-storage.ts";
import type { StoragePlan } from "../plan/storage-plan.ts";
import { Provider } from "../providers/truenas/index.ts";

export interface NasLayerArgs {
  readonly plan: StoragePlan;
  /** Secret. */
  readonly apiKey: Input<string>;
}

export interface NasLayer {
  readonly provider: Provider;
  readonly storage: NasStorage;
}

/** Tier 1: everything that the design keeps on the NAS. */
export function nasLayer({ plan, apiKey }: NasLayerArgs): NasLayer {
  const { host, endpoint, username, tls, appsDataset, readOnly, destroyProtection } = plan.nas;
  const connection = { host, endpoint, username, apiKey, ...tls };
  const provider = new Provider("truenas", { ...connection, readOnly, destroyProtection });
  const { nfs, datasets, exports, smbShares, snapshotTasks } = plan;
  const storage = new NasStorage(
    "nas",
    { appsDataset, nfs, datasets, exports, smbShares, snapshotTasks },
    { providers: [provider] },
  );
  return { provider, storage };
}
