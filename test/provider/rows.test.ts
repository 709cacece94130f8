import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Properties } from "../../providers/base/values.ts";
import { TrueNasProvider } from "../../providers/truenas/server/provider.ts";
import { type SimulatedNas, startNas } from "../../simulator/nas/start.ts";
import { quick } from "./client/fixture.ts";
import { configOf } from "./harness.ts";

interface Line {
  readonly severity: string;
  readonly message: string;
  readonly urn: string | undefined;
  readonly ephemeral: boolean;
}

/** The provider without the wire to the engine, so that the row of each line is seen. */
function provider(nas: SimulatedNas, config: Properties = {}) {
  const lines: Line[] = [];
  const made = new TrueNasProvider(
    "1.2.3",
    (severity, message, urn, options) => lines.push({ severity, message, urn, ephemeral: options?.ephemeral ?? false }),
    quick,
  );
  made.configure({ ...configOf(nas), ...config }, undefined);
  onTestFinished(() => made.cancel());
  const request = (type: string, name: string) => ({
    urn: `urn:pulumi:test::homelab-storage::truenas:index:${type}::${name}`,
    type: `truenas:index:${type}`,
    name,
    signal: new AbortController().signal,
  });
  const create = (type: string, name: string, inputs: Properties, preview = false) =>
    made.create({ ...request(type, name), inputs, preview });
  return { provider: made, lines, request, create };
}

describe.each(["25.10", "26.0"] as const)("the rows of a run on TrueNAS %s", (version) => {
  let nas: SimulatedNas;
  beforeAll(async () => {
    nas = await startNas({ version, datasets: ["tank/a", "tank/b"], scramIterations: 50_000, penaltyMs: 1 });
  });
  afterAll(() => nas.stop());
  afterEach(() => nas.faults.clear());

  test("the progress of a job stands on the row of its resource, for a moment", async () => {
    const { lines, request, create } = provider(nas);
    await create("FilesystemPermissions", "mode", { path: "/mnt/tank/a", mode: "0700", recursive: false });
    const shown = lines.filter(({ ephemeral }) => ephemeral);
    expect(shown.at(-1)).toEqual({
      severity: "info",
      message: "100 % Finished setting permissions.",
      urn: request("FilesystemPermissions", "mode").urn,
      ephemeral: true,
    });
  });

  test("each retry is one line with its reason, on the row of the resource that it holds up", async () => {
    nas.faults.set([{ on: { method: "sharing.nfs.query", times: 2 }, do: { kind: "cut", when: "before" } }]);
    const { lines, request, create } = provider(nas);
    await create("NfsShare", "export", { path: "/mnt/tank/a", networks: ["10.0.0.0/24"], enabled: true });
    // A call that was under way on the same connection may be repeated as well.
    const retries = lines.filter(({ message }) => message.includes("sharing.nfs.query again"));
    expect(retries).toHaveLength(2);
    for (const { severity, message, urn } of retries) {
      expect([severity, urn]).toEqual(["warning", request("NfsShare", "export").urn]);
      expect(message).toMatch(/^127\.0\.0\.1:\d+: sharing\.nfs\.query again \(the connection was closed/);
    }
  });

  test("read-only: previews work, nothing is changed, and the message names the switch", async () => {
    const { create, provider: made, request } = provider(nas, { readOnly: true });
    const inputs = { name: "tank/new", onDelete: "retain" };
    expect((await create("Dataset", "new", inputs, true)).state).toMatchObject({ name: "tank/new" });
    await expect(create("Dataset", "new", inputs)).rejects.toThrow("nas.readOnly: false");
    expect(await nas.admin("pool.dataset.query", [["id", "=", "tank/new"]])).toEqual([]);
    const read = await made.read({ ...request("Dataset", "a"), id: "tank/a", state: {}, inputs: {} });
    expect(read?.id).toBe("tank/a");
  });

  test("switches may come as text, and neither of them replaces anything", () => {
    const { provider: made } = provider(nas, { readOnly: "true" });
    const checked = made.checkConfig({ ...configOf(nas), readOnly: "false", destroyProtection: "true" });
    expect(checked).toMatchObject({ inputs: { readOnly: false, destroyProtection: true }, failures: [] });
    expect(made.checkConfig({ ...configOf(nas), readOnly: "yes" }).failures?.map(({ property }) => property)).toEqual([
      "readOnly",
    ]);
    const inputs = { ...configOf(nas), readOnly: true, destroyProtection: false };
    const diff = made.diffConfig({
      ...providerIdentity,
      id: "p",
      state: {},
      oldInputs: configOf(nas),
      inputs,
      ignoreChanges: [],
    });
    expect([...diff.paths]).toEqual([
      ["readOnly", { kind: "add", inputDiff: true }],
      ["destroyProtection", { kind: "add", inputDiff: true }],
    ]);
  });

  describe("with a log of the wire", () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), "homelab-wire-"));
      vi.stubEnv("HOMELAB_STORAGE_TRUENAS_LOG", join(folder, "wire.jsonl"));
    });
    afterEach(async () => {
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true });
    });

    test("the variable names the file", async () => {
      const { create } = provider(nas);
      await create("Service", "nfs", { name: "nfs", enabled: true });
      const text = await readFile(join(folder, "wire.jsonl"), "utf8");
      expect(text).toContain('"method":"service.update"');
      expect(text).not.toContain(nas.apiKey);
    });
  });
});

const providerIdentity = {
  urn: "urn:pulumi:test::p::pulumi:providers:truenas::t",
  type: "pulumi:providers:truenas",
  name: "t",
};
