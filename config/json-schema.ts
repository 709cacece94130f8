import { z } from "zod";
import { namespace } from "./problem.ts";
import { keys } from "./schema.ts";
import { secrets } from "./secrets.ts";

/** The parts of JSON Schema that our schemas use. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly "x-unit"?: string;
  readonly "x-default"?: string;
}

let cached: SchemaNode | undefined;

/** What an owner may write under the namespace, as one JSON Schema, with our own `x-` notes. */
export function configSchema(): SchemaNode {
  cached ??= z.toJSONSchema(z.strictObject(keys), { io: "input" }) as SchemaNode;
  return cached;
}

/** The schema of the value at a path; undefined where the path leads nowhere. */
export function schemaAt(path: readonly PropertyKey[]): SchemaNode | undefined {
  let node: SchemaNode | undefined = configSchema();
  for (const step of path) {
    if (node === undefined) return undefined;
    const open: SchemaNode | undefined =
      typeof node.additionalProperties === "object" ? node.additionalProperties : undefined;
    const next: SchemaNode | undefined =
      typeof step === "number" ? node.items : (node.properties?.[String(step)] ?? open);
    node = next?.anyOf?.find((choice) => choice.type === "object") ?? next;
  }
  return node;
}

/** config/schema.json: the schema of a whole `Pulumi.<stack>.yaml`, for editors. */
export function renderJsonSchema(): string {
  const own = configSchema();
  const secret = {
    type: "object",
    properties: { secure: { type: "string", description: "Written by `pulumi config set --secret`." } },
    required: ["secure"],
    additionalProperties: false,
  };
  const prefixed = Object.entries(own.properties ?? {}).map(([key, node]) => [`${namespace}:${key}`, node]);
  const encrypted = secrets.map(({ key, description }) => [`${namespace}:${key}`, { ...secret, description }]);
  const schema = {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Stack configuration of homelab-storage",
    type: "object",
    properties: {
      config: {
        type: "object",
        description:
          "Keys of this project start with homelab-storage:, keys of Pulumi and of providers with their own name.",
        properties: Object.fromEntries([...prefixed, ...encrypted]),
        patternProperties: { [`^(?!${namespace}:)[^:]+:.+$`]: {} },
        required: (own.required ?? []).map((key) => `${namespace}:${key}`),
        additionalProperties: false,
      },
      environment: { description: "Environments of Pulumi ESC." },
      encryptionsalt: { type: "string" },
      encryptedkey: { type: "string" },
      secretsprovider: { type: "string" },
    },
    required: ["config"],
    additionalProperties: false,
  };
  return `${JSON.stringify(schema, withoutNotes, 2)}\n`;
}

function withoutNotes(key: string, value: unknown): unknown {
  return key.startsWith("x-") ? undefined : value;
}
