import { z } from "zod";
import { toProblems, unknownKey } from "./issues.ts";
import { configSchema } from "./json-schema.ts";
import { isBadName, isMap, sorted } from "./map.ts";
import { name, nodeName } from "./names.ts";
import { node } from "./nodes.ts";
import { hidden, namespace, type Problem, problem } from "./problem.ts";
import { type ReadApp, readApps } from "./read-apps.ts";
import { salvage } from "./salvage.ts";
import { type KeyName, keys } from "./schema.ts";
import { secretKeys } from "./secrets.ts";
import { share, smbShare } from "./shares.ts";

type Plain<K extends KeyName> = z.output<(typeof keys)[K]>;

/** What could be understood of a stack file; what could not is missing, and told in the problems. */
export interface ReadResult {
  readonly nas: Plain<"nas"> | undefined;
  readonly nodes: Readonly<Record<string, z.output<typeof node>>>;
  readonly apps: readonly ReadApp[];
  readonly snapshots: Plain<"snapshots">;
  readonly shares: Readonly<Record<string, z.output<typeof share>>>;
  readonly smb: Readonly<Record<string, z.output<typeof smbShare>>>;
  readonly kubernetes: Plain<"kubernetes">;
  readonly environment: Plain<"environment">;
  readonly sandbox: boolean;
}

export interface ParseOptions {
  /** Keys that Pulumi holds encrypted, without the namespace. Their values are neither needed nor read here. */
  readonly secureKeys?: readonly string[];
}

/** Reads every key by itself, so that a mistake in one hides none in another. */
export function read(raw: unknown, options: ParseOptions, problems: Problem[]): ReadResult {
  if (!isMap(raw)) {
    problems.push(problem("", raw, "The configuration is a map of keys.", "See docs/configuration.md."));
  }
  const top = isMap(raw) ? raw : {};
  checkTopLevel(top, new Set(options.secureKeys), problems);
  const one = <K extends KeyName>(key: K): Plain<K> | undefined =>
    salvage(keys[key] as unknown as z.ZodType<Plain<K>>, top[key], [key], problems);
  const orDefault = <K extends KeyName>(key: K): Plain<K> =>
    one(key) ?? (keys[key] as unknown as z.ZodType<Plain<K>>).parse(undefined);

  // The phases have one legal value so far: reading them is a check, and nothing remains of it.
  for (const phase of ["objectStorage", "backup", "ceph"] as const) one(phase);
  return {
    nas: one("nas"),
    nodes: readEntries(top, "nodes", nodeName, node, problems),
    apps: readApps(top["apps"], problems),
    snapshots: orDefault("snapshots"),
    shares: readEntries(top, "shares", name, share, problems),
    smb: readEntries(top, "smb", name, smbShare, problems),
    kubernetes: orDefault("kubernetes"),
    environment: orDefault("environment"),
    sandbox: orDefault("sandbox"),
  };
}

function checkTopLevel(top: Readonly<Record<string, unknown>>, secure: ReadonlySet<string>, problems: Problem[]): void {
  for (const [key, value] of Object.entries(top)) {
    const secret = secretKeys.includes(key);
    if (secret && !secure.has(key)) {
      problems.push({
        path: key,
        value: hidden,
        rule: "A secret never stands in the stack file as plain text.",
        fix: `Replace it where it was issued, since it was written to disk, then: pulumi config set --secret ${namespace}:${key}`,
      });
    } else if (!secret && !Object.hasOwn(keys, key)) {
      const found = unknownKey([key], value, configSchema());
      problems.push(secure.has(key) ? { ...found, value: hidden } : found);
    } else if (!secret && secure.has(key)) {
      problems.push({
        path: key,
        value: hidden,
        rule: `Only these keys are secrets: ${secretKeys.join(", ")}. Everything else is read as plain configuration.`,
        fix: "Write it without --secret.",
      });
    }
  }
}

/** Reads a map of named entries, each by itself. */
function readEntries<T>(
  top: Readonly<Record<string, unknown>>,
  key: "nodes" | "shares" | "smb",
  nameSchema: z.ZodType<string>,
  schema: z.ZodType<T>,
  problems: Problem[],
): Record<string, T> {
  const value = top[key] ?? (keys[key].safeParse(undefined).success ? {} : undefined);
  if (!isMap(value)) {
    problems.push(...toProblems(z.record(z.string(), z.unknown()).safeParse(value).error?.issues ?? [], value, [key]));
    return {};
  }
  const found: [string, T][] = [];
  for (const [entry, inner] of sorted(value)) {
    if (isBadName(nameSchema, [key, entry], problems)) continue;
    const parsed = salvage(schema, inner ?? {}, [key, entry], problems);
    if (parsed !== undefined) found.push([entry, parsed]);
  }
  return Object.fromEntries(found);
}
