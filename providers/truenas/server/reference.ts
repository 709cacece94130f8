import { z } from "zod";
import { providerConfig, secretConfig } from "../config.ts";
import { functions } from "../functions/index.ts";
import { type AnyDefinition, outputTraitsOf, type PropertyTraits, traitsOf } from "../resources/definition.ts";
import { definitions } from "../resources/index.ts";
import { resourceNotes } from "./reference-notes.ts";

/** The part of JSON Schema that the definitions use. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
}

/** providers/truenas/README.md: the provider, every resource and every function, from their definitions. */
export function renderReference(): string {
  const resources = definitions.map(resourceSection);
  return [intro, configSection(), privilegeSection(), "## Resources", ...resources, functionSection()]
    .join("\n\n")
    .concat("\n");
}

const intro = `# The TrueNAS provider

Generated from the definitions in this folder by \`npm run generate\`; do not edit.

A Pulumi provider for TrueNAS 25.10 and 26, over the JSON-RPC API (one encrypted WebSocket, one login per run). A version
newer than 26 is read and never changed; one older than 25.10 is refused. Pulumi finds it because \`Pulumi.yaml\` names this
folder under \`plugins.providers\`.

- **Checks and diffs never contact the NAS.** Previews of what is new or changes do read, and never write: a missing pool, an
  object that exists already or a wrong key shows in the preview.
- **What exists already is refused** with the import command to run, unless it carries the mark of this very resource.
- **A property that is left out is not managed**, unless a default is given below: what somebody sets there is no drift.
  Taking it out of the program resets it where the column *left out again* says so.
- **What is gone is only believed when the NAS says so.** No answer, a refused login or an unknown certificate is an error.`;

function configSection(): string {
  const { properties = {}, required = [] } = schemaOf(providerConfig);
  const rows = Object.entries(properties).map(([name, schema]) => [
    code(name),
    typeOf(schema),
    required.includes(name) ? "yes" : "",
    `${schema.description ?? ""}${(secretConfig as readonly string[]).includes(name) ? " Always stored encrypted." : ""}`,
  ]);
  return `## Provider

\`\`\`ts
import * as truenas from "./providers/truenas/index.ts";

const nas = new truenas.Provider("nas", { host: "10.10.10.20", username: "pulumi", apiKey: config.requireSecret("apiKey") });
const photos = new truenas.Dataset("photos", { name: "big/photos", refquota: 100 * 2 ** 30 }, { provider: nas });
\`\`\`

${table(["Property", "Type", "Required", "Meaning"], rows)}

Where both \`ca\` and \`fingerprint\` are given, the fingerprint decides; where neither is, the authorities that the system
trusts. The certificate is checked before anything is sent, and a key is never sent unencrypted.`;
}

function privilegeSection(): string {
  const rows = definitions.map((definition) => [
    code(nameOf(definition)),
    notesOf(definition).roles.map(code).join(", "),
    notesOf(definition).rolesToDestroy?.map(code).join(", ") ?? "",
  ]);
  return `## Privileges

An account needs the roles of the resources that it manages, and no more:

${table(["Resource", "Roles", "To destroy as well"], rows)}

A Service that is one of the sharing services also works with that service's role (\`SHARING_NFS_WRITE\` for nfs) instead of
\`SERVICE_WRITE\`. \`getPool\` needs \`POOL_READ\`, \`getDataset\` \`DATASET_READ\`, \`getSystem\` \`READONLY_ADMIN\`.`;
}

function resourceSection(definition: AnyDefinition): string {
  const { properties = {}, required = [] } = schemaOf(definition.inputs);
  const rows = Object.entries(properties).map(([name, schema]) => [
    code(name),
    typeOf(schema),
    defaultOf(schema, required.includes(name)),
    changeOf(traitsOf(definition, name)),
    removalOf(definition, name, schema, required.includes(name)),
    schema.description ?? "",
  ]);
  const outputs = Object.entries(schemaOf(definition.outputs).properties ?? {});
  const outputRows = outputs.map(([name, schema]) => {
    const once = outputTraitsOf(definition, name).once ? " Told once, kept in the state." : "";
    return [code(name), typeOf(schema), `${schema.description ?? ""}${once}`];
  });
  const { id, refuses } = notesOf(definition);
  const fixed = Object.keys(properties).flatMap((name) => {
    const reason = traitsOf(definition, name).fixed;
    return reason === undefined ? [] : [`A change of ${code(name)}: ${reason}.`];
  });
  const refused = [...fixed, ...refuses].map((text) => `- ${text}`);
  return [
    `### ${nameOf(definition)}`,
    definition.description,
    table(["Property", "Type", "Default", "A change", "Left out again", "Meaning"], rows),
    ...(outputRows.length === 0 ? [] : ["It also tells:", table(["Output", "Type", "Meaning"], outputRows)]),
    ...(refused.length === 0 ? [] : [`Refused:\n\n${refused.join("\n")}`]),
    `**On deletion:** ${definition.deletion}`,
    `**Import id:** ${id}`,
  ].join("\n\n");
}

function functionSection(): string {
  const sections = functions.map(({ token, description, inputs, outputs }) => {
    const rows = (schema: Schema) =>
      Object.entries(schema.properties ?? {}).map(([name, inner]) => [
        code(name),
        typeOf(inner),
        inner.description ?? "",
      ]);
    const given = rows(schemaOf(inputs));
    return [
      `### ${token.split(":").at(-1)}`,
      description,
      ...(given.length === 0 ? [] : [table(["Argument", "Type", "Meaning"], given)]),
      table(["Result", "Type", "Meaning"], rows(schemaOf(outputs))),
    ].join("\n\n");
  });
  return ["## Functions", ...sections].join("\n\n");
}

const nameOf = ({ type }: AnyDefinition) => type.split(":").at(-1) ?? type;

function notesOf(definition: AnyDefinition) {
  const notes = resourceNotes[nameOf(definition)];
  if (notes) return notes;
  throw new Error(`${definition.type} has no entry in providers/truenas/server/reference-notes.ts`);
}

const schemaOf = (schema: z.ZodObject) => z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Schema;

function typeOf(schema: Schema): string {
  if (schema.enum) return schema.enum.map((value) => code(String(value))).join(", ");
  if (schema.const !== undefined) return code(String(schema.const));
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(" or ");
  if (schema.type === "array") return `list of ${schema.items ? typeOf(schema.items) : "values"}`;
  if (schema.type === "object" && schema.properties) {
    const inner = Object.entries(schema.properties).map(([name, part]) => `${code(name)} ${typeOf(part)}`);
    return `map of ${inner.join(", ")}`;
  }
  if (schema.type === "object") return "map of text";
  const names: Readonly<Record<string, string>> = {
    string: "text",
    integer: "whole number",
    number: "number",
    boolean: "true or false",
  };
  return names[schema.type ?? ""] ?? "value";
}

function defaultOf({ default: standard }: Schema, required: boolean): string {
  if (required) return "required";
  if (standard === undefined) return "not managed";
  if (standard === "") return "empty";
  if (Array.isArray(standard) && standard.length === 0) return "none";
  return typeof standard === "object" && standard !== null
    ? Object.entries(standard)
        .map(([name, value]) => `${name} ${code(String(value))}`)
        .join(", ")
    : code(String(standard));
}

function changeOf({ fixed, replaces, local, writeOnly }: PropertyTraits): string {
  if (fixed !== undefined) return "refused";
  if (replaces) return "replaces";
  if (local) return "of the program only";
  return writeOnly ? "not seen" : "in place";
}

function removalOf(definition: AnyDefinition, name: string, { default: standard }: Schema, required: boolean): string {
  if (required) return "";
  if (standard !== undefined) return "the default";
  const { whenRemoved } = traitsOf(definition, name);
  if (whenRemoved === undefined) return "stays as it is";
  if (whenRemoved === "" || whenRemoved === null) return "empty";
  return typeof whenRemoved === "object" ? "the program's entries go" : code(String(whenRemoved));
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const code = (text: string) => `\`${text}\``;
