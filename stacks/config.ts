import * as pulumi from "@pulumi/pulumi";
import { namespace } from "../config/index.ts";

export interface StackConfig {
  /** The keys of the project namespace, without it, as the owner wrote them; secrets left out. */
  readonly raw: Readonly<Record<string, unknown>>;
  /** Keys that the stack file keeps encrypted. */
  readonly secureKeys: readonly string[];
  /** A required secret. Its value never passes through plain objects. */
  readonly secret: (key: string) => pulumi.Output<string>;
}

/** Reads the configuration of the stack; the engine hands objects over as JSON text. */
export function readStackConfig(): StackConfig {
  const config = new pulumi.Config(namespace);
  const prefix = `${namespace}:`;
  const all = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
  const secureNames = secretNames();
  const isSecret = (key: string) => secureNames.has(key);
  const plain = all.filter(([key]) => !isSecret(key));
  return {
    raw: Object.fromEntries(plain.map(([key, text]) => [key.slice(prefix.length), parseValue(text)])),
    secureKeys: all.filter(([key]) => isSecret(key)).map(([key]) => key.slice(prefix.length)),
    secret: (key) => config.requireSecret(key),
  };
}

/** The engine names the encrypted keys in the environment; the SDK has no public call for them. */
function secretNames(): ReadonlySet<string> {
  const names: unknown = JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]");
  return new Set(Array.isArray(names) ? names.map(String) : []);
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
