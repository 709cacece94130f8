import type { Config } from "../config/index.ts";
import { appsRoot, mountPointOf } from "./names.ts";
import type { Notes } from "./notes.ts";
import type { NfsSecurity, StorageClassPlan } from "./storage-plan.ts";

/** How every NFS volume is mounted: hard, so that an outage of the NAS delays writes instead of losing them. */
const nfsMountOptions = ["nfsvers=4.1", "hard", "timeo=600", "retrans=2", "rsize=1048576", "wsize=1048576"] as const;

/** Mount options of a volume over NFS. */
export function mountOptionsFor(security: readonly NfsSecurity[], readOnly: boolean): readonly string[] {
  const kerberos = security.includes("SYS") ? undefined : security[0];
  return [
    ...nfsMountOptions,
    ...(kerberos === undefined ? [] : [`sec=${kerberos.toLowerCase()}`]),
    ...(readOnly ? ["ro"] : []),
  ];
}

/** The classes that the program manages. `local-path` comes with K3s and is left alone. */
export function layOutStorageClasses(config: Config, notes: Notes): StorageClassPlan[] {
  const { nfs, local, smb } = config.kubernetes.storageClasses;
  const classes = Object.entries({ nfs, local, smb });
  const defaults = classes.filter(([, { default: isDefault }]) => isDefault);
  if (defaults.length > 1) {
    notes.refuse(
      "kubernetes.storageClasses",
      defaults.map(([, { name }]) => name),
      "At most one class is the default; of several, Kubernetes silently takes the newest.",
      "Write default: false for all but one.",
    );
  }
  for (const [index, [key, { name }]] of classes.entries()) {
    const other = classes.slice(0, index).find(([, earlier]) => earlier.name === name);
    if (other !== undefined) {
      notes.refuse(
        `kubernetes.storageClasses.${key}.name`,
        name,
        `Every class has its own name; ${other[0]} has this one already.`,
        "Choose another name.",
      );
    }
  }
  if (nfs.default) {
    notes.tell(
      "kubernetes.storageClasses.nfs.default",
      `K3s marks its packaged local-path as a default class again at every start, beside ${nfs.name}. Every claim of this design names its class, so it is not affected.`,
      "Start K3s with --disable=local-storage and deploy local-path yourself, if claims of yours name no class.",
    );
  }
  return [
    {
      name: nfs.name,
      provisioner: "nfs.csi.k8s.io",
      annotations: { "storageclass.kubernetes.io/is-default-class": String(nfs.default) },
      parameters: {
        server: config.nas.host,
        share: mountPointOf(appsRoot(config)),
        // Below a reserved name, so that a directory never takes the place of an app's dataset. The driver fills it in.
        subDir: "pvc/$" + "{pvc.metadata.namespace}/$" + "{pvc.metadata.name}",
        onDelete: "retain",
      },
      mountOptions: mountOptionsFor(config.nas.nfs.security, false),
      reclaimPolicy: "Retain",
      volumeBindingMode: "Immediate",
      allowVolumeExpansion: true,
      reason: "For claims that nobody planned: a directory each on the apps dataset, kept when the claim goes.",
    },
  ];
}
