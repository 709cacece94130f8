import { describe, expect, it } from "vitest";
import { attributes, GiB, nas, refusal, start, TiB } from "./harness.ts";

interface Property {
  readonly parsed: unknown;
  readonly rawvalue: string;
  readonly value: string | null;
  readonly source: string;
  readonly source_info: string | null;
}

type Row = Readonly<Record<string, Property>> & { readonly user_properties: Readonly<Record<string, Property>> };

const dataset = (name: string, more: object = {}): object => ({ name, ...more });

describe("pool.dataset.create", () => {
  it("shows set, inherited and default values as ZFS has them", async () => {
    const { call, events } = nas();
    const row = await call<Row>(
      "pool.dataset.create",
      dataset("big/apps", { sync: "ALWAYS", quota: 10 * GiB, recordsize: "16K" }),
    );
    expect(row["sync"]).toEqual({
      parsed: "always",
      rawvalue: "always",
      value: "ALWAYS",
      source: "LOCAL",
      source_info: null,
    });
    expect(row["quota"]).toEqual({
      parsed: 10 * GiB,
      rawvalue: "10737418240",
      value: "10 GiB",
      source: "LOCAL",
      source_info: null,
    });
    expect(row["refquota"]).toEqual({ parsed: null, rawvalue: "0", value: null, source: "DEFAULT", source_info: null });
    expect(row["recordsize"]).toEqual({
      parsed: 16384,
      rawvalue: "16384",
      value: "16K",
      source: "LOCAL",
      source_info: null,
    });
    expect(row["compression"]).toEqual({
      parsed: "lz4",
      rawvalue: "lz4",
      value: "LZ4",
      source: "INHERITED",
      source_info: "big",
    });
    expect(row["atime"]).toEqual({
      parsed: false,
      rawvalue: "off",
      value: "OFF",
      source: "INHERITED",
      source_info: "big",
    });
    expect(row["xattr"]).toEqual({ parsed: null, rawvalue: "sa", value: "SA", source: "LOCAL", source_info: null });
    expect(row["creation"]).toMatchObject({
      parsed: new Date(start),
      rawvalue: "1785747900",
      value: "Mon Aug 03  9:05 2026",
    });
    expect(row).toMatchObject({
      id: "big/apps",
      pool: "big",
      mountpoint: "/mnt/big/apps",
      encrypted: false,
      children: [],
      tier: null,
    });
    expect(events).toEqual([{ collection: "pool.dataset.query", msg: "ADDED", id: "big/apps", fields: row }]);
  });

  it("has no tier in 25.10", async () => {
    expect(await nas({ version: "25.10" }).call("pool.dataset.create", dataset("big/a"))).not.toHaveProperty("tier");
  });

  it("shows comments among the user properties, inherited ones as LOCAL", async () => {
    const { call } = nas();
    await call(
      "pool.dataset.create",
      dataset("big/a", { comments: "apps", user_properties: [{ key: "homelab:owner", value: "x" }] }),
    );
    const child = await call<Row>("pool.dataset.create", dataset("big/a/b"));
    const property = (text: string): object => ({
      parsed: text,
      rawvalue: text,
      value: text,
      source: "LOCAL",
      source_info: null,
    });
    expect(child.user_properties).toEqual({ comments: property("apps"), "homelab:owner": property("x") });
    expect(child).not.toHaveProperty("comments");
  });

  it("lets a share type win over what was sent", async () => {
    const { call } = nas();
    const row = await call<Row>(
      "pool.dataset.create",
      dataset("big/nfs", { share_type: "NFS", acltype: "POSIX", aclmode: "DISCARD" }),
    );
    expect([row["acltype"]?.value, row["aclmode"]?.value, row["atime"]?.source]).toEqual([
      "NFSV4",
      "PASSTHROUGH",
      "LOCAL",
    ]);
    const smb = await call<Row>("pool.dataset.create", dataset("big/smb", { share_type: "SMB" }));
    expect([smb["casesensitivity"]?.value, smb["aclmode"]?.value]).toEqual(["INSENSITIVE", "RESTRICTED"]);
  });

  it.each([
    [dataset("big"), "pool_dataset_create.name", "You need a full name, e.g. pool/newdataset"],
    [dataset("big/a "), "pool_dataset_create.name", "Trailing spaces are not permitted in dataset names"],
    [dataset("none/a"), "pool_dataset_create.name", "zpool (none) does not exist."],
    [dataset("big/a/b"), "pool_dataset_create.name", "Parent dataset (big/a) does not exist."],
    [dataset("big/taken"), "pool_dataset_create.name", "Path /mnt/big/taken already exists"],
    [dataset("big/folder"), "pool_dataset_create.name", "Path /mnt/big/folder already exists"],
    [dataset("big/vol/a"), "pool_dataset_create.name", "big/vol: parent may not be a ZFS volume"],
    [dataset("big/ro/a"), "pool_dataset_create.readonly", "Turn off readonly mode on big/ro to create big/ro/a"],
    [
      dataset("big/a", { acltype: "POSIX", aclmode: "PASSTHROUGH" }),
      "pool_dataset_create.aclmode",
      "Must be set to DISCARD when acltype is POSIX or OFF",
    ],
    [
      dataset("big/a", { acltype: "NFSV4", aclmode: "DISCARD" }),
      "pool_dataset_create.aclmode",
      "DISCARD aclmode may not be set for NFSv4 acl type",
    ],
    [dataset("big/a", { recordsize: "17K" }), "pool_dataset_create.recordsize", "'17K' is an invalid recordsize."],
    [
      dataset("big/v", { type: "VOLUME", volsize: 20 * TiB }),
      "pool_dataset_create.volsize",
      "It is not recommended to use more than 80% of your available space for VOLUME",
    ],
    [
      dataset("big/v", { type: "VOLUME", volsize: 1000 }),
      "pool_dataset_create.volsize",
      "Volume size should be a multiple of volume block size",
    ],
    [
      dataset("big/e", { encryption: true, encryption_options: { generate_key: true } }),
      "pool_dataset_create.inherit_encryption",
      "Must be disabled when encryption is enabled.",
    ],
  ])("refuses %j", async (data, attribute, message) => {
    const { call, world } = nas({ datasets: ["big/taken", "big/ro"] });
    world.files.mkdir("/mnt/big/folder");
    world.storage.create({ name: "big/vol", type: "VOLUME" });
    world.storage.datasets.get("big/ro")?.local.set("readonly", "on");
    expect(await refusal(call("pool.dataset.create", data))).toEqual([[attribute, message, 22]]);
  });

  it.each([".system", "ix-apps", "ix-applications"])("keeps %s to the system", async (name) => {
    expect(await attributes(nas().call("pool.dataset.create", dataset(`big/${name}`)))).toEqual([
      "pool_dataset_create.name",
    ]);
  });

  it("answers an existing volume with a failed call", async () => {
    const { call } = nas();
    await call("pool.dataset.create", dataset("big/v", { type: "VOLUME", volsize: GiB }));
    expect(await refusal(call("pool.dataset.create", dataset("big/v")))).toMatchObject({ errno: 14 });
  });

  it("makes ancestors where it is told to", async () => {
    const { call } = nas();
    await call("pool.dataset.create", dataset("big/a/b/c", { create_ancestors: true }));
    expect(await call("pool.filesystem_choices")).toEqual(["big", "big/a", "big/a/b", "big/a/b/c"]);
  });

  it.each([0, null])("takes the quota %s as none", async (quota) => {
    const row = await nas().call<Row>("pool.dataset.create", dataset("big/a", { quota }));
    expect(row["quota"]).toMatchObject({ parsed: null, rawvalue: "0", value: null });
  });

  it("refuses a quota below a gibibyte", async () => {
    expect(await attributes(nas().call("pool.dataset.create", dataset("big/a", { refquota: GiB - 1 })))).toEqual([
      "data.refquota",
    ]);
  });

  it("reserves the size of a volume unless it is sparse", async () => {
    const { call } = nas();
    const thick = await call<Row>("pool.dataset.create", dataset("big/v", { type: "VOLUME", volsize: GiB }));
    const sparse = await call<Row>(
      "pool.dataset.create",
      dataset("big/s", { type: "VOLUME", volsize: GiB, sparse: true }),
    );
    expect([thick["refreservation"]?.parsed, sparse["refreservation"]?.parsed]).toEqual([GiB, null]);
    expect([thick["volblocksize"]?.value, thick["mountpoint"]]).toEqual(["16K", null]);
  });

  it.each([
    ["25.10", "Upper:Case", undefined],
    ["25.10", "org.freenas:x", undefined],
    ["26.0", "Upper:Case", "data.user_properties.0.key"],
    ["26.0", "org.freenas:x", "data.user_properties.0.key"],
    ["26.0", "homelab:owner", undefined],
  ] as const)("in %s judges the user property %s", async (version, key, expected) => {
    const made = nas({ version }).call(
      "pool.dataset.create",
      dataset("big/a", { user_properties: [{ key, value: "x" }] }),
    );
    if (expected === undefined) await made;
    else expect(await attributes(made)).toEqual([expected]);
  });
});

describe("pool.dataset.update", () => {
  it("changes what is given, inherits again and tells it", async () => {
    const { call, events } = nas({ datasets: ["big/a"] });
    await call("pool.dataset.update", "big/a", { compression: "ZSTD", comments: "one" });
    const row = await call<Row>("pool.dataset.update", "big/a", {
      compression: "INHERIT",
      comments: "INHERIT",
      exec: "OFF",
    });
    expect(row["compression"]).toMatchObject({ value: "LZ4", source: "INHERITED" });
    expect(row["exec"]).toMatchObject({ parsed: false, source: "LOCAL" });
    expect(row.user_properties).toEqual({});
    expect(events.at(-1)).toEqual({ collection: "pool.dataset.query", msg: "CHANGED", id: "big/a", fields: row });
  });

  it.each(["name", "type", "casesensitivity", "share_type", "volblocksize", "sparse", "encryption"])(
    "has no field %s",
    async (field) => {
      expect(
        await attributes(nas({ datasets: ["big/a"] }).call("pool.dataset.update", "big/a", { [field]: "x" })),
      ).toEqual([`data.${field}`]);
    },
  );

  it("patches user properties, or sets them all, but not both", async () => {
    const { call } = nas({ datasets: ["big/a"] });
    const keys = async (data: object): Promise<string[]> =>
      Object.keys((await call<Row>("pool.dataset.update", "big/a", data)).user_properties);
    expect(
      await keys({
        user_properties: [
          { key: "a:1", value: "x" },
          { key: "a:2", value: "y" },
        ],
      }),
    ).toEqual(["a:1", "a:2"]);
    expect(
      await keys({
        user_properties_update: [
          { key: "a:1", remove: true },
          { key: "a:3", value: "z" },
        ],
      }),
    ).toEqual(["a:2", "a:3"]);
    expect(await keys({ user_properties: [{ key: "a:9", value: "x" }] })).toEqual(["a:9"]);
    const both = {
      user_properties: [{ key: "a:1", value: "x" }],
      user_properties_update: [{ key: "a:1", remove: true }],
    };
    expect(await attributes(call("pool.dataset.update", "big/a", both))).toEqual([
      "pool_dataset_update.user_properties_update",
    ]);
  });

  it("keeps comments when user properties are replaced", async () => {
    const { call } = nas({ datasets: ["big/a"] });
    await call("pool.dataset.update", "big/a", { comments: "mine" });
    const row = await call<Row>("pool.dataset.update", "big/a", { user_properties: [{ key: "a:1", value: "x" }] });
    expect(Object.keys(row.user_properties).sort()).toEqual(["a:1", "comments"]);
  });

  it("grows a volume and never shrinks it", async () => {
    const { call } = nas();
    await call("pool.dataset.create", dataset("big/v", { type: "VOLUME", volsize: 2 * GiB }));
    expect((await call<Row>("pool.dataset.update", "big/v", { volsize: 3 * GiB }))["volsize"]?.parsed).toBe(3 * GiB);
    expect(await attributes(call("pool.dataset.update", "big/v", { volsize: GiB }))).toEqual([
      "pool_dataset_update.volsize",
    ]);
  });

  it("does not change the access lists under an enabled SMB share", async () => {
    const { call } = nas();
    await call("pool.dataset.create", dataset("big/s", { share_type: "SMB" }));
    await call("sharing.smb.create", { name: "s", path: "/mnt/big/s" });
    const change = { acltype: "POSIX", aclmode: "DISCARD" };
    expect(await attributes(call("pool.dataset.update", "big/s", change))).toEqual(["pool_dataset_update.acltype"]);
    await call("sharing.smb.update", 1, { enabled: false });
    expect((await call<Row>("pool.dataset.update", "big/s", change))["acltype"]?.value).toBe("POSIX");
  });

  it("says ENOENT for a dataset that is not there", async () => {
    expect(await refusal(nas().call("pool.dataset.update", "big/none", {}))).toEqual([
      ["id", "big/none does not exist", 2],
    ]);
    expect(await refusal(nas().call("pool.dataset.get_instance", "big/none"))).toEqual([
      [null, "PoolDataset big/none does not exist", 2],
    ]);
  });

  it("refuses a refquota below what is used", async () => {
    const { call, world } = nas({ datasets: ["big/a"] });
    world.files.write("/mnt/big/a/file", { size: 3 * GiB });
    expect(await attributes(call("pool.dataset.update", "big/a", { refquota: 2 * GiB }))).toEqual([
      "pool.dataset.update",
    ]);
    expect((await call<Row>("pool.dataset.update", "big/a", { refquota: 4 * GiB }))["refquota"]?.parsed).toBe(4 * GiB);
  });
});

describe("pool.dataset.query", () => {
  const names = (rows: unknown): unknown[] => (rows as { id: string }[]).map(({ id }) => id);

  it("lists every dataset flat, and nests on request", async () => {
    const { call } = nas({ datasets: ["big/a/b"] });
    expect(names(await call("pool.dataset.query", [], { extra: { retrieve_children: false } }))).toEqual([
      "big",
      "big/a",
      "big/a/b",
    ]);
    const [root] = await call<{ children: { id: string; children: unknown[] }[] }[]>("pool.dataset.query", [], {
      extra: { flat: false },
    });
    expect(root?.children).toMatchObject([{ id: "big/a", children: [{ id: "big/a/b", children: [] }] }]);
  });

  it("filters by id and hides internal datasets", async () => {
    const { call } = nas({ datasets: ["big/a", "big/b", "big/.system", "big/ix-apps/x"] });
    const flat = { extra: { retrieve_children: false } };
    expect(names(await call("pool.dataset.query", [["id", "in", ["big/b", "big/none"]]], flat))).toEqual(["big/b"]);
    expect(names(await call("pool.dataset.query", [], flat))).toEqual(["big", "big/a", "big/b"]);
    const all = { extra: { retrieve_children: false, exclude_internal_datasets: false } };
    expect(names(await call("pool.dataset.query", [["id", "^", "big/ix"]], all))).toEqual([
      "big/ix-apps",
      "big/ix-apps/x",
    ]);
    expect(await refusal(call("pool.dataset.query", [["id", "=", "big/none"]], { get: true }))).toBe("MatchNotFound");
  });

  it("counts everything, whatever the filters say, as the server does", async () => {
    const { call } = nas({ datasets: ["big/a", "big/b"] });
    expect(await call("pool.dataset.query", [["id", "=", "big/a"]], { count: true })).toBe(3);
  });

  it("reads chosen properties only", async () => {
    const { call } = nas({ datasets: ["big/a"] });
    const [row] = await call<object[]>("pool.dataset.query", [["id", "=", "big/a"]], {
      extra: { properties: ["used"], retrieve_user_props: false },
    });
    expect(Object.keys(row ?? {})).not.toContain("compression");
    expect(row).toHaveProperty("used");
  });
});
