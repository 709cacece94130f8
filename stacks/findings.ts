import * as pulumi from "@pulumi/pulumi";
import type { Finding } from "../plan/storage-plan.ts";

/** Shows what is allowed but should be known, in every preview. */
export function reportFindings(findings: readonly Finding[]): void {
  for (const { severity, path, text, fix } of findings) {
    const line = `${path}: ${text} ${fix}`;
    if (severity === "warning") pulumi.log.warn(line);
    else pulumi.log.info(line);
  }
}
