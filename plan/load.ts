import { type Config, ConfigError, draftConfig, type ParseOptions } from "../config/index.ts";
import { draftPlan } from "./plan.ts";
import type { StoragePlan } from "./storage-plan.ts";

/**
 * From what an owner wrote to the plan, in one step: mistakes in the file and refusals of the design are shown together.
 * @param raw the keys of the project namespace, without the namespace
 * @throws ConfigError with every problem, in the order in which they were found
 */
export function loadPlan(
  raw: unknown,
  options: ParseOptions = {},
): { readonly config: Config; readonly plan: StoragePlan } {
  const { config, problems: mistakes, standIn } = draftConfig(raw, options);
  const { plan, problems: refusals } = draftPlan(config);
  // A refusal that only follows from a mistake already told would send the owner after a ghost.
  const reported = mistakes.map((mistake) => mistake.path);
  const news = refusals.filter(
    ({ path }) =>
      !reported.some((known) => known !== "" && (isAt(path, known) || isAt(known, path))) &&
      !(standIn && isAt(path, "nas")),
  );
  const problems = [...mistakes, ...news];
  if (problems.length > 0) throw new ConfigError(problems);
  return { config, plan };
}

/** Whether a path is the other or stands below it. */
function isAt(path: string, other: string): boolean {
  return path === other || path.startsWith(`${other}.`) || path.startsWith(`${other}[`);
}
