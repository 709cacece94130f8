import { ConfigError, type Problem } from "../../../config/index.ts";
import { loadPlan, type StoragePlan } from "../../../plan/index.ts";
import { minimal } from "../config/stack-file.ts";

/** The plan of a minimal configuration with parts replaced, or the problems that forbid it. */
export function tryPlan(parts: Record<string, unknown>): { plan?: StoragePlan; problems: readonly Problem[] } {
  try {
    return { plan: loadPlan(minimal(parts)).plan, problems: [] };
  } catch (error) {
    if (error instanceof ConfigError) return { problems: error.problems };
    throw error;
  }
}

/** The plan of a minimal configuration with parts replaced; throws what forbids it. */
export function planOf(parts: Record<string, unknown>): StoragePlan {
  return loadPlan(minimal(parts)).plan;
}

/** An app `app` with the one volume `data`. */
export function withVolume(
  volume: Record<string, unknown>,
  app: Record<string, unknown> = {},
): Record<string, unknown> {
  return { apps: { app: { ...app, data: { size: "10Gi", ...volume } } } };
}
