import { StorageClass } from "@pulumi/kubernetes/storage/v1/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { StorageClassPlan } from "../../plan/storage-plan.ts";

export interface StorageClassesArgs {
  readonly classes: readonly StorageClassPlan[];
}

/** The StorageClasses that the program manages. All but their annotations is immutable in Kubernetes. */
export class StorageClasses extends pulumi.ComponentResource {
  /** Names of the classes. */
  readonly names: readonly string[];

  constructor(name: string, args: StorageClassesArgs, options: pulumi.ComponentResourceOptions) {
    super("homelab:kubernetes:StorageClasses", name, {}, options);
    for (const plan of args.classes) newClass(name, plan, { parent: this });
    this.names = args.classes.map((plan) => plan.name);
    this.registerOutputs({ names: this.names });
  }
}

function newClass(name: string, plan: StorageClassPlan, options: pulumi.CustomResourceOptions): StorageClass {
  const { provisioner, reclaimPolicy, volumeBindingMode, allowVolumeExpansion } = plan;
  const metadata = { name: plan.name, annotations: { ...plan.annotations } };
  return new StorageClass(
    `${name}-class-${plan.name}`,
    {
      metadata,
      provisioner,
      parameters: { ...plan.parameters },
      // A top-level field: as a parameter the driver would refuse it.
      mountOptions: [...plan.mountOptions],
      reclaimPolicy,
      volumeBindingMode,
      allowVolumeExpansion,
    },
    // The provider foresees a replacement for parameters and provisioner only; the API server refuses a change of these too.
    { ...options, replaceOnChanges: ["reclaimPolicy", "volumeBindingMode"], deleteBeforeReplace: true },
  );
}
