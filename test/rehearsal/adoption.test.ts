import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Rehearsal, type StackSettings, section, steps, succeeded } from "./harness.ts";

const models = "big/k8s-apps/ollama/models";

interface Snapshot {
  readonly id: string;
}

// Bytes that were there before the program, and bytes that outlive it: in both cases nothing is made anew over them.
describe("data that exists", () => {
  let rehearsal: Rehearsal;
  beforeAll(async () => {
    rehearsal = await Rehearsal.start({ edit: onlyOllama });
    await rehearsal.nas.admin("pool.dataset.create", { name: "big/k8s-apps", comments: "made by hand" });
  });
  afterAll(() => rehearsal?.stop());

  test("is taken over by the command that the refusal names, and then only its differences are changed", async () => {
    const refused = await rehearsal.preview();
    expect(refused.code).not.toBe(0);
    const [message = ""] = refused.report.errors;
    const command = /pulumi (import .+?) - or/.exec(message)?.[1] ?? "";
    expect(command).toContain("big/k8s-apps");
    const words = command.replace(/ --stack \S+/, "").split(" ");
    const prepare = /first: pulumi (.+)$/m.exec(message)?.[1] ?? "";
    const first = prepare.replace(/ --stack \S+/, "").split(" ");
    succeeded(await rehearsal.operate(...first, "--yes", "--skip-preview"));
    succeeded(await rehearsal.operate(...words, "--yes", "--skip-preview"));

    const up = succeeded(await rehearsal.up());
    const apps = up.report.steps.find(({ name }) => name === "nas-dataset-apps");
    expect(apps).toMatchObject({ op: "update" });
    expect(apps?.paths).toContain("comments");
    expect(steps(succeeded(await rehearsal.preview()))).toEqual([]);
  });

  test("stays when its app leaves the configuration, and is found again when the app returns", async () => {
    const { nas } = rehearsal;
    await nas.admin("filesystem.mkdir", { path: `/mnt/${models}/llama`, options: { mode: "700" } });
    await nas.admin("pool.snapshot.create", { dataset: models, name: "before" });

    const restore = await rehearsal.configure((config) =>
      Object.assign(section(config, "apps"), { ollama: undefined, redis: {} }),
    );
    const without = succeeded(await rehearsal.up());
    expect(steps(without)).toContain("delete NfsShare nas-export-ollama-models");
    expect(nas.world.files.exists(`/mnt/${models}/llama`)).toBe(true);
    const [held] = await nas.admin<(Snapshot & { holds: object })[]>(
      "pool.snapshot.query",
      [["id", "=", `${models}@before`]],
      {
        extra: { holds: true },
      },
    );
    expect(Object.keys(held?.holds ?? {})).toEqual(["truenas"]);
    const state = await rehearsal.exportState();
    const ownership = state.deployment.resources.find(({ type }) => type === "truenas:index:DatasetOwnership");
    const retired = ownership?.outputs?.["retired"] as { name: string }[];
    expect(retired.map(({ name }) => name)).toEqual(["big/k8s-apps/ollama", models]);
    expect(steps(succeeded(await rehearsal.preview()))).toEqual([]);

    await restore();
    const preview = succeeded(await rehearsal.preview());
    expect(preview.report.messages.map(({ text }) => text).join("\n")).toContain(`takes back dataset ${models}`);
    succeeded(await rehearsal.up());
    expect(nas.world.files.exists(`/mnt/${models}/llama`)).toBe(true);
    const [released] = await nas.admin<(Snapshot & { holds: object })[]>(
      "pool.snapshot.query",
      [["id", "=", `${models}@before`]],
      {
        extra: { holds: true },
      },
    );
    expect(released?.holds).toEqual({});
    expect(steps(succeeded(await rehearsal.preview()))).toEqual([]);
  });
});

function onlyOllama(config: StackSettings): void {
  config["homelab-storage:apps"] = { ollama: {} };
  config["homelab-storage:shares"] = {};
}
