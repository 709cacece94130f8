import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { TrueNasClient } from "../../../providers/truenas/client/client.ts";
import { CallFailedError } from "../../../providers/truenas/client/errors.ts";
import { Secrets } from "../../../providers/truenas/client/secrets.ts";
import { startNas } from "../../../simulator/nas/start.ts";
import { callError, type FakeRequest } from "./fake-nas.ts";
import { fixture, rejection } from "./fixture.ts";

/** The forms in which a secret could stand in a text. */
function forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  // Inside longer base64 only the middle is the same.
  const shifted = [0, 1, 2].map((n) =>
    Buffer.concat([Buffer.alloc(n), bytes])
      .toString("base64")
      .slice(4, -4),
  );
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), ...shifted];
}

async function logFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "homelab-wire-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, "wire.jsonl");
}

it.each(["25.10", "26.0"] as const)("a session with TrueNAS %s is logged without its key", async (version) => {
  const path = await logFile();
  const nas = await startNas({ version, scramIterations: 50_000, penaltyMs: 1, datasets: ["tank/a"] });
  const { endpoint, username, apiKey, fingerprint } = nas;
  const client = new TrueNasClient({ endpoint, username, apiKey, fingerprint, wireLog: path });
  onTestFinished(async () => {
    await client.close();
    await nas.stop();
  });
  await client.call("pool.dataset.update", ["tank/a", { comments: "seen" }]);
  await client.call("filesystem.setperm", [{ path: "/mnt/tank/a", mode: "750" }], { onProgress: () => undefined });
  const text = await readFile(path, "utf8");
  const lines = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, { method?: string; params?: unknown }>);
  expect(lines.map((line) => line[">"]?.method).filter(Boolean)).toEqual([
    ...(version === "26.0" ? ["auth.login_ex", "auth.login_ex"] : ["auth.login_ex"]),
    "core.set_options",
    "pool.dataset.update",
    "core.subscribe",
    "filesystem.setperm",
  ]);
  expect(lines.find((line) => line[">"]?.method === "pool.dataset.update")?.[">"]?.params).toEqual([
    "tank/a",
    { comments: "seen" },
  ]);
  expect(text).toContain('"collection":"core.get_jobs"');
  for (const secret of [apiKey, apiKey.slice(apiKey.indexOf("-") + 1)])
    for (const form of forms(secret)) expect(text).not.toContain(form);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

it("what passes through calls is kept out of the log, of errors and of lines, in every form", async () => {
  const path = await logFile();
  const secrets = {
    password: 'pa"ss wörd/+&1',
    passphrase: "open sesame?&",
    token: "answer+of/the=nas",
    exported: "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    compose: "MINIO_ROOT_PASSWORD=hunter2hunter2",
    provider: "AKIA/EXAMPLE+KEY",
  };
  const echo = ({ params }: FakeRequest) => {
    throw callError(
      14,
      "EFAULT",
      `could not use ${JSON.stringify(params)} and ${encodeURIComponent(secrets.password)}`,
    );
  };
  const { client, lines } = await fixture(
    {
      handlers: {
        "user.update": echo,
        "api_key.create": () => ({ id: 1, key: secrets.token }),
        "pool.dataset.unlock": echo,
        "pool.dataset.export_key": () => secrets.exported,
        "app.create": () => ({}),
        "cloudsync.credentials.create": ({ params }) => (params as object[])[0],
        "system.info": () => ({ hostname: `leak ${Buffer.from(secrets.exported).toString("base64")}` }),
      },
    },
    {},
    { wireLog: path },
  );
  const failed = await rejection(client.call("user.update", [1, { password: secrets.password }]), CallFailedError);
  const locked = [{ id: "tank/a", datasets: [{ name: "tank/a", passphrase: secrets.passphrase }] }];
  const unlock = await rejection(client.call("pool.dataset.unlock", locked), CallFailedError);
  await client.call("api_key.create", [{ name: "x" }]);
  await client.call("pool.dataset.export_key", ["tank/a"]);
  await client.call("app.create", [{ app_name: "minio", custom_compose_config_string: secrets.compose }]);
  await client.call("cloudsync.credentials.create", [
    { name: "b2", provider: { type: "S3", account: secrets.provider } },
  ]);
  await client.call("system.info");
  const text = [await readFile(path, "utf8"), failed.message, unlock.message, ...lines].join("\n");
  expect(text).toContain('"method":"cloudsync.credentials.create"');
  expect(text).toContain('"name":"b2"');
  for (const [name, secret] of Object.entries(secrets))
    for (const form of forms(secret)) expect(text, `${name} as ${form}`).not.toContain(form);
});

it("names of user properties are no secrets, and ordinary values stay", () => {
  const secrets = new Secrets([]);
  const update = ["tank/a", { user_properties_update: [{ key: "homelab-storage:owner", value: "x" }] }];
  expect(secrets.redactParams("pool.dataset.update", update)).toEqual(update);
  expect(secrets.scrub("homelab-storage:owner")).toBe("homelab-storage:owner");
  const row = { key_loaded: true, encryption_key_format: "HEX", password_disabled: false, username: "root" };
  expect(secrets.redactResult("pool.dataset.query", [row])).toEqual([row]);
  const encrypted = { encryption_options: { key: "deadbeefdeadbeef", generate_key: false } };
  expect(secrets.redactParams("pool.dataset.create", [encrypted])).toEqual([
    { encryption_options: { key: "[secret]", generate_key: false } },
  ]);
  expect(secrets.scrub("it said deadbeefdeadbeef")).toBe("it said [secret]");
});

it("a log that cannot be written is told once and stops nothing", async () => {
  const { client, lines } = await fixture(
    { handlers: { "system.info": () => ({}) } },
    {},
    { wireLog: "/nonexistent/folder/wire.jsonl" },
  );
  await client.call("system.info");
  await client.call("system.info");
  expect(lines.filter((line) => line.includes("the log of the wire cannot be written"))).toHaveLength(1);
});
