import * as pulumi from "@pulumi/pulumi";
import { ConfigError } from "./config/index.ts";
import { loadPlan } from "./plan/load.ts";
import { clusterLayer } from "./stacks/cluster.ts";
import { readStackConfig } from "./stacks/config.ts";
import { nasLayer } from "./stacks/nas.ts";

const { raw, secureKeys, secret } = readStackConfig();
const plan = loadOrExplain();

for (const finding of plan.findings) reportFinding(finding);

const nas = nasLayer({ plan, apiKey: secret("truenasApiKey") });
const cluster = clusterLayer({ plan, kubeconfig: secret("kubeconfig"), clusterIdentifier: pulumi.getStack() });

/** Datasets of the stack that are no longer planned; their bytes are kept. */
export const retiredDatasets = nas.storage.retired;
export const storageClasses = cluster.classes.names;

function reportFinding({ severity, path, text, fix }: (typeof plan.findings)[number]): void {
  const line = `${path}: ${text} ${fix}`;
  if (severity === "warning") pulumi.log.warn(line);
  else pulumi.log.info(line);
}

/** A configuration problem is the owner's to mend: the message alone, no stack trace. */
function loadOrExplain() {
  try {
    return loadPlan(raw, { secureKeys });
  } catch (error) {
    throw error instanceof ConfigError ? new pulumi.RunError(error.message) : error;
  }
}
