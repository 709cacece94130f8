import * as pulumi from "@pulumi/pulumi";
import { clusterLayer } from "./stacks/cluster.ts";
import { reportFindings } from "./stacks/findings.ts";
import { nasLayer } from "./stacks/nas.ts";
import { readStack } from "./stacks/stack.ts";

const { config, plan, secret } = readStack();
reportFindings(plan.findings);

const nas = nasLayer({ plan, apiKey: secret("truenasApiKey") });
const cluster = clusterLayer({
  plan,
  kubeconfig: secret("kubeconfig"),
  context: config.kubernetes.context,
  clusterIdentifier: pulumi.getStack(),
});

/** Datasets of the stack that are no longer planned; their bytes are kept. */
export const retiredDatasets = nas.storage.retired;
export const storageClasses = cluster.classes.names;
