import { catalogue } from "./catalogue/index.ts";
import { configSchema, type SchemaNode } from "./json-schema.ts";
import { namespace } from "./problem.ts";
import { secrets } from "./secrets.ts";

/** docs/configuration.md: every key with type, unit, default and example, and the known apps. */
export function renderConfigReference(): string {
  const own = configSchema();
  const sections = Object.entries(own.properties ?? {}).map(([key, node]) =>
    section(key, node, own.required?.includes(key) === true),
  );
  return [intro, ...sections, secretSection(), catalogueSection()].join("\n\n").concat("\n");
}

const intro = `# Configuration reference

Generated from \`config/\` by \`npm run generate\`; do not edit.

An environment is one file, \`Pulumi.<stack>.yaml\`. Its keys stand under \`config:\` and start with \`${namespace}:\`, so that
\`nas\` below is written \`${namespace}:nas\`. Sizes are binary: \`500Gi\` is 500 GiB. Mistakes are reported together, before
anything is contacted. \`Pulumi.homelab.yaml\` is a complete example.`;

function section(key: string, node: SchemaNode, required: boolean): string {
  const rows = rowsOf(node, key);
  const standard = defaultOf(node, required);
  const parts = [
    `## ${key}`,
    node.description ?? "",
    ...(rows.length > 0
      ? [table(["Key", "Type", "Default", "Meaning", "Example"], rows)]
      : [`Type: ${typeOf(node)}. Default: ${standard}.`]),
    ...(node.examples === undefined ? [] : [`Example: \`${namespace}:${key}: ${compact(node.examples[0])}\``]),
  ];
  return parts.join("\n\n");
}

/** One row per key below a node, maps of names as \`<name>\`. */
function rowsOf(node: SchemaNode, path: string): string[][] {
  const own = Object.entries(node.properties ?? {}).flatMap(([key, inner]) => {
    const at = `${path}.${key}`;
    const nested = rowsOf(inner, at);
    const example = inner.examples === undefined ? "" : code(compact(inner.examples[0]));
    const row = [
      code(at),
      typeOf(inner),
      defaultOf(inner, node.required?.includes(key) === true),
      inner.description ?? "",
      example,
    ];
    return [row, ...nested];
  });
  const named = typeof node.additionalProperties === "object" ? node.additionalProperties : undefined;
  const entry = named?.anyOf?.find((choice) => choice.type === "object") ?? named;
  // An app's own map is of volumes, every other one is of what its key says.
  const placeholder = path.includes("<") ? "<volume>" : `<${path.split(".").at(-1)?.replace(/s$/, "")}>`;
  const below = entry === undefined ? [] : rowsOf(entry, `${path}.${placeholder}`);
  const listed = node.items === undefined ? [] : rowsOf(node.items, `${path}[]`);
  return [...own, ...below, ...listed];
}

function typeOf(node: SchemaNode): string {
  const unit = node["x-unit"] === undefined ? "" : ` (${node["x-unit"]})`;
  if (node.enum !== undefined) return `one of ${node.enum.map((value) => code(String(value))).join(", ")}${unit}`;
  if (node.const !== undefined) return code(String(node.const));
  if (node.type === "array")
    return node.items?.type === "object" ? "list" : `list of ${node.items ? typeOf(node.items) : "values"}`;
  const names: Record<string, string> = {
    string: "text",
    integer: "whole number",
    number: "number",
    boolean: "true or false",
    object: "map",
  };
  const bounds =
    node.type === "integer" && node.minimum !== undefined && node.maximum !== undefined
      ? `, ${node.minimum} to ${node.maximum}`
      : "";
  return `${names[node.type ?? ""] ?? "value"}${bounds}${unit}`;
}

function defaultOf(node: SchemaNode, required: boolean): string {
  if (node["x-default"] !== undefined) return node["x-default"];
  const { default: standard } = node;
  if (standard !== undefined && !isEmptyMap(standard)) return standard === "" ? "empty" : code(compact(standard));
  if (required) return "required";
  return node.type === "object" ? (standard === undefined ? "none" : "see below") : "none";
}

function isEmptyMap(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}

function secretSection(): string {
  const rows = secrets.map(({ key, description }) => [code(key), description]);
  return `## Secrets

They never stand in the file as plain text. Set each with \`pulumi config set --secret ${namespace}:<key>\`.

${table(["Key", "Meaning"], rows)}`;
}

function catalogueSection(): string {
  const rows = [...catalogue.values()].flatMap((app) =>
    Object.entries(app.volumes).map(([volume, { kind, engine, size, mount, group, optional }]) => [
      code(`${app.name}.${volume}`),
      `${kind}${engine === undefined ? "" : ` (${engine})`}`,
      size ?? "-",
      code(mount),
      `${app.runAs.uid}:${app.runAs.gid}`,
      [optional === true ? "only when named, with its share" : "", group === undefined ? "" : `in the group ${group}`]
        .filter((note) => note !== "")
        .join("; "),
    ]),
  );
  const sources = [...catalogue.values()].map((app) => {
    const verify = app.verify === undefined ? "" : ` **Check:** ${app.verify}`;
    return `- **${app.name}**: ${app.source.found}${verify} (${app.source.url}, ${app.source.date})`;
  });
  return `## Known apps

What is written for one of these apps wins over what is known; \`linkding: {}\` is enough. To make another app known, add a file
to \`config/catalogue/\` and its line to \`config/catalogue/index.ts\`.

${table(["Volume", "Kind", "Size", "Mount", "Runs as", "Notes"], rows)}

Where this was found:

${sources.join("\n")}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}

/** A value as an owner would write it on one line of YAML. */
function compact(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(compact).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, inner]) => `${key}: ${compact(inner)}`);
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  }
  return String(value);
}
