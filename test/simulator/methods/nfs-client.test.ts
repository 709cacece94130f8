import { describe, expect, it } from "vitest";
import type { NfsAccess, NfsFileAccess, PosixError } from "../../../simulator/nas/nfs-client.ts";
import { GiB, type Nas, nas } from "./harness.ts";

const node = "10.10.10.30";
const apps = { client: node, uid: 568, gid: 568, export: "/mnt/big/apps" } as const;
const marker: NfsFileAccess = { ...apps, file: "marker" };

/** A dataset that belongs to uid 568 and is exported to the nodes' network. */
async function exported(share: object = {}, mode = "0770"): Promise<Nas> {
  const on = nas({ datasets: ["big/apps", "big/apps/child"], addresses: ["10.10.10.20"] });
  await on.call("filesystem.setperm", { path: "/mnt/big/apps", mode, uid: 568, gid: 568 });
  await on.call("sharing.nfs.create", { path: "/mnt/big/apps", networks: ["10.10.10.0/24"], ...share });
  await on.call("service.control", "START", "nfs", { silent: false });
  return on;
}

/** "ok", or the name of the error. */
async function outcome(action: Promise<unknown>): Promise<string> {
  try {
    await action;
    return "ok";
  } catch (error) {
    return (error as PosixError).code;
  }
}

const write = (
  on: Nas,
  access: Partial<NfsAccess & { file: string }> = {},
  data: string | { size: number } = "x",
): Promise<string> => outcome(on.nfs.write({ ...marker, ...access, data }));

describe("mounting", () => {
  it("needs the service", async () => {
    const on = await exported();
    expect(await write(on)).toBe("ok");
    await on.call("service.control", "STOP", "nfs");
    expect(await write(on)).toBe("ECONNREFUSED");
  });

  it("needs an export of that path, enabled", async () => {
    const on = await exported();
    expect(await outcome(on.nfs.mount({ client: node, export: "/mnt/big" }))).toBe("ENOENT");
    expect(await outcome(on.nfs.mount({ client: node, export: "/mnt/big/none" }))).toBe("ENOENT");
    await on.call("sharing.nfs.update", 1, { enabled: false });
    expect(await outcome(on.nfs.mount(apps))).toBe("ENOENT");
  });

  it.each([
    [{ networks: ["10.10.10.0/24"] }, "10.10.10.30", "ok"],
    [{ networks: ["10.10.10.0/24"] }, "10.10.11.30", "EACCES"],
    [{ networks: [], hosts: ["10.10.10.30"] }, "10.10.10.30", "ok"],
    [{ networks: [], hosts: ["10.10.10.31"] }, "10.10.10.30", "EACCES"],
    [{ networks: [], hosts: ["node1.lan"] }, "10.10.10.30", "ok"],
    [{ networks: [], hosts: ["*.lan"] }, "10.10.10.30", "ok"],
    [{ networks: [], hosts: ["*.lan"] }, "10.10.10.77", "EACCES"],
    [{ networks: [], hosts: ["*"] }, "192.168.1.1", "ok"],
    [{ networks: [] }, "192.168.1.1", "ok"],
  ])("with %j lets %s in: %s", async (share, client, expected) => {
    const on = nas({ datasets: ["big/apps"] });
    on.world.names.set("node1.lan", "10.10.10.30").set("lan", "10.10.10.1");
    await on.call("sharing.nfs.create", { path: "/mnt/big/apps", ...share });
    await on.call("service.control", "START", "nfs");
    expect(await outcome(on.nfs.mount({ client, export: "/mnt/big/apps" }))).toBe(expected);
  });

  it("needs a protocol and a security flavour that are on", async () => {
    const on = await exported({ security: ["KRB5"] });
    expect(await outcome(on.nfs.mount(apps))).toBe("EACCES");
    expect(await outcome(on.nfs.mount({ ...apps, security: "KRB5" }))).toBe("ok");
    await on.call("sharing.nfs.update", 1, { security: [] });
    await on.call("nfs.update", { protocols: ["NFSV3"] });
    expect(await outcome(on.nfs.mount(apps))).toBe("EPROTONOSUPPORT");
    expect(await outcome(on.nfs.mount({ ...apps, version: "3" }))).toBe("ok");
  });

  it("reaches a directory below an export, as subDir of a claim does", async () => {
    const on = await exported();
    await on.nfs.mkdir({ ...apps, file: "pvc" });
    expect(await write(on, { export: "/mnt/big/apps/pvc" })).toBe("ok");
    expect(on.world.files.exists("/mnt/big/apps/pvc/marker")).toBe(true);
  });
});

describe("writing", () => {
  it("gives back what was written, owned by the writer", async () => {
    const on = await exported();
    await on.nfs.write({ ...marker, data: "hello" });
    expect(new TextDecoder().decode(await on.nfs.read(marker))).toBe("hello");
    expect(await on.nfs.stat(marker)).toEqual({ type: "FILE", uid: 568, gid: 568, mode: 0o644, size: 5 });
    expect(await on.nfs.list(apps)).toEqual(["child", "marker"]);
    await on.nfs.remove(marker);
    expect(await on.nfs.list(apps)).toEqual(["child"]);
  });

  it.each([
    ["0770", { uid: 1000, gid: 1000 }, "EACCES"],
    ["0770", { uid: 1000, gid: 568 }, "ok"],
    ["0770", { uid: 1000, gid: 1000, groups: [568] }, "ok"],
    ["0750", { uid: 1000, gid: 568 }, "EACCES"],
    ["0777", { uid: 1000, gid: 1000 }, "ok"],
    ["0770", { uid: 0, gid: 0 }, "EACCES"],
    ["0777", { uid: 0, gid: 0 }, "ok"],
  ])("into a directory of mode %s as %j: %s", async (mode, who, expected) => {
    expect(await write(await exported({}, mode), who)).toBe(expected);
  });

  it.each([
    [{}, 65534, 65534],
    [{ maproot_user: "root", maproot_group: "root" }, 0, 0],
    [{ maproot_user: "root" }, 0, 65534],
    [{ mapall_user: "apps", mapall_group: "apps" }, 568, 568],
  ])("as the superuser under %j makes files of %i:%i", async (share, uid, gid) => {
    const on = await exported(share, "0777");
    await on.nfs.write({ ...marker, uid: 0, gid: 0, data: "x" });
    expect(await on.nfs.stat(marker)).toMatchObject({ uid, gid });
  });

  it("is refused by a read-only export and a read-only dataset", async () => {
    expect(await write(await exported({ ro: true }))).toBe("EROFS");
    const on = await exported();
    await on.call("pool.dataset.update", "big/apps", { readonly: "ON" });
    expect(await write(on)).toBe("EROFS");
  });

  it("ends at a quota, and at the end of the pool", async () => {
    const on = await exported();
    await on.call("pool.dataset.update", "big/apps", { refquota: GiB });
    expect(await write(on, {}, { size: GiB })).toBe("EDQUOT");
    expect(await write(on, {}, { size: GiB / 2 })).toBe("ok");
    await on.call("pool.dataset.update", "big/apps", { refquota: null });
    expect(await write(on, {}, { size: 20 * 1024 * GiB })).toBe("ENOSPC");
    await on.call("pool.dataset.update", "big", { quota: 2 * GiB });
    expect(await write(on, {}, { size: 3 * GiB })).toBe("EDQUOT");
    await on.call("pool.dataset.update", "big", { quota: null });
    await on.call("pool.dataset.set_quota", "big/apps", [{ quota_type: "USER", id: "568", quota_value: GiB }]);
    expect(await write(on, {}, { size: 2 * GiB })).toBe("EDQUOT");
  });

  it("does not eat a refquota with snapshots", async () => {
    const on = await exported();
    await on.call("pool.dataset.update", "big/apps", { refquota: GiB });
    for (const name of ["one", "two", "three"]) {
      expect(await write(on, {}, { size: 0.75 * GiB })).toBe("ok");
      await on.call("pool.snapshot.create", { dataset: "big/apps", name });
    }
  });
});

describe("a child dataset", () => {
  const inChild = { file: "child/file" };

  it("is an empty directory through the export of its parent", async () => {
    const on = await exported({ maproot_user: "root", maproot_group: "root" });
    on.world.files.write("/mnt/big/apps/child/secret", "x");
    expect(await on.nfs.list({ ...apps, file: "child" })).toEqual([]);
    expect(await write(on, { ...inChild, uid: 0, gid: 0 })).toBe("ok");
    // Those bytes lie below the child's mountpoint, where nobody on the NAS sees them.
    expect(on.world.files.list("/mnt/big/apps/child")).toEqual(["secret"]);
  });

  it("opens to NFSv4 with an export of its own, not to version 3", async () => {
    const on = await exported();
    on.world.files.write("/mnt/big/apps/child/secret", "x");
    await on.call("sharing.nfs.create", { path: "/mnt/big/apps/child", networks: ["10.10.10.0/24"] });
    expect(await on.nfs.list({ ...apps, file: "child" })).toEqual(["secret"]);
    expect(await on.nfs.list({ ...apps, file: "child", version: "3" })).toEqual([]);
    expect(await on.nfs.list({ ...apps, export: "/mnt/big/apps/child" })).toEqual(["secret"]);
  });
});

describe("owners and modes", () => {
  it("are the superuser's and the owner's to change", async () => {
    const on = await exported();
    await on.nfs.write({ ...marker, data: "x" });
    expect(await outcome(on.nfs.chown({ ...marker, owner: 1000 }))).toBe("EPERM");
    expect(await outcome(on.nfs.chmod({ ...marker, uid: 1000, gid: 568, mode: 0o600 }))).toBe("EPERM");
    expect(await outcome(on.nfs.chmod({ ...marker, mode: 0o600 }))).toBe("ok");
    expect(await outcome(on.nfs.chown({ ...marker, uid: 0, gid: 0, owner: 0 }))).toBe("EACCES");
    await on.call("sharing.nfs.update", 1, { maproot_user: "root", maproot_group: "root" });
    expect(await outcome(on.nfs.chown({ ...marker, uid: 0, gid: 0, owner: 1000, group: 1000 }))).toBe("ok");
    expect(await on.nfs.stat(marker)).toMatchObject({ uid: 1000, gid: 1000, mode: 0o600 });
    expect(await outcome(on.nfs.read(marker))).toBe("EACCES");
  });

  it("give way to an access list", async () => {
    const on = await exported();
    const perms = (READ: boolean, WRITE: boolean, EXECUTE: boolean): object => ({ READ, WRITE, EXECUTE });
    const entry = (tag: string, access: object, id?: number): object => ({
      tag,
      perms: access,
      default: false,
      ...(id !== undefined && { id }),
    });
    const all = perms(true, true, true);
    const none = perms(false, false, false);
    const dacl = [
      entry("USER_OBJ", all),
      entry("GROUP_OBJ", none),
      entry("OTHER", none),
      entry("MASK", all),
      entry("USER", all, 1000),
    ];
    await on.call("filesystem.setacl", { path: "/mnt/big/apps", dacl });
    expect(await write(on, { uid: 1000, gid: 1000 })).toBe("ok");
    expect(await write(on, { uid: 1001, gid: 568 })).toBe("EACCES");
  });
});
