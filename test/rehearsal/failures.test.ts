import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startNas } from "../../simulator/nas/start.ts";
import { Rehearsal, type StackSettings, section } from "./harness.ts";

// Each of these is a mistake or a state of the world that an owner will meet. What counts is what Pulumi then shows: one message
// that names the thing, the value, the rule and the next step, and no stack trace.
describe("what an owner reads when", () => {
  let rehearsal: Rehearsal;
  beforeAll(async () => {
    // One app is enough to fail, and keeps the runs short.
    rehearsal = await Rehearsal.start({ edit: onlyOllama, nas: { datasets: ["big/k8s-apps/ollama/models"] } });
  });
  afterAll(() => rehearsal?.stop());

  /** Previews with a changed configuration and gives the one error that was shown. */
  async function failure(edit: (config: StackSettings) => void = () => {}): Promise<string> {
    const restore = await rehearsal.configure(edit);
    try {
      const { code, report, stdout, stderr } = await rehearsal.preview();
      expect(code).not.toBe(0);
      expect(`${stdout}${stderr}`).not.toMatch(/\n\s+at [^\n]+:\d+:\d+/);
      expect(`${stdout}${stderr}`).not.toContain(rehearsal.nas.apiKey);
      // A NAS that cannot be used is met by every resource that looks at it: one tells why, the others point at it.
      const told = report.errors.filter((text) => !text.includes("for the reason told at "));
      const messages = new Set(told.map((text) => text.replace(/^\w+ [\w-]+: /, "")));
      expect([...messages]).toEqual([expect.any(String)]);
      return [...messages].join();
    } finally {
      await restore();
    }
  }

  test("the configuration has mistakes: all of them at once", async () => {
    const message = await failure((config) => {
      Object.assign(section(config, "nas"), { poll: "big" });
      Object.assign(section(config, "apps"), { linkding: { data: { size: "many" } } });
    });
    expect(message).toContain("The configuration has 2 problems; nothing was contacted or changed.");
    expect(message).toMatch(/homelab-storage:nas\.poll[\s\S]*pool/);
    expect(message).toMatch(/homelab-storage:apps\.linkding\.data\.size = "many"\n {4}rule: .+\n {4}fix: {2}.+/);
  });

  test("a sandbox is pointed at a real system: nothing is contacted", async () => {
    rehearsal.nas.stats.reset();
    const message = await failure((config) => Object.assign(section(config, "nas"), { endpoint: "10.10.10.20" }));
    expect(message).toContain('homelab-storage:nas.endpoint = "10.10.10.20"');
    expect(message).toContain("A stack with sandbox: true only contacts loopback addresses.");
    expect(rehearsal.nas.stats.logins).toBe(0);
  });

  test("the pool does not exist", async () => {
    const message = await failure((config) => Object.assign(section(config, "nas"), { pool: "bigger" }));
    expect(message).toMatch(/pool .*bigger.*/);
    expect(message).toContain("big");
  });

  test("a dataset exists that is not ours: it is left alone, and the import command is given", async () => {
    const message = await failure();
    expect(message).toContain("big/k8s-apps");
    expect(message).toContain("pulumi import truenas:index:Dataset");
  });

  test("the API key is wrong", async () => {
    await rehearsal.setSecret("truenasApiKey", `1-${"x".repeat(64)}`);
    try {
      const message = await failure();
      expect(message).toContain('did not log in user "truenas_admin"');
      expect(message).not.toContain("xxxxxxxx");
    } finally {
      await rehearsal.setSecret("truenasApiKey", rehearsal.nas.apiKey);
    }
  });

  test("the certificate is another than the one pinned", async () => {
    const pinned = Array.from({ length: 32 }, () => "AB").join(":");
    const message = await failure((config) => {
      Object.assign(section(config, "nas"), { tls: { fingerprint: pinned } });
    });
    expect(message).toContain("certificate that is not trusted");
    expect(message).toContain(`nas.tls.fingerprint: "${rehearsal.nas.fingerprint}"`);
  });

  test("the NAS does not answer", async () => {
    const stopped = await startNas({ scramIterations: 50_000 });
    await stopped.stop();
    const message = await failure((config) => {
      Object.assign(section(config, "nas"), { endpoint: stopped.endpoint });
    });
    expect(message).toContain(`TrueNAS at ${stopped.endpoint} cannot be reached`);
  });

  test("the NAS is too old", async () => {
    const old = await startNas({ serverVersion: "25.04.2", version: "25.10", scramIterations: 50_000 });
    try {
      const message = await failure((config) => {
        const tls = { fingerprint: old.fingerprint };
        Object.assign(section(config, "nas"), { endpoint: old.endpoint, tls });
      });
      expect(message).toMatch(/25\.10 or later is needed/);
    } finally {
      await old.stop();
    }
  });
});

function onlyOllama(config: StackSettings): void {
  config["homelab-storage:apps"] = { ollama: { models: { size: "500Gi" }, cache: { size: "50Gi" } } };
  config["homelab-storage:shares"] = {};
}
