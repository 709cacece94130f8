import type { Config } from "../config/index.ts";
import type { Notes } from "./notes.ts";

const reservedDatasets = new Set(["ix-apps", "ix-applications"]);

/** Choices about the NAS that it would refuse, or that the rest of the design does not work with. */
export function checkNas(config: Config, notes: Notes): void {
  const { pool, appsDataset, nfs, readOnly, destroyProtection } = config.nas;
  if (readOnly)
    notes.warn("nas.readOnly", "The NAS is only read: up fails at its first change there.", "Remove it to deploy.");
  if (!destroyProtection) {
    notes.warn(
      "nas.destroyProtection",
      "Nothing keeps this up from destroying data, snapshots or the last backup task of a dataset on the NAS.",
      "Remove it after this up.",
    );
  }
  if (pool === "boot-pool" || pool === "freenas-boot") {
    notes.refuse(
      "nas.pool",
      pool,
      "TrueNAS keeps its system on the boot pool and stores no data there.",
      "Name a data pool.",
    );
  }
  const reserved = appsDataset.split("/").find((part) => reservedDatasets.has(part));
  if (reserved !== undefined) {
    notes.refuse(
      "nas.appsDataset",
      appsDataset,
      `TrueNAS reserves the dataset name ${reserved}.`,
      "Choose another name.",
    );
  }
  if (!nfs.protocols.includes("NFSV4")) {
    notes.refuse("nas.nfs.protocols", nfs.protocols, "Volumes are mounted with NFS 4.1.", "Add NFSV4.");
  }
  if (nfs.domain !== undefined && !nfs.protocols.includes("NFSV4")) {
    notes.refuse(
      "nas.nfs.domain",
      nfs.domain,
      "The id mapping domain belongs to NFSv4.",
      "Add NFSV4 to protocols, or remove domain.",
    );
  }
}
