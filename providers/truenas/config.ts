import { z } from "zod";

/** What a provider instance needs to know. One instance speaks with one NAS. */
export const providerConfig = z.object({
  host: z
    .string()
    .min(1)
    .describe("Identity of the NAS, as manifests name it. Another host means another NAS: everything is replaced."),
  endpoint: z
    .string()
    .min(1)
    .optional()
    .describe("Where its API is reached, host[:port]. Default: the host, port 443."),
  username: z.string().min(1).describe("Account that the API key belongs to."),
  apiKey: z.string().min(1).describe("API key. Secret; give it as a Pulumi secret."),
  ca: z.string().optional().describe("Certificate authority to trust (PEM), instead of those of the system."),
  fingerprint: z
    .string()
    .optional()
    .describe("SHA-256 fingerprint of the NAS's own certificate, instead of an authority."),
  readOnly: z
    .boolean()
    .optional()
    .describe("Whether nothing that changes the NAS is sent: preview and refresh work, up fails. Default: false."),
  destroyProtection: z
    .boolean()
    .optional()
    .describe(
      "Whether nothing is sent that takes away data, snapshots, encryption keys, or a backup task whose dataset no other " +
        "enabled task covers. Switch it off for one up where that is meant. Default: true.",
    ),
});

export type ProviderConfig = z.output<typeof providerConfig>;

const switches: ReadonlySet<string> = new Set(["readOnly", "destroyProtection"]);

/** Generated SDKs and the stack configuration hand a switch over as text. */
export const plainConfig = <T>(given: Readonly<Record<string, T>>): Record<string, T | boolean> =>
  Object.fromEntries(
    Object.entries(given).map(([key, value]) => [
      key,
      switches.has(key) && (value === "true" || value === "false") ? value === "true" : value,
    ]),
  );

/** Stored encrypted whatever the program says. */
export const secretConfig = ["apiKey"] as const;
