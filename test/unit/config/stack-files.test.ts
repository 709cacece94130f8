import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseConfig, renderConfigReference, renderJsonSchema } from "../../../config/index.ts";
import { stackConfig, stackText } from "./stack-file.ts";

const file = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const validate = new Ajv({ allErrors: true }).compile(JSON.parse(renderJsonSchema()));
const accepts = (config: Record<string, unknown>, rest: object = {}) => validate({ config, ...rest });

test("config/schema.json is what the schema renders (npm run generate)", () => {
  expect(file("config/schema.json")).toBe(renderJsonSchema());
});

test("docs/configuration.md is what the schema renders (npm run generate)", () => {
  expect(file("docs/configuration.md")).toBe(renderConfigReference());
});

test.each(["homelab", "sandbox"])("Pulumi.%s.yaml names the schema, is valid by it and by the parser", (stack) => {
  expect(stackText(stack).split("\n")[0]).toBe("# yaml-language-server: $schema=config/schema.json");
  validate(parse(stackText(stack)));
  expect(validate.errors).toBeNull();
  expect(() => parseConfig(stackConfig(stack))).not.toThrow();
});

test("no provider acts on its own in either stack", () => {
  for (const stack of ["homelab", "sandbox"]) {
    const { config } = parse(stackText(stack)) as { config: Record<string, unknown> };
    expect(config["pulumi:disable-default-providers"]).toEqual(["*"]);
  }
});

test("the sandbox is the homelab's design at another endpoint", () => {
  const { sandbox, ...design } = stackConfig("sandbox");
  const { endpoint, ...nas } = design["nas"] as Record<string, unknown>;
  expect({ sandbox, endpoint }).toEqual({ sandbox: true, endpoint: "127.0.0.1:4443" });
  expect({ ...design, nas }).toEqual(stackConfig("homelab"));
});

const smallest = {
  "homelab-storage:nas": { host: "10.0.0.2", pool: "tank" },
  "homelab-storage:nodes": { one: { address: "10.0.0.3" } },
};

test("editors accept secrets, Pulumi's own keys and other providers' keys", () => {
  expect(
    accepts({ ...smallest, "homelab-storage:truenasApiKey": { secure: "v1:abc" }, "kubernetes:context": "x" }),
  ).toBe(true);
  expect(accepts(smallest, { encryptionsalt: "v1:abc", secretsprovider: "passphrase", environment: ["e"] })).toBe(true);
  expect(accepts({ ...smallest, "homelab-storage:apps": { linkding: {}, ollama: { cache: false } } })).toBe(true);
});

test.each<[string, Record<string, unknown>]>([
  ["a secret in plain text", { ...smallest, "homelab-storage:truenasApiKey": "1-abc" }],
  ["an unknown key of ours", { ...smallest, "homelab-storage:nass": {} }],
  ["a missing section", { "homelab-storage:nodes": {} }],
  ["an unknown key inside", { ...smallest, "homelab-storage:nas": { host: "h", pool: "p", colour: "red" } }],
  ["a decimal size", { ...smallest, "homelab-storage:apps": { a: { data: { kind: "config", size: "5G" } } } }],
  ["a key without a namespace", { ...smallest, nas: {} }],
])("editors mark %s", (_, config) => {
  expect(accepts(config)).toBe(false);
});

test("our own notes do not leak into the editor's schema", () => {
  expect(renderJsonSchema()).not.toContain('"x-');
});
