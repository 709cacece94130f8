import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import { type providerConfig, secretConfig } from "./config.ts";

type Config = z.input<typeof providerConfig>;
type ProviderArgs = { readonly [K in keyof Config]: pulumi.Input<Config[K]> };

/** One TrueNAS. Give it to every resource as `provider`; there is no ambient default. */
export class Provider extends pulumi.ProviderResource {
  constructor(name: string, args: ProviderArgs, options?: pulumi.ResourceOptions) {
    const secrets = { additionalSecretOutputs: [...secretConfig] };
    const inputs = { ...args, apiKey: pulumi.secret(args.apiKey) };
    super("truenas", name, inputs, pulumi.mergeOptions(options, secrets));
  }
}
