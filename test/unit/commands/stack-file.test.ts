import { describe, expect, test } from "vitest";
import { Failure } from "../../../commands/failure.ts";
import { overlayStack } from "../../../commands/sandbox.ts";
import { readStackConfig } from "../../../commands/stack-config.ts";
import { parseStackText } from "../../../commands/stack-file.ts";

const overlay = { endpoint: "127.0.0.1:4443", fingerprint: "AB:CD", username: "admin" };

function failure(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
  return "no failure";
}

describe.each<[string, (text: string) => unknown]>([
  ["read", parseStackText],
  ["read as configuration", (text) => readStackConfig(text, "homelab-storage")],
  ["laid over", (text) => overlayStack(text, overlay)],
])("a stack file that is no YAML, %s", (_, use) => {
  test("tells where it goes wrong and quotes nothing of it, which might be a secret", () => {
    const text = 'config:\n  homelab-storage:truenasApiKey: "7-hunter2\n';
    expect(failure(() => use(text))).toMatch(/^the stack file is not valid YAML: missing char at line \d, column \d+$/);
    expect(failure(() => use("config:\n  a: hunter2: hunter2\n"))).not.toContain("hunter2");
    expect(failure(() => use("config: {a: *hunter2}\n"))).not.toContain("hunter2");
  });
});

test("a file that is nested without end, or grows by its aliases, is no stack trace", () => {
  expect(failure(() => parseStackText("[".repeat(100_000)))).toMatch(
    /^the stack file (is not valid|cannot be read as) YAML/,
  );
  const lines = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`);
  expect(failure(() => parseStackText(["a0: &a0 [x]", ...lines].join("\n")))).toMatch(
    /its aliases lead nowhere or repeat themselves/,
  );
});

test.each(["", "config:", "config: text", "config: [1]", "- 1", "42"])("%j is a configuration without keys", (text) => {
  expect(failure(() => readStackConfig(text, "homelab-storage"))).toContain("homelab-storage:nas");
});
