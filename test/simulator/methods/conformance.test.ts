import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { describe, expect, it } from "vitest";
import type { ApiVersion } from "../../../simulator/nas/method.ts";
import { methods } from "../../../simulator/nas/methods/index.ts";
import { validateParams } from "../../../simulator/nas/rpc/validation.ts";
import { methodOf, type Nas, nas } from "./harness.ts";

const reference = "../shared";
const versions: readonly ApiVersion[] = ["25.10", "26.0"];

interface Api {
  readonly $defs: object;
  readonly methods: Readonly<
    Record<
      string,
      {
        returns: object;
        job: boolean;
        roles: readonly string[];
        accepts: readonly { name: string; required: boolean }[];
      }
    >
  >;
}

const present = existsSync(`${reference}/truenas-api`);
if (!present && process.env["CI"]) throw new Error("the reference is missing, and CI needs it");
if (!present) process.stdout.write("SKIPPED: no reference\n");

const api = (version: ApiVersion): Api =>
  JSON.parse(readFileSync(`${reference}/truenas-api/truenas-api-${version}.json`, "utf8")) as Api;

const served = (version: ApiVersion): string[] =>
  methods.filter((method) => method.versions?.includes(version) ?? true).map(({ name }) => name);

/** Validators of the results, from the server's own schemas. */
function results(version: ApiVersion): (name: string) => ValidateFunction {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  (formats as unknown as (instance: Ajv2020) => void)(ajv);
  ajv.addFormat("ipvanyinterface", true);
  const { $defs, methods: all } = api(version);
  ajv.addSchema({ $id: "api", $defs });
  const absolute = (node: object): object =>
    JSON.parse(JSON.stringify(node).replaceAll('"$ref":"#', '"$ref":"api#')) as object;
  return (name) => ajv.compile(absolute(all[name]?.returns ?? { not: {} }));
}

/** Calls that read and write everything once. */
async function exercise(on: Nas, version: ApiVersion): Promise<[string, unknown][]> {
  const made: [string, unknown][] = [];
  const call = async (name: string, ...params: unknown[]): Promise<Record<string, unknown>> => {
    const result = await on.call(name, ...params);
    made.push([name, result]);
    return result;
  };
  const none: [unknown[], object] = [[], {}];
  await call("pool.dataset.create", {
    name: "big/apps",
    comments: "apps",
    quota: 2 ** 31,
    user_properties: [{ key: "a:b", value: "c" }],
  });
  await call("pool.dataset.create", { name: "big/vol", type: "VOLUME", volsize: 2 ** 30 });
  await call("pool.dataset.create", { name: "big/smb", share_type: "SMB" });
  await call("pool.dataset.update", "big/apps", { sync: "ALWAYS", quota: null });
  for (const type of ["USER", "GROUP", "DATASET", "PROJECT"]) await call("pool.dataset.get_quota", "big/apps", type);
  await call("pool.dataset.set_quota", "big/apps", [{ quota_type: "USER", id: "apps", quota_value: 2 ** 31 }]);
  await call("pool.snapshot.create", { dataset: "big/apps", name: "one", recursive: true });
  await call("pool.snapshot.hold", "big/apps@one");
  await call("pool.snapshot.query", [], { extra: { holds: true, retention: true } });
  await call("pool.snapshot.get_instance", "big/apps@one");
  await call("pool.snapshot.release", "big/apps@one");
  await call("pool.snapshot.rollback", "big/apps@one");
  await call("sharing.nfs.create", { path: "/mnt/big/apps", hosts: ["10.10.10.30"] });
  await call("sharing.nfs.update", 1, { ro: true });
  await call("sharing.smb.create", { path: "/mnt/big/smb", name: "files" });
  await call("sharing.smb.update", 1, { comment: "x" });
  await call("pool.snapshottask.create", { dataset: "big/apps" });
  await call("pool.snapshottask.run", 1);
  await call("pool.snapshottask.update", 1, { lifetime_value: 3 });
  await call("pool.snapshottask.update_will_change_retention_for", 1, { naming_schema: "x-%Y%m%d%H%M" });
  await call("pool.snapshottask.delete_will_change_retention_for", 1);
  await call("pool.snapshottask.max_count");
  await call("nfs.update", { servers: 4 });
  await call("smb.update", { workgroup: "HOME" });
  await call("service.update", "nfs", { enable: true });
  await call("service.control", "START", "nfs", { silent: false });
  await call("filesystem.mkdir", { path: "/mnt/big/apps/dir" });
  await call("filesystem.setperm", { path: "/mnt/big/apps", mode: "770", uid: 568 });
  await call("filesystem.chown", { path: "/mnt/big/apps", gid: 568 });
  for (const path of ["/mnt/big/apps", "/mnt/big/smb"]) {
    await call("filesystem.getacl", path);
    await call("filesystem.getacl", path, false, true);
    await call("filesystem.stat", path);
    await call("filesystem.statfs", path);
    await call("filesystem.listdir", path);
  }
  const perms = { READ: true, WRITE: true, EXECUTE: true };
  const dacl = ["USER_OBJ", "GROUP_OBJ", "OTHER", "MASK"].map((tag) => ({ tag, perms, default: false }));
  await call("filesystem.setacl", {
    path: "/mnt/big/apps",
    dacl: [...dacl, { tag: "USER", id: 568, perms, default: false }],
  });
  await call("zfs.resource.query", {
    paths: ["big"],
    get_children: true,
    properties: [],
    get_user_properties: true,
    nest_results: true,
  });
  await call("zfs.resource.query", { properties: null });
  await call("pool.dataset.attachments", "big/apps");
  await call("pool.dataset.snapshot_count", "big/apps");
  await call("system.feature_enabled", "DEDUP");
  await call("pool.dataset.rename", "big/smb", { new_name: "big/other", force: true });
  await call("group.create", { name: "family", gid: 4000 });
  await call("user.create", {
    username: "ada",
    full_name: "Ada",
    group_create: true,
    groups: [1],
    random_password: true,
  });
  const ada = on.world.directory.user("ada")?.id;
  await call("user.update", ada, { locked: true, email: "ada@example.org" });
  await call("group.update", on.world.directory.group("family")?.id, { users: [ada] });
  await call("privilege.create", { name: "keys", local_groups: [4000], roles: ["API_KEY_WRITE"], web_shell: false });
  await call("privilege.update", 4, { web_shell: true, ds_groups: ["S-1-5-21-1-2-3-4"] });
  await call("api_key.create", { name: "made", username: "ada", expires_at: new Date(Date.UTC(2030, 0, 1)) });
  await call("api_key.update", 1, { name: "other" });
  await call("api_key.update", 1, { reset: true });
  for (const name of [
    "pool",
    "pool.dataset",
    "sharing.nfs",
    "sharing.smb",
    "pool.snapshottask",
    "service",
    "user",
    "group",
    "privilege",
    "api_key",
    "interface",
  ]) {
    await call(`${name}.query`, ...none);
    const id = { "pool.dataset": "big/apps", interface: "enp1s0" }[name] ?? 1;
    await call(`${name}.get_instance`, id);
    await call(`${name}.query`, [["id", "=", id]], { count: true });
  }
  for (const name of served(version)) {
    if (made.some(([each]) => each === name)) continue;
    if (/\.(delete)$/.test(name)) continue;
    await call(name);
  }
  await call("pool.snapshottask.delete", 1);
  await call("sharing.nfs.delete", 1);
  await call("sharing.smb.delete", 1);
  await call("pool.snapshot.delete", "big/apps@one");
  await call("pool.dataset.delete", "big/apps", { recursive: true });
  await call("api_key.delete", 1);
  await call("privilege.delete", 4);
  await call("user.delete", ada);
  await call("group.delete", on.world.directory.group("family")?.id, { delete_users: true });
  return made;
}

/** Meanings that a schema cannot say: the server checks them before anything runs. */
const stricter = [
  /must be present in snapshot naming schema|not a placeholder|another placeholder|may not stand/,
  /cron syntax|24 hour format/,
  /valid value for mode/,
  /share name|User property|managed by TrueNAS/,
  /at most 1024 characters/,
  /valid IPv4 or IPv6 interface|Not a valid mode/,
];

describe.skipIf(!present).each(versions)("the methods of %s against the server's schemas", (version) => {
  it("are methods of that version, with its parameters, roles and job flag", () => {
    const all = api(version).methods;
    for (const name of served(version)) {
      const method = methodOf(name, version);
      const official = all[name];
      expect(official, name).toBeDefined();
      expect([name, method?.params(version).map((param) => [param.name, param.required ?? true])]).toEqual([
        name,
        official?.accepts.map((param) => [param.name, param.required]),
      ]);
      expect([name, method?.job !== undefined]).toEqual([name, official?.job]);
      if (Array.isArray(method?.access))
        expect(method.access).toEqual(expect.arrayContaining([...(official?.roles ?? [])]));
      else expect([name, official?.roles]).toEqual([name, []]);
    }
  });

  it("answer what the result schemas say", async () => {
    const validator = results(version);
    const made = await exercise(
      nas({ version, datasets: ["big/old"], addresses: ["10.10.10.20", "127.0.0.1"] }),
      version,
    );
    for (const [name, result] of made) {
      const check = validator(name);
      check(JSON.parse(JSON.stringify(result ?? null)));
      expect([name, check.errors ?? []]).toEqual([name, []]);
    }
    expect(new Set(made.map(([name]) => name))).toEqual(new Set(served(version)));
  });

  it("accept and refuse generated requests as the schemas do", () => {
    const names = served(version);
    const output = execFileSync(
      process.execPath,
      [
        `${reference}/tools/truenas-wire.mjs`,
        "generate",
        "--version",
        version,
        "--methods",
        names.join(","),
        "--seed",
        "11",
        "--count",
        String(names.length * 25),
      ],
      { encoding: "utf8", maxBuffer: 2 ** 28, stdio: ["ignore", "pipe", "ignore"] },
    );
    const differences = output
      .trim()
      .split("\n")
      .flatMap((line) => {
        const request = JSON.parse(line) as { method: string; params: unknown[]; valid: boolean; why: string };
        const refused = refusedBy(request.method, version, request.params);
        if (request.valid === (refused === undefined)) return [];
        if (request.valid && stricter.some((reason) => reason.test(refused ?? ""))) return [];
        return [{ ...request, refused }];
      });
    expect(differences).toEqual([]);
  });
});

function refusedBy(name: string, version: ApiVersion, params: readonly unknown[]): string | undefined {
  const method = methodOf(name, version);
  if (!method) return "no such method";
  try {
    validateParams(method, version, params);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
