import { describe, expect, it } from "vitest";
import type { ApiVersion } from "../../../simulator/nas/method.ts";
import { symlink } from "../../../simulator/nas/world/nodes.ts";
import { attributes, methodOf, type Nas, nas, refusal, start } from "./harness.ts";

const withFiles = (): Nas => {
  const on = nas({ datasets: ["big/a/child"] });
  on.world.files.mkdir("/mnt/big/a/dir");
  on.world.files.write("/mnt/big/a/dir/file", "12345", { uid: 1000, gid: 100, mode: 0o640 });
  return on;
};

const modeAt = (on: Nas, path: string): [number, number, string] => {
  const { node } = on.world.files.get(path);
  return [node.uid, node.gid, node.mode.toString(8)];
};

describe("filesystem.stat", () => {
  it("tells type, full mode, owner and names", async () => {
    const on = withFiles();
    expect(await on.call("filesystem.stat", "/mnt/big/a/dir/file")).toMatchObject({
      realpath: "/mnt/big/a/dir/file",
      type: "FILE",
      size: 5,
      mode: 0o100640,
      uid: 1000,
      gid: 100,
      user: null,
      group: "users",
      acl: false,
      is_mountpoint: false,
      mtime: start / 1000,
    });
    expect(await on.call("filesystem.stat", "/mnt/big/a")).toMatchObject({
      mode: 0o040755,
      type: "DIRECTORY",
      is_mountpoint: true,
      user: "root",
    });
  });

  it("follows a link and misses what is not there", async () => {
    const on = withFiles();
    const folder = on.world.files.get("/mnt/big/a").node;
    if (folder.kind === "DIRECTORY") folder.children.set("link", symlink("dir/file", 0));
    expect(await on.call("filesystem.stat", "/mnt/big/a/link")).toMatchObject({
      realpath: "/mnt/big/a/dir/file",
      type: "FILE",
    });
    expect(await refusal(on.call("filesystem.stat", "/mnt/big/none"))).toEqual({
      message: "Path /mnt/big/none not found",
      errno: 2,
    });
    expect(await refusal(on.call("filesystem.stat", "mnt"))).toMatchObject({ errno: 22 });
  });
});

describe("filesystem.listdir, statfs and mkdir", () => {
  it("list what is there, with filters", async () => {
    const on = withFiles();
    const rows = await on.call<{ name: string }[]>("filesystem.listdir", "/mnt/big/a", [["is_mountpoint", "=", false]]);
    expect(rows.map(({ name }) => name)).toEqual(["dir"]);
    expect(await refusal(on.call("filesystem.listdir", "/mnt/big/none"))).toMatchObject({ errno: 2 });
    expect(await refusal(on.call("filesystem.listdir", "/mnt/big/a/dir/file"))).toMatchObject({ errno: 20 });
  });

  it("make directories where a parent is", async () => {
    const on = withFiles();
    expect(await on.call("filesystem.mkdir", { path: "/mnt/big/a/new", options: { mode: "770" } })).toMatchObject({
      mode: 0o040770,
      type: "DIRECTORY",
    });
    expect(await refusal(on.call("filesystem.mkdir", { path: "/mnt/big/a/new" }))).toMatchObject({ errno: 17 });
    expect(await refusal(on.call("filesystem.mkdir", { path: "/mnt/big/x/y" }))).toMatchObject({ errno: 2 });
    expect(await refusal(on.call("filesystem.mkdir", { path: "/etc/x" }))).toMatchObject({ errno: 1 });
    expect(await on.call("filesystem.statfs", "/mnt/big/a/new")).toMatchObject({
      source: "big/a",
      dest: "/mnt/big/a",
      fstype: "zfs",
    });
  });
});

describe("filesystem.setperm and chown", () => {
  it("change one place, and say how far they are", async () => {
    const on = withFiles();
    expect(
      await on.call("filesystem.setperm", { path: "/mnt/big/a", mode: "0770", user: "apps", gid: 568 }),
    ).toBeNull();
    expect(modeAt(on, "/mnt/big/a")).toEqual([568, 568, "770"]);
    expect(modeAt(on, "/mnt/big/a/dir")).toEqual([0, 0, "755"]);
    expect(on.progress.map(([percent]) => percent)).toEqual([0, 100]);
    await on.call("filesystem.chown", { path: "/mnt/big/a", uid: -1, gid: 100 });
    expect(modeAt(on, "/mnt/big/a")).toEqual([568, 100, "770"]);
  });

  it("go down when told, and into child datasets only when told", async () => {
    const on = withFiles();
    await on.call("filesystem.setperm", { path: "/mnt/big/a", uid: 568, options: { recursive: true } });
    expect([modeAt(on, "/mnt/big/a/dir/file")[0], modeAt(on, "/mnt/big/a/child")[0]]).toEqual([568, 0]);
    await on.call("filesystem.chown", { path: "/mnt/big/a", uid: 1000, options: { recursive: true, traverse: true } });
    expect([modeAt(on, "/mnt/big/a/dir/file")[0], modeAt(on, "/mnt/big/a/child")[0]]).toEqual([1000, 1000]);
  });

  it.each([
    [{ path: "/mnt/big", mode: "770" }, "filesystem.setperm.path"],
    [{ path: "/mnt/big/a", mode: "0" }, "filesystem.setperm.mode"],
    [{ path: "/mnt/big/a", user: "unknown" }, "filesystem.setperm.user"],
    [{ path: "/mnt/big/a", group: "unknown" }, "filesystem.setperm.group"],
    [{ path: "/mnt/big/a/dir/file", mode: "600", options: { recursive: true } }, "filesystem.setperm.path"],
    [{ path: "/mnt/big/a", mode: "9" }, "filesystem_setperm.mode"],
    [{ path: "/mnt/big/a", mode: 755 }, "filesystem_setperm.mode"],
  ])("refuse %j", async (data, attribute) => {
    expect(await attributes(withFiles().call("filesystem.setperm", data))).toEqual([attribute]);
  });

  it("do not touch a read-only dataset, or what is missing", async () => {
    const on = withFiles();
    await on.call("pool.dataset.update", "big/a", { readonly: "ON" });
    expect(await attributes(on.call("filesystem.setperm", { path: "/mnt/big/a", mode: "770" }))).toEqual([
      "filesystem.setperm.path",
    ]);
    expect(await refusal(on.call("filesystem.setperm", { path: "/mnt/big/none", mode: "770" }))).toMatchObject({
      errno: 2,
    });
  });

  it("want stripacl where an access list is", async () => {
    const on = nas();
    await on.call("pool.dataset.create", { name: "big/smb", share_type: "SMB" });
    expect(await on.call("filesystem.getacl", "/mnt/big/smb")).toMatchObject({ acltype: "NFS4", trivial: false });
    expect(await attributes(on.call("filesystem.setperm", { path: "/mnt/big/smb", mode: "770" }))).toEqual([
      "filesystem.setperm.mode",
    ]);
    await on.call("filesystem.setperm", { path: "/mnt/big/smb", mode: "770", options: { stripacl: true } });
    expect(await on.call("filesystem.getacl", "/mnt/big/smb")).toMatchObject({ trivial: true });
  });

  it.each([
    ["25.10", "perm_change"],
    ["26.0", "filesystem.setperm:/mnt/big/a"],
  ] as const)("lock in %s by %s", (version, lock) => {
    expect(methodOf("filesystem.setperm", version)?.job?.lock?.([{ path: "/mnt/big/a" }])).toBe(lock);
  });
});

describe("filesystem.setacl", () => {
  const entry = (tag: string, bits: string, id?: number): object => ({
    tag,
    perms: { READ: bits.includes("r"), WRITE: bits.includes("w"), EXECUTE: bits.includes("x") },
    default: false,
    ...(id !== undefined && { id }),
  });
  const base = [entry("USER_OBJ", "rwx"), entry("GROUP_OBJ", "rx"), entry("OTHER", "")];

  it("sets a list, and the mode that it amounts to", async () => {
    const on = withFiles();
    const dacl = [...base, entry("MASK", "rwx"), entry("USER", "rwx", 568)];
    expect(await on.call("filesystem.setacl", { path: "/mnt/big/a", dacl })).toMatchObject({
      acltype: "POSIX1E",
      trivial: false,
    });
    expect(await on.call("filesystem.stat", "/mnt/big/a")).toMatchObject({ acl: true, mode: 0o040770 });
    await on.call("filesystem.setacl", { path: "/mnt/big/a", dacl: base });
    expect(await on.call("filesystem.stat", "/mnt/big/a")).toMatchObject({ acl: false, mode: 0o040750 });
  });

  it.each(["25.10", "26.0"] as const)(
    "tells NFSv4 lists in simple names or bit by bit, in the order of %s",
    async (version) => {
      const on = nas({ version });
      await on.call("pool.dataset.create", { name: "big/smb", share_type: "SMB" });
      const allow = { type: "ALLOW", flags: { BASIC: "INHERIT" } };
      const dacl = [
        { tag: "USER", id: 568, perms: { READ_DATA: true, EXECUTE: true }, ...allow },
        { tag: "owner@", perms: { BASIC: "MODIFY" }, ...allow },
        { tag: "GROUP", id: 568, perms: { BASIC: "READ" }, type: "DENY", flags: { FILE_INHERIT: true } },
      ];
      await on.call("filesystem.setacl", { path: "/mnt/big/smb", dacl });
      interface List {
        acl: { tag: string; who: string | null; perms: Record<string, unknown>; flags: Record<string, unknown> }[];
      }
      const simple = (await on.call<List>("filesystem.getacl", "/mnt/big/smb", true, true)).acl;
      const order = version === "25.10" ? ["GROUP", "USER", "owner@"] : ["USER", "owner@", "GROUP"];
      expect(simple.map(({ tag }) => tag)).toEqual(order);
      const of = (list: List["acl"], tag: string) => list.find((entry) => entry.tag === tag);
      expect(of(simple, "owner@")).toMatchObject({
        perms: { BASIC: "MODIFY" },
        flags: { BASIC: "INHERIT" },
        who: null,
      });
      expect(of(simple, "GROUP")).toMatchObject({
        perms: { BASIC: "READ" },
        flags: { FILE_INHERIT: true },
        who: "apps",
      });
      expect(of(simple, "USER")?.perms).toMatchObject({ READ_DATA: true, EXECUTE: true, WRITE_DATA: false });
      const full = (await on.call<List>("filesystem.getacl", "/mnt/big/smb", false)).acl;
      expect(of(full, "owner@")).toMatchObject({
        perms: { DELETE: true, WRITE_ACL: false },
        flags: { FILE_INHERIT: true, DIRECTORY_INHERIT: true, INHERITED: false },
      });
      expect(full.map(({ who }) => who)).toEqual([null, null, null]);
    },
  );

  it("refuses lists of the other kind and incomplete ones", async () => {
    const on = withFiles();
    const nfs4 = [{ tag: "owner@", type: "ALLOW", perms: { BASIC: "FULL_CONTROL" }, flags: { BASIC: "INHERIT" } }];
    expect(await attributes(on.call("filesystem.setacl", { path: "/mnt/big/a", dacl: nfs4 }))).toContain(
      "filesystem_acl.acltype",
    );
    expect(await attributes(on.call("filesystem.setacl", { path: "/mnt/big/a", dacl: base.slice(1) }))).toEqual([
      "filesystem_acl.dacl",
    ]);
  });
});

describe("service", () => {
  const state = (on: Nas): Promise<unknown> => on.call("service.query", [["service", "=", "nfs"]], { get: true });

  it("starts, stops and tells; enable is another matter", async () => {
    const on = nas();
    expect(await on.call("service.control", "START", "nfs")).toBe(true);
    expect(await state(on)).toMatchObject({ state: "RUNNING", enable: false, pids: [2007] });
    expect(await on.call("service.update", "nfs", { enable: true })).toBe(7);
    expect(await on.call("service.control", "STOP", "nfs")).toBe(true);
    expect(await state(on)).toMatchObject({ state: "STOPPED", enable: true, pids: [] });
    expect(on.events.map(({ collection, msg, id }) => [collection, msg, id])).toEqual(
      Array.from({ length: 3 }, () => ["service.query", "CHANGED", 7]),
    );
  });

  it("fails silently unless told otherwise", async () => {
    const on = nas();
    const service = on.world.service("nfs");
    if (service) service.startFailure = "port 2049 is taken";
    expect(await on.call("service.control", "START", "nfs")).toBe(false);
    expect(await refusal(on.call("service.control", "RESTART", "nfs", { silent: false }))).toEqual({
      message: "The nfs service failed to start: port 2049 is taken",
      errno: 202,
    });
  });

  it("reloads only what runs", async () => {
    const on = nas();
    expect(await on.call("service.control", "RELOAD", "nfs")).toBe(false);
    await on.call("service.control", "START", "nfs");
    expect(await on.call("service.control", "RELOAD", "nfs")).toBe(true);
  });

  it("knows SMB as cifs, and webshare in 26 only", async () => {
    const names = async (version: ApiVersion): Promise<string[]> =>
      (await nas({ version }).call<{ service: string }[]>("service.query")).map(({ service }) => service);
    expect(await names("26.0")).toContain("webshare");
    expect(await names("25.10")).not.toContain("webshare");
    expect(await attributes(nas().call("service.control", "START", "smb"))).toEqual(["control.service"]);
  });

  it("comes back after a reboot when enabled", async () => {
    const on = nas();
    await on.call("service.update", 7, { enable: true });
    const before = on.world.bootId;
    on.world.reboot();
    expect(on.world.bootId).not.toBe(before);
    expect(await state(on)).toMatchObject({ state: "RUNNING" });
  });
});

describe("sharing.smb", () => {
  const share = { name: "Files", path: "/mnt/big/a" };

  it("keeps names unique without case", async () => {
    const on = withFiles();
    expect(await on.call("sharing.smb.create", share)).toMatchObject({
      id: 1,
      purpose: "DEFAULT_SHARE",
      dataset: "big/a",
      locked: false,
    });
    expect(await attributes(on.call("sharing.smb.create", { ...share, name: "FILES" }))).toEqual([
      "sharingsmb_create.name",
    ]);
    expect(await on.call("sharing.smb.update", 1, { name: "files" })).toMatchObject({ name: "files" });
  });

  it.each([
    [{ purpose: "TIMEMACHINE_SHARE" }, ["sharingsmb_create.purpose"]],
    [{ purpose: "EXTERNAL_SHARE" }, ["sharingsmb_create.path", "sharingsmb_create.options"]],
    [{ options: { purpose: "LEGACY_SHARE" } }, ["sharingsmb_create.options.purpose"]],
    [{ path: "/mnt/big/none" }, ["sharingsmb_create.path"]],
    [{ guestok: true }, ["data.guestok"]],
  ])("refuses %j", async (data, expected) => {
    expect(await attributes(withFiles().call("sharing.smb.create", { ...share, ...data }))).toEqual(expected);
  });

  it("has the options of its purpose", async () => {
    const on = withFiles();
    await on.call("smb.update", { aapl_extensions: true });
    const options = { purpose: "TIMEMACHINE_SHARE", timemachine_quota: 5 };
    const row = await on.call("sharing.smb.create", { ...share, purpose: "TIMEMACHINE_SHARE", options });
    expect(row).toMatchObject({ options: { timemachine_quota: 5, auto_snapshot: false } });
    expect(row["options"]).not.toHaveProperty("purpose");
    expect(await on.call("sharing.smb.update", 1, { comment: "x" })).toMatchObject({
      options: { timemachine_quota: 5 },
    });
    expect(await on.call("sharing.smb.update", 1, { purpose: "DEFAULT_SHARE" })).toMatchObject({ options: null });
  });

  it("says SMB1 in the words of its version", async () => {
    const old = nas({ version: "25.10" });
    expect(await old.call("smb.update", { enable_smb1: true })).toMatchObject({ enable_smb1: true });
    expect(await attributes(old.call("smb.update", { minimum_protocol: "SMB1" }))).toEqual([
      "smb_update.minimum_protocol",
    ]);
    expect(await nas().call("smb.update", { minimum_protocol: "SMB3" })).toMatchObject({ minimum_protocol: "SMB3" });
  });
});
