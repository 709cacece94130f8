import type { LogSeverity } from "../../base/provider.ts";
import type { TrueNasClient } from "../client/client.ts";

/** Who asks, and what it may use. One per operation. */
export interface ResourceContext {
  readonly nas: TrueNasClient;
  readonly urn: string;
  /** Logical name of the resource. */
  readonly name: string;
  readonly project: string;
  readonly stack: string;
  readonly signal: AbortSignal;
  /** Writes a line on the resource's row. */
  log(severity: LogSeverity, message: string): void;
  /** Shows how far a job of the NAS has come. */
  progress(percent: number, description: string): void;
  /** The command that takes an existing object over. */
  importCommand(id: string): string;
  /** The command that puts what the import refers to into the state of a new stack; it changes nothing on the NAS. */
  prepareImport(): string;
  /** Ids that this run took back; a replacement must not delete what its other half has just taken. */
  readonly takenBack: Set<string>;
}

/** The parts of a URN: `urn:pulumi:<stack>::<project>::<type chain>::<name>`. */
export function parseUrn(urn: string): { stack: string; project: string; types: string[]; name: string } {
  const [head = "", project = "", types = "", ...name] = urn.split("::");
  return { stack: head.split(":").at(-1) ?? "", project, types: types.split("$"), name: name.join("::") };
}

/**
 * The parent of a resource. The engine does not tell a provider who it is; by the convention of component resources a child is
 * named `<parent>-<part>`, so the parent's name is the first part.
 */
function parentUrn(urn: string): string | undefined {
  const { stack, project, types, name } = parseUrn(urn);
  if (types.length < 2) return undefined;
  return `urn:pulumi:${stack}::${project}::${types.slice(0, -1).join("$")}::${name.split("-")[0] ?? name}`;
}

/** The command that takes an existing object into the state. */
export function importCommand(urn: string, type: string, id: string, providerUrn: string | undefined): string {
  const { stack, name } = parseUrn(urn);
  const parent = parentUrn(urn);
  const words = ["pulumi import", type, quote(name), quote(id)];
  if (parent !== undefined) words.push(`--parent ${quote(`parent=${parent}`)}`);
  if (providerUrn !== undefined) words.push(`--provider ${quote(`truenas=${providerUrn}`)}`);
  // The program describes the resource already, and decides itself what is protected.
  words.push(`--stack ${quote(stack)}`, "--generate-code=false", "--protect=false");
  return words.join(" ");
}

/** The command that makes provider and parent alone, which an import into a new stack needs. */
export function prepareImportCommand(urn: string, providerUrn: string | undefined): string {
  const targets = [providerUrn, parentUrn(urn)].flatMap((target) =>
    target === undefined ? [] : [`--target ${quote(target)}`],
  );
  return ["pulumi up", ...targets, `--stack ${quote(parseUrn(urn).stack)}`].join(" ");
}

const quote = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
