import { describe, expect, test } from "vitest";
import type { Properties } from "../../../providers/base/values.ts";
import { project, stack } from "../harness.ts";
import { onNas } from "./on-nas.ts";

interface ShareRow {
  readonly id: number;
  readonly comment: string;
  readonly options: Record<string, unknown>;
}

describe.each(["25.10", "26.0"] as const)("SMB on TrueNAS %s", (version) => {
  const on = onNas(version);
  const share = async (id: string) =>
    (await on.nas.admin<ShareRow[]>("sharing.smb.query", [["id", "=", Number(id)]]))[0];
  const given = (more: Properties = {}) => ({ name: on.name.slice(10), path: `/mnt/${on.name}`, ...more });
  const withDataset = () => on.create("Dataset", { name: on.name, shareType: "SMB" }, "data");

  describe("SmbShare", () => {
    test("settles, with a mark in its comment, and is imported by number or name", async () => {
      await withDataset();
      const { id } = await on.settled(
        "SmbShare",
        given({
          comment: "letters",
          readOnly: true,
          browsable: false,
          accessBasedEnumeration: true,
          options: { hostsAllow: ["10.0.0.0/24"], appleNameMangling: false },
          audit: { enable: true, watchList: [], ignoreList: ["apps"] },
        }),
        "letters",
      );
      expect(await share(id)).toMatchObject({
        comment: `letters [pulumi ${project}/${stack}/letters]`,
        options: { aapl_name_mangling: false, hostsallow: ["10.0.0.0/24"], hostsdeny: [] },
      });
      expect((await on.plugin.resource("SmbShare").read(given().name.toUpperCase())).id).toBe(id);
    });

    test.each([
      ["LEGACY_SHARE", { guestOk: true, streams: false, pathSuffix: "%U" }],
      ["MULTIPROTOCOL_SHARE", { appleNameMangling: true }],
      ["TIME_LOCKED_SHARE", { gracePeriod: 60 }],
      ["PRIVATE_DATASETS_SHARE", { autoQuota: 10, datasetNamingSchema: "%U" }],
      ["VEEAM_REPOSITORY_SHARE", { hostsDeny: ["ALL"] }],
      ["DEFAULT_SHARE", {}],
    ])("settles as %s", async (purpose, options) => {
      await withDataset();
      const { state } = await on.settled("SmbShare", given({ purpose, options }));
      expect(state).toMatchObject({ purpose, options });
    });

    test.each(["TIMEMACHINE_SHARE", "FCP_SHARE"])(
      "%s needs Apple's extensions, which SmbConfig turns on",
      async (purpose) => {
        await withDataset();
        await on.nas.admin("smb.update", { aapl_extensions: false });
        const message = await on.failure(on.create("SmbShare", given({ purpose })));
        expect(message).toMatch(/^SmbShare r\d+: the NAS refuses purpose: Apple/);
        await on.create("SmbConfig", { appleExtensions: true });
        await on.settled("SmbShare", given({ purpose, options: { hostsAllow: ["10.0.0.1"] } }));
      },
    );

    test("an external share sends clients elsewhere", async () => {
      const external = { path: "EXTERNAL", purpose: "EXTERNAL_SHARE", options: { remotePath: ["other\\share"] } };
      await on.settled("SmbShare", given(external));
      const { failures } = await on.plugin.resource("SmbShare").check(given({ purpose: "EXTERNAL_SHARE" }));
      expect(Object.keys(failures)).toEqual(["options.remotePath", "path"]);
    });

    test("options of another purpose are refused, with the purposes that have them", async () => {
      const { failures } = await on.plugin.resource("SmbShare").check(given({ options: { gracePeriod: 60 } }));
      expect(failures).toEqual({
        "options.gracePeriod": "is no option of purpose DEFAULT_SHARE, but of TIME_LOCKED_SHARE",
      });
    });

    test.each(["a/b", "homes", ""])("%j is no name for a share", async (name) => {
      const { failures } = await on.plugin.resource("SmbShare").check(given({ name }));
      expect(Object.keys(failures)).toEqual(["name"]);
    });

    test("what somebody opened by hand is drift, in options too, and comes back", async () => {
      await withDataset();
      const options = { hostsAllow: ["10.0.0.1"] };
      const { resource, inputs, id, state } = await on.create("SmbShare", given({ purpose: "LEGACY_SHARE", options }));
      await on.nas.admin("sharing.smb.update", Number(id), {
        options: { purpose: "LEGACY_SHARE", hostsallow: ["10.0.0.1"], guestok: true },
      });
      const seen = await resource.read(id, state, inputs);
      expect(await resource.diff(seen.state, seen.inputs, inputs)).toEqual({ "options.guestOk": "delete" });
      await resource.update(id, seen.state, inputs, inputs);
      expect((await share(id))?.options).toMatchObject({ guestok: false, hostsallow: ["10.0.0.1"] });
    });

    test("an option that goes returns to its default, and what the NAS keeps there stays", async () => {
      await withDataset();
      await on.nas.admin("smb.update", { aapl_extensions: true });
      const options = { autoSnapshot: true, timeMachineQuota: 2 ** 30 };
      const made = await on.create("SmbShare", given({ purpose: "TIMEMACHINE_SHARE", options }));
      const { resource, inputs, id, state } = made;
      const vuid = "d12aafdc-a7ac-4e3c-8bbd-6001f7f19819";
      const sent = { purpose: "TIMEMACHINE_SHARE", auto_snapshot: true, timemachine_quota: 2 ** 30, vuid };
      await on.nas.admin("sharing.smb.update", Number(id), { options: sent });
      const fewer = { ...inputs, options: { autoSnapshot: true } };
      expect(await resource.diff(state, inputs, fewer)).toEqual({ "options.timeMachineQuota": "delete" });
      await resource.update(id, state, inputs, fewer);
      expect((await share(id))?.options).toMatchObject({ auto_snapshot: true, timemachine_quota: 0, vuid });
    });

    test("the purpose changes with its options", async () => {
      await withDataset();
      const { resource, inputs, id, state } = await on.create(
        "SmbShare",
        given({ options: { appleNameMangling: true } }),
      );
      const { inputs: changed } = await resource.check(
        given({ purpose: "TIME_LOCKED_SHARE", options: { gracePeriod: 120 } }),
      );
      const now = await resource.update(id, state, inputs, changed);
      expect(now).toMatchObject({ purpose: "TIME_LOCKED_SHARE", options: { gracePeriod: 120 } });
      expect(await resource.diff(now, changed, changed)).toEqual({});
    });

    test("one of the same name, whatever its case, or on the same path is refused in preview", async () => {
      await withDataset();
      const theirs = await on.nas.admin<ShareRow>("sharing.smb.create", {
        ...given(),
        name: given().name.toUpperCase(),
      });
      for (const wanted of [given({ path: "/mnt/tank/apps" }), given({ name: `other-${given().name}` })]) {
        const { inputs } = await on.plugin.resource("SmbShare").check(wanted);
        const message = await on.failure(on.plugin.resource("SmbShare", "photos").create(inputs, true));
        expect(message).toContain(`SMB share ${theirs.id} "${given().name.toUpperCase()}" of /mnt/${on.name}`);
        expect(message).toContain(`pulumi import truenas:index:SmbShare photos ${theirs.id}`);
      }
    });

    test("one that was made but not remembered is taken back; another of ours may show the same directory", async () => {
      await withDataset();
      const first = await on.create("SmbShare", given(), "a");
      const again = await on.create("SmbShare", given({ readOnly: true }), "a");
      expect(again.id).toBe(first.id);
      expect(again.state["readOnly"]).toBe(true);
      const second = await on.create("SmbShare", given({ name: `${given().name}-2` }), "b");
      expect(second.id).not.toBe(first.id);
    });

    test("one whose answer was lost is found by its mark, and not made twice", async () => {
      await withDataset();
      on.nas.faults.set([{ on: { method: "sharing.smb.create" }, do: { kind: "cut", when: "during" } }]);
      const { id } = await on.create("SmbShare", given());
      on.nas.faults.clear();
      const made = await on.nas.admin<ShareRow[]>("sharing.smb.query", [["path", "=", `/mnt/${on.name}`]]);
      expect(made.map((row) => String(row.id))).toEqual([id]);
    });

    test("delete removes the share; gone already is fine", async () => {
      await withDataset();
      const { resource, inputs, id, state } = await on.create("SmbShare", given());
      await resource.delete(id, state, inputs);
      await resource.delete(id, state, inputs);
      expect((await resource.read(id, state, inputs)).id).toBe("");
      expect(await on.nas.admin("filesystem.stat", `/mnt/${on.name}`)).toMatchObject({ type: "DIRECTORY" });
    });
  });

  describe("SmbConfig", () => {
    const newer = { minimumProtocol: "SMB3", searchProtocols: ["SPOTLIGHT"], statefulFailover: false };
    const older = { enableSmb1: false };
    const [own, foreign] = version === "25.10" ? [older, newer] : [newer, older];

    test("settles, and names of the other version's settings are refused in preview and after", async () => {
      const wanted = { netbiosName: "box", workgroup: "HOME", encryption: "REQUIRED", adminGroup: "users" };
      const { id, resource, state, inputs } = await on.settled("SmbConfig", { ...wanted, ...own });
      expect(id).toBe("smb");
      expect(state).toMatchObject({ ...wanted, ...own });
      const { inputs: other } = await resource.check({ ...wanted, ...foreign });
      const property = Object.keys(foreign)[0] ?? "";
      const text = new RegExp(`^SmbConfig r\\d+: ${property} is no setting of TrueNAS ${version.replace(".", "\\.")}`);
      for (const preview of [true, false]) {
        expect(await on.failure(resource.create(other, preview))).toMatch(text);
        expect(await on.failure(resource.update(id, state, inputs, other, preview))).toMatch(text);
      }
      expect((await on.nas.admin<{ workgroup: string }>("smb.config")).workgroup).toBe("HOME");
    });

    test("properties that are left out are left alone, and stay when it goes", async () => {
      await on.nas.admin("smb.update", { description: "by hand", multichannel: true });
      const { resource, inputs, id, state } = await on.create("SmbConfig", { workgroup: "LAB" });
      expect(await resource.diff(state, inputs, inputs)).toEqual({});
      await resource.update(id, state, inputs, { ...inputs, adminGroup: "" });
      await resource.delete(id, state, inputs);
      expect(await on.nas.admin("smb.config")).toMatchObject({
        description: "by hand",
        multichannel: true,
        workgroup: "LAB",
        admin_group: null,
      });
    });
  });
});
