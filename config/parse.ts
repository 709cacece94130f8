import type { Config } from "./config.ts";
import { normalise } from "./normalise.ts";
import { ConfigError, type Problem } from "./problem.ts";
import { type ParseOptions, read } from "./read.ts";
import { checkSandbox } from "./sandbox.ts";

/** A configuration as far as it could be understood, with everything that is wrong with it. */
export interface Draft {
  readonly config: Config;
  readonly problems: readonly Problem[];
  /** True when `nas` could not be read and a stand-in took its place; nothing should be said about its values. */
  readonly standIn: boolean;
}

// Only there so that the rest of a file is checked too when `nas` itself is wrong; never contacted, since problems exist.
const standInNas = { host: "nas.invalid", pool: "pool" };

/**
 * Reads a configuration without throwing.
 * @param raw the keys of the project namespace, without the namespace, as Pulumi or a YAML parser gives them
 */
export function draftConfig(raw: unknown, options: ParseOptions = {}): Draft {
  const problems: Problem[] = [];
  const found = read(raw, options, problems);
  const { nas: substitute } = read({ nas: standInNas, nodes: {} }, {}, []);
  const nas = found.nas ?? substitute;
  if (nas === undefined) throw new Error("The stand-in for `nas` does not fit its own schema.");
  const config = normalise({ ...found, nas }, problems);
  if (found.nas !== undefined) checkSandbox(config, problems);
  return { config, problems, standIn: found.nas === undefined };
}

/**
 * Parses a configuration. Pure: nothing is read or contacted.
 * @throws ConfigError with every problem of the file. Rules about placement are in the plan; `loadPlan` reports both at once.
 */
export function parseConfig(raw: unknown, options: ParseOptions = {}): Config {
  const { config, problems } = draftConfig(raw, options);
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}
