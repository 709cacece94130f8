import { z } from "zod";
import { field } from "./field.ts";
import { mountPoint, name } from "./names.ts";
import { clientsField } from "./nas.ts";
import { sizeField } from "./size.ts";
import { ownSnapshots } from "./snapshots.ts";

/** A dataset with media that exists on the NAS already. It is never created, changed or deleted. */
export const share = z.strictObject({
  path: field(mountPoint, { description: "Mount point of its dataset.", example: "/mnt/big/media" }),
  snapshots: field(ownSnapshots, {
    description: "Its own snapshot chain, or an exemption with its reason. One of the two is required.",
    example: { hourly: 0, daily: 7, weekly: 4, monthly: 3 },
  }),
  export: field(z.enum(["existing", "managed"]), {
    description: "Whether its NFS export was made by hand, or is made by this program.",
    example: "existing",
  }).default("existing"),
  readOnly: field(z.boolean(), {
    description: "Whether clients may only read, for a managed export.",
    example: true,
  }).default(true),
  clients: clientsField("Networks that may mount a managed export.", "nas.clients").optional(),
});

const smbNameRule = "An SMB share name has 1 to 80 letters, digits, spaces, dots, hyphens and underscores.";
/** Name of an SMB share, as clients see it. */
export const smbName = z.string(smbNameRule).regex(/^(?! )[-_. A-Za-z0-9]{1,80}(?<! )$/, smbNameRule);

/** A share for people rather than pods, with a dataset of its own at <apps>/smb/<name>. */
export const smbShare = z.strictObject({
  size: sizeField("How much it may hold (refquota).", "200Gi"),
  share: field(smbName, {
    description: "Name that clients see.",
    fallback: "the key",
    example: "Documents",
  }).optional(),
  comment: field(z.string().max(120), { description: "Shown to clients.", example: "Scans and letters" }).default(""),
  readOnly: field(z.boolean(), { description: "Whether clients may only read.", example: false }).default(false),
  browsable: field(z.boolean(), {
    description: "Whether clients see it in the list of shares.",
    example: true,
  }).default(true),
});

export { name as shareName };
