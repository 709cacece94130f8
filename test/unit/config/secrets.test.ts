import { expect, test } from "vitest";
import { ConfigError, parseConfig, secretKeys } from "../../../config/index.ts";
import { minimal } from "./stack-file.ts";

const apiKey = `1-${"s3cretS3CRET".repeat(6).slice(0, 64)}`;

function messageOf(raw: unknown, secureKeys: string[] = []): string {
  try {
    parseConfig(raw, { secureKeys });
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

test("the secrets of the design", () => {
  expect(secretKeys).toEqual(["truenasApiKey", "kubeconfig"]);
});

test.each(secretKeys)("%s in plain text is refused, encrypted it is not read", (key) => {
  const message = messageOf(minimal({ [key]: apiKey }));
  expect(message).toContain(`homelab-storage:${key} = (not shown)`);
  expect(message).toContain(`pulumi config set --secret homelab-storage:${key}`);
  expect(message).not.toContain(apiKey);
  expect(messageOf(minimal({ [key]: apiKey }), [key])).toBe("");
});

test.each([
  ["a key of its own", { nas: { host: "n", pool: "p", apiKey } }],
  ["a password", { nas: { host: "n", pool: "p", password: "s3cret" } }],
  ["inside an unknown key", { nas: { host: "n", pool: "p", login: { user: "me", password: "s3cret" } } }],
  ["as the value of something else", { nas: { host: apiKey, pool: "p" } }],
  ["in an app", { apps: { linkding: { adminPassword: "s3cret" } } }],
  ["in a volume", { apps: { linkding: { data: { token: "s3cret" } } } }],
  ["at the top", { apiToken: "s3cret" }],
])("a secret in the wrong place is refused without being shown: %s", (_, parts) => {
  const message = messageOf(minimal(parts));
  expect(message).toContain("problem");
  expect(message).not.toContain("s3cret");
});

test("an encrypted key that is no secret is refused without being shown", () => {
  const message = messageOf(minimal(), ["nas"]);
  expect(message).toContain("homelab-storage:nas = (not shown)");
  expect(message).toContain("Write it without --secret.");
});

test("an encrypted key that does not exist is refused without being shown", () => {
  expect(messageOf(minimal({ truenasApikey: "s3cret" }), ["truenasApikey"])).not.toContain("s3cret");
});
