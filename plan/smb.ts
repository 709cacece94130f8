import type { Config } from "../config/index.ts";
import type { LaidOutDataset } from "./datasets.ts";
import type { Notes } from "./notes.ts";
import type { PlacedVolume } from "./placement.ts";
import type { SmbSharePlan } from "./storage-plan.ts";
import { checkUnique } from "./unique.ts";

/** SMB shares: those that the owner declares for people, and those of volumes that chose the tier truenas-smb. */
export function layOutSmb(
  config: Config,
  datasets: readonly LaidOutDataset[],
  volumes: readonly PlacedVolume[],
  notes: Notes,
): SmbSharePlan[] {
  const found = datasets.flatMap((dataset): { share: SmbSharePlan; origin: string }[] => {
    const { key, name, path, origin } = dataset;
    const declared = dataset.purpose === "smb" ? config.smb.find((share) => `smb-${share.name}` === key) : undefined;
    if (declared !== undefined) {
      const { share, comment, readOnly, browsable } = declared;
      const reason = "A share for people, on a dataset of its own.";
      return [{ origin, share: { key, name: share, dataset: name, path, comment, readOnly, browsable, reason } }];
    }
    const placed = volumes.find((volume) => volume.key === key && volume.tier === "truenas-smb");
    if (placed === undefined) return [];
    const volume = `${placed.app.name}.${placed.config.name}`;
    return [
      {
        origin,
        share: {
          key,
          name: key,
          dataset: name,
          path,
          comment: `homelab-storage: ${volume.replace(".", "/")}`,
          readOnly: placed.readOnly,
          // Mounted by pods, of no use to somebody who browses.
          browsable: false,
          volume,
          reason: placed.reason,
        },
      },
    ];
  });
  const folded = found.map(({ share, origin }) => ({ id: share.name.toLowerCase(), origin: `${origin}.share` }));
  checkUnique(folded, "SMB share name (without regard to case)", notes);
  return found.map(({ share }) => share);
}
