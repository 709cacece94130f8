import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { obtainEngine } from "../../commands/engine.ts";
import { PROJECT_FOLDER } from "../../commands/project.ts";
import { definitions } from "../../providers/truenas/resources/index.ts";

const run = promisify(execFile);

// The engine binds the schema strictly before it prints it: what it accepts, other programs can use.
test("the engine accepts the package schema of the TrueNAS provider", async () => {
  const engine = await obtainEngine();
  const plugin = join(PROJECT_FOLDER, "providers", "truenas", "pulumi-resource-truenas");
  const { stdout } = await run(engine.path, ["package", "get-schema", plugin], {
    env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    maxBuffer: 16 << 20,
  });
  const schema = JSON.parse(stdout) as {
    resources: Record<string, unknown>;
    provider: { inputProperties: Record<string, { secret?: boolean }> };
  };
  expect(Object.keys(schema.resources).sort()).toEqual(definitions.map(({ type }) => type).sort());
  expect(schema.provider.inputProperties["apiKey"]?.secret).toBe(true);
});
