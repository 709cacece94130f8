import { z } from "zod";
import { providerConfig, secretConfig } from "../config.ts";
import { functions } from "../functions/index.ts";
import { type AnyDefinition, secretProperties, traitsOf } from "../resources/definition.ts";
import { definitions } from "../resources/index.ts";

/** A property in the Pulumi package schema. */
interface PropertySpec {
  type?: string;
  $ref?: string;
  oneOf?: PropertySpec[];
  items?: PropertySpec;
  additionalProperties?: PropertySpec;
  description?: string;
  default?: unknown;
  secret?: boolean;
  willReplaceOnChanges?: boolean;
}

interface ObjectSpec {
  type: "object";
  properties: Record<string, PropertySpec>;
  required: string[];
  description?: string;
}

interface JsonSchema {
  type?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
}

/** The package schema that GetSchema answers: everything comes from the definitions. */
export function packageSchema(version: string): string {
  const types: Record<string, ObjectSpec> = {};
  const config = objectSpec("Provider", providerConfig, types, "input");
  for (const key of secretConfig) config.properties[key] = { ...config.properties[key], secret: true };
  return JSON.stringify({
    name: "truenas",
    version,
    description: "TrueNAS 25.10 and 26 over its JSON-RPC API.",
    provider: {
      inputProperties: config.properties,
      requiredInputs: config.required,
      properties: config.properties,
      required: config.required,
    },
    resources: Object.fromEntries(definitions.map((definition) => [definition.type, resourceSpec(definition, types)])),
    functions: Object.fromEntries(
      functions.map((fn) => {
        const name = fn.token.split(":").at(-1) ?? fn.token;
        const inputs = objectSpec(`${name}Args`, fn.inputs, types, "input");
        const outputs = objectSpec(`${name}Result`, fn.outputs, types, "output");
        return [fn.token, { description: fn.description, inputs, outputs }];
      }),
    ),
    types,
    language: { nodejs: { respectSchemaVersion: true } },
  });
}

function resourceSpec(definition: AnyDefinition, types: Record<string, ObjectSpec>) {
  const name = definition.type.split(":").at(-1) ?? definition.type;
  const inputs = objectSpec(name, definition.inputs, types, "input");
  const outputs = objectSpec(name, definition.outputs, types, "output");
  for (const [property, spec] of Object.entries(inputs.properties)) {
    if (traitsOf(definition, property).replaces) spec.willReplaceOnChanges = true;
  }
  for (const property of secretProperties(definition)) {
    for (const spec of [inputs.properties[property], outputs.properties[property]]) if (spec) spec.secret = true;
  }
  return {
    description: `${definition.description}\n\nOn removal: ${definition.deletion}`,
    inputProperties: inputs.properties,
    requiredInputs: inputs.required,
    properties: { ...withoutDefaults(inputs.properties), ...outputs.properties },
    required: [...new Set([...inputs.required, ...outputs.required])],
  };
}

const withoutDefaults = (properties: Record<string, PropertySpec>) =>
  Object.fromEntries(Object.entries(properties).map(([name, { default: _, ...spec }]) => [name, spec]));

function objectSpec(
  owner: string,
  schema: z.ZodObject,
  types: Record<string, ObjectSpec>,
  io: "input" | "output",
): ObjectSpec {
  const json = z.toJSONSchema(schema, { io, unrepresentable: "any" }) as JsonSchema;
  return object(owner, json, types);
}

function object(owner: string, json: JsonSchema, types: Record<string, ObjectSpec>): ObjectSpec {
  const entries = Object.entries(json.properties ?? {});
  const properties = Object.fromEntries(
    entries.map(([name, property]) => [name, propertySpec(owner, name, property, types)]),
  );
  return {
    type: "object",
    properties,
    required: json.required ?? [],
    ...(json.description === undefined ? {} : { description: json.description }),
  };
}

/** Pulumi knows fewer kinds of types than JSON Schema; formats and bounds are told by Check. */
function propertySpec(owner: string, name: string, json: JsonSchema, types: Record<string, ObjectSpec>): PropertySpec {
  const spec = typeSpec(owner, name, json, types);
  if (json.description !== undefined) spec.description = json.description;
  if (["string", "number", "boolean"].includes(typeof json.default)) spec.default = json.default;
  return spec;
}

function typeSpec(owner: string, name: string, json: JsonSchema, types: Record<string, ObjectSpec>): PropertySpec {
  if (json.anyOf) {
    const kinds = json.anyOf.map((option) => typeSpec(owner, name, option, types));
    const [first, ...rest] = kinds.filter(
      (kind, i) => kinds.findIndex((other) => JSON.stringify(other) === JSON.stringify(kind)) === i,
    );
    return rest.length === 0 ? (first ?? { type: "string" }) : { oneOf: [first ?? { type: "string" }, ...rest] };
  }
  if (json.type === "array") return { type: "array", items: typeSpec(owner, name, json.items ?? {}, types) };
  if (json.type === "object" && json.properties) {
    const token = `truenas:index:${owner}${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    types[token] = object(token.split(":").at(-1) ?? token, json, types);
    return { $ref: `#/types/${token}` };
  }
  if (json.type === "object") {
    const values = typeof json.additionalProperties === "object" ? json.additionalProperties : {};
    return { type: "object", additionalProperties: typeSpec(owner, name, values, types) };
  }
  return { type: json.type ?? (typeof json.const === "number" ? "number" : "string") };
}
