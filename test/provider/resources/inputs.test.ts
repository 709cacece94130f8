import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Properties, PropertyValue } from "../../../providers/base/values.ts";
import { definitions } from "../../../providers/truenas/resources/index.ts";
import { type Plugin, startPlugin } from "../harness.ts";

interface Case {
  readonly base: Properties;
  /** Input -> [another value, the one path that must change, kind]. */
  readonly changes: Record<string, [PropertyValue, string, string]>;
}

const schedule = { minute: "00", hour: "*", dom: "*", month: "*", dow: "*", begin: "00:00", end: "23:59" };

const cases: Record<string, Case> = {
  Dataset: {
    base: {
      name: "tank/apps/a",
      comments: "text",
      recordsize: "128K",
      compression: "LZ4",
      atime: "ON",
      sync: "STANDARD",
      quota: 2 ** 31,
      refquota: 2 ** 30,
      casesensitivity: "SENSITIVE",
      acltype: "POSIX",
      aclmode: "DISCARD",
      exec: "ON",
      readonly: "OFF",
      snapdir: "HIDDEN",
      shareType: "GENERIC",
      userProperties: { "owner:a": "1" },
      onDelete: "retain",
    },
    changes: {
      name: ["tank/apps/b", "name", "refused"],
      comments: ["other", "comments", "update"],
      recordsize: ["1M", "recordsize", "update"],
      compression: ["ZSTD", "compression", "update"],
      atime: ["OFF", "atime", "update"],
      sync: ["ALWAYS", "sync", "update"],
      quota: [2 ** 32, "quota", "update"],
      refquota: [2 ** 31, "refquota", "update"],
      casesensitivity: ["INSENSITIVE", "casesensitivity", "refused"],
      acltype: ["OFF", "acltype", "update"],
      aclmode: ["PASSTHROUGH", "aclmode", "update"],
      exec: ["OFF", "exec", "update"],
      readonly: ["ON", "readonly", "update"],
      snapdir: ["VISIBLE", "snapdir", "update"],
      shareType: ["SMB", "shareType", "refused"],
      userProperties: [{ "owner:a": "2" }, 'userProperties["owner:a"]', "update"],
      onDelete: ["destroy", "onDelete", "update"],
    },
  },
  DatasetOwnership: {
    base: { root: "tank/apps", datasets: ["tank/apps", "tank/apps/a"] },
    changes: { root: ["tank/other", "root", "refused"], datasets: [["tank/apps"], "datasets", "update"] },
  },
  FilesystemPermissions: {
    base: { path: "/mnt/tank/apps/a", uid: 1000, gid: 1000, mode: "0770", recursive: false },
    changes: {
      path: ["/mnt/tank/apps/b", "path", "update-replace"],
      uid: [0, "uid", "update"],
      gid: [0, "gid", "update"],
      mode: ["0700", "mode", "update"],
      recursive: [true, "recursive", "update"],
    },
  },
  NfsConfig: {
    base: { protocols: ["NFSV4"], servers: 8, bindAddresses: ["10.0.0.1"], v4Domain: "home", allowNonroot: false },
    changes: {
      protocols: [["NFSV3", "NFSV4"], "protocols", "update"],
      servers: ["auto", "servers", "update"],
      bindAddresses: [[], "bindAddresses", "update"],
      v4Domain: ["lab", "v4Domain", "update"],
      allowNonroot: [true, "allowNonroot", "update"],
    },
  },
  NfsShare: {
    base: {
      path: "/mnt/tank/apps/a",
      comment: "a",
      networks: ["10.0.0.0/24"],
      hosts: ["10.1.0.1"],
      readOnly: false,
      maprootUser: "root",
      maprootGroup: "wheel",
      mapallUser: "",
      mapallGroup: "",
      security: ["SYS"],
      enabled: true,
    },
    changes: {
      path: ["/mnt/tank/apps/b", "path", "update"],
      comment: ["b", "comment", "update"],
      networks: [["10.0.1.0/24"], "networks", "update"],
      hosts: [["10.1.0.2"], "hosts", "update"],
      readOnly: [true, "readOnly", "update"],
      maprootUser: ["nobody", "maprootUser", "update"],
      maprootGroup: ["nogroup", "maprootGroup", "update"],
      mapallUser: ["nobody", "mapallUser", "update"],
      mapallGroup: ["nogroup", "mapallGroup", "update"],
      security: [["KRB5"], "security", "update"],
      enabled: [false, "enabled", "update"],
    },
  },
  Service: {
    base: { name: "nfs", enabled: true, running: true },
    changes: {
      name: ["ssh", "name", "update-replace"],
      enabled: [false, "enabled", "update"],
      running: [false, "running", "update"],
    },
  },
  SnapshotTask: {
    base: {
      dataset: "tank/apps",
      recursive: true,
      exclude: ["tank/apps/a"],
      lifetimeValue: 1,
      lifetimeUnit: "DAY",
      namingSchema: "hs-%Y-%m-%d_%H-%M",
      schedule,
      allowEmpty: true,
      enabled: true,
    },
    changes: {
      dataset: ["tank/other", "dataset", "update"],
      recursive: [false, "recursive", "update"],
      exclude: [["tank/apps/b"], "exclude", "update"],
      lifetimeValue: [2, "lifetimeValue", "update"],
      lifetimeUnit: ["WEEK", "lifetimeUnit", "update"],
      namingSchema: ["hs2-%Y-%m-%d_%H-%M", "namingSchema", "update"],
      schedule: [{ ...schedule, hour: "3" }, "schedule.hour", "update"],
      allowEmpty: [false, "allowEmpty", "update"],
      enabled: [false, "enabled", "update"],
    },
  },
};

let plugin: Plugin;
beforeAll(async () => {
  plugin = await startPlugin();
});
afterAll(() => plugin.stop());

test("every resource type has its table", () => {
  expect(Object.keys(cases).sort()).toEqual(definitions.map(({ type }) => type.split(":")[2]).sort());
});

describe.each(definitions.map((definition) => [definition.type.split(":")[2] ?? "", definition] as const))(
  "%s",
  (name, definition) => {
    const { base, changes } = cases[name] as Case;

    test("the table names every input", () => {
      expect(Object.keys(changes).sort()).toEqual(Object.keys(definition.inputs.shape).sort());
      expect(Object.keys(base).sort()).toEqual(Object.keys(definition.inputs.shape).sort());
    });

    test("nothing changed, nothing differs", async () => {
      const resource = plugin.resource(name);
      const { inputs, failures } = await resource.check(base);
      expect(failures).toEqual({});
      expect(inputs).toEqual(base);
      expect(await resource.diff(base, base, inputs)).toEqual({});
    });

    test.each(Object.entries(changes))("a change of %s shows as exactly that", async (input, [value, path, kind]) => {
      const resource = plugin.resource(name);
      const changed = { ...base, [input]: value };
      if (kind === "refused") {
        const { failures } = await resource.check(changed, base);
        expect(Object.keys(failures)).toEqual([path]);
        expect(failures[path]).toMatch(/^cannot change from .+: .+/);
        return;
      }
      expect(await resource.diff(base, base, changed)).toEqual({ [path]: kind });
    });

    test.each(Object.entries(changes).filter(([, [, , kind]]) => kind === "update"))(
      "a drift of %s on the NAS shows as exactly that",
      async (input, [value, path]) => {
        const { local, writeOnly } = definition.traits[input] ?? {};
        const drifted = await plugin.resource(name).diff({ ...base, [input]: value }, base, base);
        expect(drifted).toEqual(local || writeOnly ? {} : { [path]: "update" });
      },
    );
  },
);
