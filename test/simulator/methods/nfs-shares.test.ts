import { describe, expect, it } from "vitest";
import { symlink } from "../../../simulator/nas/world/nodes.ts";
import { attributes, type Nas, nas, refusal } from "./harness.ts";

const path = "/mnt/big/apps";
const two = (): Nas => nas({ datasets: ["big/apps/db", "big/other"] });

/** Makes the first share, then tells how the second one fares. */
async function second(first: object, next: object): Promise<unknown> {
  const on = two();
  await on.call("sharing.nfs.create", { path, ...first });
  try {
    await on.call("sharing.nfs.create", { path, ...next });
    return "accepted";
  } catch (error) {
    return (error as { issues: unknown[][] }).issues.map(([attribute]) => attribute);
  }
}

describe("sharing.nfs.create", () => {
  it("fills in defaults, makes networks whole and forgets aliases", async () => {
    const on = two();
    const row = await on.call("sharing.nfs.create", {
      path: `${path}/db/`,
      networks: ["10.10.10.7/24", "fd00::1"],
      aliases: ["/x"],
    });
    expect(row).toEqual({
      id: 1,
      path: `${path}/db`,
      dataset: "big/apps/db",
      relative_path: "",
      aliases: [],
      comment: "",
      networks: ["10.10.10.0/24", "fd00::1/128"],
      hosts: [],
      ro: false,
      maproot_user: null,
      maproot_group: null,
      mapall_user: null,
      mapall_group: null,
      security: [],
      enabled: true,
      locked: false,
      expose_snapshots: false,
      tier: null,
    });
    expect(on.events).toEqual([{ collection: "sharing.nfs.query", msg: "ADDED", id: 1, fields: row }]);
    expect(await on.call("sharing.nfs.get_instance", 1)).toEqual(row);
  });

  it("has neither dataset nor tier in 25.10", async () => {
    const on = nas({ version: "25.10", datasets: ["big/apps"] });
    const row = await on.call("sharing.nfs.create", { path });
    for (const field of ["dataset", "relative_path", "tier"]) expect(row).not.toHaveProperty(field);
  });

  it.each([
    ["mnt/big/apps", "path"],
    ["/mnt", "path"],
    ["/etc", "path"],
    ["/mnt/none/apps", "path"],
    ["/mnt/big/missing", "path"],
    ["/mnt/big/apps/.zfs/snapshot", "path"],
    ["/mnt/big/apps/link", "path"],
    ["/mnt/big/apps/file", "path"],
  ])("refuses the path %s", async (bad, field) => {
    const on = two();
    on.world.files.write(`${path}/file`, "x");
    const folder = on.world.files.get(path).node;
    if (folder.kind === "DIRECTORY") folder.children.set("link", symlink("/mnt/big/other", 0));
    expect(await attributes(on.call("sharing.nfs.create", { path: bad }))).toEqual([`sharingnfs_create.${field}`]);
  });

  it.each([
    [{ networks: ["10.0.0.0/24", "10.0.0.0/24"] }, "networks.1"],
    [{ networks: ["10.0.0.0/33"] }, "networks.0"],
    [{ networks: ["banana"] }, "networks.0"],
    [{ networks: ["10.0.0.0/8", "10.1.0.0/16"] }, "networks"],
    [{ hosts: ["a b"] }, "hosts.0"],
    [{ hosts: ["nowhere.example"] }, "hosts"],
    [{ hosts: ["*.nowhere.example"] }, "hosts"],
    [{ hosts: ["10.0.0.5"], networks: ["10.0.0.5/32"] }, "networks"],
    [{ maproot_user: "root", mapall_user: "apps" }, "mapall_user"],
    [{ maproot_group: "apps" }, "maproot_user"],
    [{ mapall_user: "nobody-knows" }, "mapall_user"],
    [{ mapall_user: "apps", mapall_group: "nobody-knows" }, "mapall_group"],
    [{ expose_snapshots: true }, "expose_snapshots"],
  ])("refuses %j", async (data, field) => {
    expect(await attributes(two().call("sharing.nfs.create", { path, ...data }))).toEqual([
      `sharingnfs_create.${field}`,
    ]);
  });

  it.each([
    { hosts: ["*"] },
    { hosts: ["@group"] },
    { hosts: ["node1.lan", "*.lan"] },
    { hosts: ["10.0.0.5"], networks: ["10.0.0.0/24"] },
    { maproot_user: "root", maproot_group: "root" },
    { mapall_user: "apps" },
  ])("accepts %j", async (data) => {
    const on = two();
    on.world.names.set("node1.lan", "10.0.0.9").set("lan", "10.0.0.1");
    expect(await on.call("sharing.nfs.create", { path, ...data })).toMatchObject({ id: 1, ...data });
  });

  it.each([
    [{ hosts: ["10.0.0.5"] }, { hosts: ["10.0.0.5"] }, ["sharingnfs_create.path"]],
    [{ networks: ["10.0.0.0/24"] }, { networks: ["10.0.0.0/24"] }, ["sharingnfs_create.networks"]],
    [{ networks: ["10.0.0.0/8"] }, { networks: ["10.1.0.0/16"] }, ["sharingnfs_create.networks"]],
    [{}, { networks: ["10.1.0.0/16"] }, ["sharingnfs_create.networks"]],
    [{}, { networks: ["fd00::/64"] }, ["sharingnfs_create.networks"]],
    [{ networks: ["10.0.0.0/24"] }, { networks: ["10.0.1.0/24"] }, "accepted"],
    [{ hosts: ["10.0.0.5"] }, { hosts: ["10.0.0.6"] }, "accepted"],
    [{}, {}, "accepted"],
    [{ hosts: ["*"] }, { networks: ["10.0.0.0/24"] }, "accepted"],
    [{ hosts: ["*"] }, { hosts: ["*"] }, "accepted"],
    [{ hosts: ["10.0.0.5"] }, { networks: ["10.0.0.0/24"] }, "accepted"],
    [{ networks: ["10.0.0.0/24"] }, { path: "/mnt/big/apps/db", networks: ["10.0.0.0/24"] }, "accepted"],
  ])("after %j meets %j", async (first, next, outcome) => {
    expect(await second(first, next)).toEqual(outcome);
  });

  it("says what conflicts with what", async () => {
    const on = two();
    await on.call("sharing.nfs.create", { path, hosts: ["10.0.0.5"] });
    expect(await refusal(on.call("sharing.nfs.create", { path, hosts: ["10.0.0.5"] }))).toEqual([
      [
        "sharingnfs_create.path",
        `ERROR - Export conflict. Another share with the same path exports ${path} for {'10.0.0.5'}`,
        22,
      ],
    ]);
  });

  it("wants NFSv4 for Kerberos", async () => {
    const on = two();
    await on.call("nfs.update", { protocols: ["NFSV3"] });
    expect(await attributes(on.call("sharing.nfs.create", { path, security: ["SYS", "KRB5P"] }))).toEqual([
      "sharingnfs_create.security",
    ]);
    await on.call("nfs.update", { protocols: ["NFSV3", "NFSV4"] });
    expect(await on.call("sharing.nfs.create", { path, security: ["SYS", "KRB5P"] })).toMatchObject({
      security: ["SYS", "KRB5P"],
    });
  });
});

describe("sharing.nfs.update and delete", () => {
  it("changes only what is given and does not conflict with itself", async () => {
    const on = two();
    await on.call("sharing.nfs.create", { path, networks: ["10.0.0.0/24"], comment: "apps" });
    const row = await on.call("sharing.nfs.update", 1, { ro: true });
    expect(row).toMatchObject({ networks: ["10.0.0.0/24"], comment: "apps", ro: true });
    expect(on.events.at(-1)).toEqual({ collection: "sharing.nfs.query", msg: "CHANGED", id: 1, fields: row });
    expect(await attributes(on.call("sharing.nfs.update", 1, { networks: ["x"] }))).toEqual([
      "sharingnfs_update.networks.0",
    ]);
  });

  it("forgets a deleted share, once", async () => {
    const on = two();
    await on.call("sharing.nfs.create", { path });
    expect(await on.call("sharing.nfs.delete", 1)).toBe(true);
    expect(await on.call("sharing.nfs.query")).toEqual([]);
    for (const call of [
      on.call("sharing.nfs.delete", 1),
      on.call("sharing.nfs.get_instance", 1),
      on.call("sharing.nfs.update", 1, {}),
    ]) {
      expect(await refusal(call)).toEqual([[null, "SharingNFS 1 does not exist", 2]]);
    }
  });
});

describe("nfs.update", () => {
  it("reads a number of servers even where nobody set one", async () => {
    const on = nas({ addresses: ["10.10.10.20"] });
    expect(await on.call("nfs.config")).toMatchObject({
      servers: 2,
      managed_nfsd: true,
      protocols: ["NFSV3", "NFSV4"],
    });
    expect(await on.call("nfs.update", { servers: 8, bindip: ["10.10.10.20"] })).toMatchObject({
      servers: 8,
      managed_nfsd: false,
    });
    expect(await on.call("nfs.update", { servers: null })).toMatchObject({
      servers: 2,
      managed_nfsd: true,
      bindip: ["10.10.10.20"],
    });
    expect(await on.call("nfs.bindip_choices")).toEqual({ "10.10.10.20": "10.10.10.20" });
  });

  it.each([
    [{ protocols: [] }, "nfs_update.protocols"],
    [{ bindip: ["10.10.10.21"] }, "nfs_update.bindip.0"],
    [{ protocols: ["NFSV3"], v4_domain: "lan" }, "nfs_update.v4_domain"],
    [{ rdma: true }, "nfs_update.rdma"],
    [{ servers: 0 }, "nfs_update.servers"],
    [{ servers: 257 }, "nfs_update.servers"],
  ])("refuses %j", async (data, attribute) => {
    expect(await attributes(nas().call("nfs.update", data))).toEqual([attribute]);
  });
});
