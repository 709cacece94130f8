import * as pulumi from "@pulumi/pulumi";
import { type Config, ConfigError, namespace, type Problem, secretKeys } from "../config/index.ts";
import { loadPlan } from "../plan/load.ts";
import type { StoragePlan } from "../plan/storage-plan.ts";

export interface Stack {
  readonly config: Config;
  readonly plan: StoragePlan;
  /** A secret of the configuration. Its value never passes through plain objects. */
  readonly secret: (key: string) => pulumi.Output<string>;
}

/** Reads the configuration of the stack. Everything that is wrong with it comes as one message, without a stack trace. */
export function readStack(): Stack {
  const settings = new pulumi.Config(namespace);
  const secureNames = encryptedNames();
  const { raw, secureKeys } = splitConfig(pulumi.runtime.allConfig(), secureNames);
  const missing = secretKeys.filter((key) => !(key in raw) && !secureKeys.includes(key)).map(missingSecret);
  const { loaded, problems } = load(raw, secureKeys);
  if (loaded === undefined || missing.length > 0) {
    throw new pulumi.RunError(new ConfigError([...problems, ...missing]).message);
  }
  return { ...loaded, secret: (key) => settings.requireSecret(key) };
}

type Loaded = ReturnType<typeof loadPlan>;

function load(raw: unknown, secureKeys: readonly string[]): { loaded?: Loaded; problems: readonly Problem[] } {
  try {
    return { loaded: loadPlan(raw, { secureKeys }), problems: [] };
  } catch (error) {
    if (error instanceof ConfigError) return { problems: error.problems };
    throw error;
  }
}

function missingSecret(key: string): Problem {
  return {
    path: key,
    rule: "This secret is needed.",
    fix: `Set it: pulumi config set --secret ${namespace}:${key} --stack ${pulumi.getStack()}`,
  };
}

/** The keys of the project, without its namespace: plain ones as the owner wrote them, encrypted ones by name alone. */
function splitConfig(all: Readonly<Record<string, string>>, secureNames: ReadonlySet<string>) {
  const prefix = `${namespace}:`;
  const raw: Record<string, unknown> = {};
  const secureKeys: string[] = [];
  for (const [name, text] of Object.entries(all)) {
    if (!name.startsWith(prefix)) continue;
    const key = name.slice(prefix.length);
    if (secureNames.has(name)) secureKeys.push(key);
    else raw[key] = parseValue(text);
  }
  return { raw, secureKeys };
}

/** The engine names the encrypted keys in the environment; the SDK has no public call for them. */
function encryptedNames(): ReadonlySet<string> {
  const names: unknown = JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]");
  return new Set(Array.isArray(names) ? names.map(String) : []);
}

/** The engine hands objects over as JSON text, and text as it is. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
