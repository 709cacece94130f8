import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const script = `
  import { createRequire } from "node:module";
  await import("./providers/truenas/server/provider.ts");
  await import("./providers/base/server.ts");
  const loaded = Object.keys(createRequire(import.meta.url).cache).map((path) => path.replaceAll("\\\\", "/"));
  console.log(JSON.stringify(loaded.map((path) => path.split("/node_modules/").at(-1))));
`;

test("the plugin loads of @pulumi/pulumi only the protocol and the base classes, not all that a program uses", async () => {
  const cwd = fileURLToPath(new URL("../../..", import.meta.url));
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd });
  const loaded = JSON.parse(stdout) as string[];
  expect(loaded).toContain("@pulumi/pulumi/resource.js");
  expect(loaded.filter((path) => /^@pulumi\/pulumi\/(index|automation)|^typescript\//.test(path))).toEqual([]);
});
