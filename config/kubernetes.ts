import { z } from "zod";
import { field } from "./field.ts";
import { nodeName } from "./names.ts";

function storageClass(what: string, className: string, isDefault: boolean) {
  return field(
    z.strictObject({
      name: field(nodeName, { description: "Name of the class.", example: className }).default(className),
      default: field(z.boolean(), {
        description: "Whether claims that name no class get this one. At most one class may be the default.",
        example: isDefault,
      }).default(isDefault),
    }),
    { description: what },
  ).prefault({});
}

/** The cluster. Its kubeconfig is the secret `kubeconfig`. */
export const kubernetes = z.strictObject({
  context: field(z.string().min(1), {
    description: "Context of the kubeconfig.",
    fallback: "its current context",
    example: "mainkube",
  }).optional(),
  storageClasses: field(
    z.strictObject({
      nfs: storageClass("Volumes over NFS from the NAS.", "truenas-nfs", true),
      local: storageClass("Volumes on the node's own disk; comes with K3s and is not managed.", "local-path", false),
      smb: storageClass("Volumes over SMB from the NAS.", "smb", false),
    }),
    { description: "Names of the storage classes, and which is the default." },
  ).prefault({}),
});
