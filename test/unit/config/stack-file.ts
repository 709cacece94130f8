import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { namespace } from "../../../config/index.ts";

/** Text of a shipped stack file. */
export function stackText(stack: string): string {
  return readFileSync(new URL(`../../../Pulumi.${stack}.yaml`, import.meta.url), "utf8");
}

/** Our keys of a shipped stack file, without the namespace, fresh at every call. */
export function stackConfig(stack: string): Record<string, unknown> {
  const { config } = parse(stackText(stack)) as { config: Record<string, unknown> };
  const own = Object.entries(config).filter(([key]) => key.startsWith(`${namespace}:`));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(namespace.length + 1), value]));
}

/** The smallest configuration that is right, with parts replaced. */
export function minimal(parts: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    nas: { host: "10.0.0.2", pool: "tank" },
    nodes: { one: { address: "10.0.0.3" } },
    ...parts,
  };
}
