import { stringify } from "yaml";
import { PROJECT_NAME } from "../project.ts";

/**
 * A stack file with so many apps of one NFS config volume each, none of them known to the catalogue. Names are short: the
 * engine hands the whole configuration to the program in one environment variable, which Linux limits to 128 KiB:
 * about 2300 of these apps.
 */
export function benchStack(apps: number): string {
  const entries = Array.from({ length: apps }, (_, i) => [
    `a${i.toString(36)}`,
    { c: { kind: "config", size: "1Gi" } },
  ]);
  const own = {
    nas: { host: "10.10.10.20", pool: "big", appsDataset: "k8s-apps" },
    nodes: { mainkube: { address: "10.10.10.30" } },
    apps: Object.fromEntries(entries),
  };
  const config = {
    "pulumi:disable-default-providers": ["*"],
    ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`${PROJECT_NAME}:${key}`, value])),
  };
  return stringify({ config });
}
