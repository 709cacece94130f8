import { z } from "zod";
import { field } from "./field.ts";
import { address } from "./network.ts";

/** One machine of the homelab. */
export const node = z.strictObject({
  address: field(address, { description: "Main address, from which it reaches the NAS.", example: "10.10.10.30" }),
  addresses: field(z.array(address), {
    description: "Further addresses, such as that of a direct cable to the NAS. Exports admit all of them.",
    fallback: "none",
    example: ["10.10.20.30"],
  }).optional(),
  roles: field(z.array(z.enum(["kubernetes", "hypervisor"])).min(1), {
    description:
      "What it does. Only nodes with the role kubernetes mount volumes, so only they are clients of exports.",
    example: ["kubernetes"],
  }).default(["kubernetes"]),
  linkSpeedGbps: field(z.number().positive().max(800), {
    description: "Speed of its network link.",
    unit: "Gbit/s",
    fallback: "unknown",
    example: 5,
  }).optional(),
});
