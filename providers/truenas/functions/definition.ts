import type { z } from "zod";
import type { Properties } from "../../base/values.ts";
import type { TrueNasClient } from "../client/client.ts";

/** A question to the NAS that changes nothing. */
export interface FunctionDefinition {
  readonly token: `truenas:index:${string}`;
  readonly description: string;
  readonly inputs: z.ZodObject;
  readonly outputs: z.ZodObject;
  run(nas: TrueNasClient, args: Properties, signal: AbortSignal): Promise<Properties>;
}
