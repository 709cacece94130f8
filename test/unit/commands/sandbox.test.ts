import { expect, test } from "vitest";
import { parse } from "yaml";
import { overlayStack } from "../../../commands/sandbox.ts";

const overlay = { endpoint: "127.0.0.1:4443", fingerprint: "AB:CD", username: "sandbox" };

const real = `# yaml-language-server: $schema=config/schema.json
encryptionsalt: v1:abc
secretsprovider: passphrase
config:
  homelab-storage:truenasApiKey:
    secure: v1:ciphertext
  homelab-storage:nas:
    host: 10.10.10.20
    pool: big
    username: admin
    tls: { ca: "PEM" }
  homelab-storage:apps:
    linkding: {}
    other: { mode: 0770, deep: { token: { secure: v1:more } }, answer: "yes" }
  pulumi:disable-default-providers: ["*"]
`;

test("the overlay changes the endpoint, drops encrypted values and leaves the rest as written", () => {
  const { text, dropped } = overlayStack(real, overlay);
  expect(parse(text)).toEqual({
    config: {
      "homelab-storage:sandbox": true,
      "homelab-storage:nas": {
        host: "10.10.10.20",
        pool: "big",
        endpoint: "127.0.0.1:4443",
        username: "sandbox",
        tls: { fingerprint: "AB:CD" },
      },
      "homelab-storage:apps": { linkding: {}, other: { mode: 770, deep: {}, answer: "yes" } },
      "pulumi:disable-default-providers": ["*"],
    },
  });
  expect(text).toContain("mode: 0770");
  expect(text).toContain('answer: "yes"');
  expect(dropped).toEqual(["config.homelab-storage:truenasApiKey", "config.homelab-storage:apps.other.deep.token"]);
});

test("a stack without configuration gets one", () => {
  expect(parse(overlayStack("", overlay).text)).toEqual({
    config: {
      "homelab-storage:sandbox": true,
      "homelab-storage:nas": { endpoint: "127.0.0.1:4443", tls: { fingerprint: "AB:CD" }, username: "sandbox" },
    },
  });
});

test("broken YAML is one message that says where", () => {
  expect(() => overlayStack("config: {a: [1\n", overlay)).toThrow(/the stack file is not valid YAML: .*line 2/s);
});
