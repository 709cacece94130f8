import { ConfigError } from "../config/index.ts";
import { loadPlan } from "../plan/load.ts";
import type { StoragePlan } from "../plan/storage-plan.ts";
import { Failure } from "./failure.ts";
import { parseStackText } from "./stack-file.ts";

/** What the commands need to know about a stack before the engine runs. */
export interface StackConfig {
  readonly plan: StoragePlan;
  /** Context that the stack expects in its kubeconfig. */
  readonly context?: string;
}

/**
 * Reads a stack file as the program will, without its encrypted values.
 *
 * @throws Failure with every problem of the configuration.
 */
export function readStackConfig(text: string, project: string): StackConfig {
  const raw: Record<string, unknown> = {};
  const secureKeys: string[] = [];
  for (const [name, value] of Object.entries(configOf(text))) {
    if (!name.startsWith(`${project}:`)) continue;
    const key = name.slice(project.length + 1);
    if (isSecure(value)) secureKeys.push(key);
    else raw[key] = value;
  }
  try {
    const { config, plan } = loadPlan(raw, { secureKeys });
    const { context } = config.kubernetes;
    return { plan, ...(context === undefined ? {} : { context }) };
  } catch (error) {
    throw error instanceof ConfigError ? new Failure(error.message) : error;
  }
}

function configOf(text: string): Record<string, unknown> {
  const file = parseStackText(text) as { config?: unknown } | null;
  return typeof file?.config === "object" ? { ...file.config } : {};
}

function isSecure(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secure" in value;
}
