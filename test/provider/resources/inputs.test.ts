import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Properties, type PropertyValue, secret } from "../../../providers/base/values.ts";
import { definitions } from "../../../providers/truenas/resources/index.ts";
import { type Plugin, startPlugin } from "../harness.ts";

interface Case {
  readonly base: Properties;
  /** Input -> [another value, the one path that must change, kind]. */
  readonly changes: Record<string, [PropertyValue, string, string]>;
}

const schedule = { minute: "00", hour: "*", dom: "*", month: "*", dow: "*", begin: "00:00", end: "23:59" };

const cases: Record<string, Case> = {
  ApiKey: {
    base: { name: "backup", username: "ada", expiresAt: "2030-01-01T00:00:00.000Z", rotate: "1" },
    changes: {
      name: ["other", "name", "update"],
      username: ["bob", "username", "refused"],
      expiresAt: ["2031-01-01T00:00:00Z", "expiresAt", "update"],
      rotate: ["2", "rotate", "update"],
    },
  },
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
    base: { path: "/mnt/tank/apps/a", uid: 1000, gid: 1000, mode: "0770", acl: [], recursive: false },
    changes: {
      acl: [[{ tag: "owner@", perms: ["FULL_CONTROL"], flags: ["INHERIT"] }], "acl", "update"],
      path: ["/mnt/tank/apps/b", "path", "update-replace"],
      uid: [0, "uid", "update"],
      gid: [0, "gid", "update"],
      mode: ["0700", "mode", "update"],
      recursive: [true, "recursive", "update"],
    },
  },
  Group: {
    base: { name: "family", gid: 4000, smb: true },
    changes: {
      name: ["kin", "name", "update"],
      gid: [4001, "gid", "refused"],
      smb: [false, "smb", "update"],
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
  Privilege: {
    base: { name: "keepers", localGroups: [4000], roles: ["SNAPSHOT_WRITE"], webShell: false },
    changes: {
      name: ["others", "name", "update"],
      localGroups: [[4001], "localGroups", "update"],
      roles: [["SNAPSHOT_READ"], "roles", "update"],
      webShell: [true, "webShell", "update"],
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
  SmbConfig: {
    base: {
      netbiosName: "nas",
      netbiosAliases: ["store"],
      workgroup: "HOME",
      description: "a NAS",
      minimumProtocol: "SMB2",
      enableSmb1: false,
      searchProtocols: [],
      statefulFailover: false,
      encryption: "DEFAULT",
      appleExtensions: false,
      ntlmv1Auth: false,
      multichannel: false,
      guestAccount: "nobody",
      adminGroup: "",
      bindAddresses: ["10.0.0.1"],
      fileMask: "DEFAULT",
      directoryMask: "DEFAULT",
      unixCharset: "UTF-8",
      localMaster: true,
      syslog: false,
      debug: false,
      auxiliaryParameters: "",
    },
    changes: {
      netbiosName: ["box", "netbiosName", "update"],
      netbiosAliases: [[], "netbiosAliases", "update"],
      workgroup: ["LAB", "workgroup", "update"],
      description: ["mine", "description", "update"],
      minimumProtocol: ["SMB3", "minimumProtocol", "update"],
      enableSmb1: [true, "enableSmb1", "update"],
      searchProtocols: [["SPOTLIGHT"], "searchProtocols", "update"],
      statefulFailover: [true, "statefulFailover", "update"],
      encryption: ["REQUIRED", "encryption", "update"],
      appleExtensions: [true, "appleExtensions", "update"],
      ntlmv1Auth: [true, "ntlmv1Auth", "update"],
      multichannel: [true, "multichannel", "update"],
      guestAccount: ["guest", "guestAccount", "update"],
      adminGroup: ["admins", "adminGroup", "update"],
      bindAddresses: [[], "bindAddresses", "update"],
      fileMask: ["0660", "fileMask", "update"],
      directoryMask: ["0770", "directoryMask", "update"],
      unixCharset: ["GBK", "unixCharset", "update"],
      localMaster: [false, "localMaster", "update"],
      syslog: [true, "syslog", "update"],
      debug: [true, "debug", "update"],
      auxiliaryParameters: ["log level = 2", "auxiliaryParameters", "update"],
    },
  },
  SmbShare: {
    base: {
      name: "Photos",
      path: "/mnt/tank/apps/a",
      purpose: "DEFAULT_SHARE",
      options: { hostsAllow: ["10.0.0.0/24"], appleNameMangling: true },
      comment: "a",
      readOnly: false,
      browsable: true,
      accessBasedEnumeration: false,
      audit: { enable: false, watchList: [], ignoreList: [] },
      enabled: true,
    },
    changes: {
      name: ["Pictures", "name", "update"],
      path: ["/mnt/tank/apps/b", "path", "update"],
      purpose: ["MULTIPROTOCOL_SHARE", "purpose", "update"],
      options: [{ hostsAllow: ["10.0.1.0/24"], appleNameMangling: true }, "options.hostsAllow", "update"],
      comment: ["b", "comment", "update"],
      readOnly: [true, "readOnly", "update"],
      browsable: [false, "browsable", "update"],
      accessBasedEnumeration: [true, "accessBasedEnumeration", "update"],
      audit: [{ enable: true, watchList: [], ignoreList: [] }, "audit.enable", "update"],
      enabled: [false, "enabled", "update"],
    },
  },
  Snapshot: {
    base: { dataset: "tank/apps", name: "before-upgrade", recursive: false, hold: false, onDelete: "retain" },
    changes: {
      dataset: ["tank/other", "dataset", "update-replace"],
      name: ["after", "name", "update-replace"],
      recursive: [true, "recursive", "refused"],
      hold: [true, "hold", "update"],
      onDelete: ["destroy", "onDelete", "update"],
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
  User: {
    base: {
      username: "ada",
      fullName: "Ada",
      uid: 4000,
      group: "family",
      groups: ["media"],
      password: secret("correct horse"),
      passwordDisabled: false,
      smb: true,
      home: "/mnt/tank/homes",
      shell: "/usr/bin/zsh",
      locked: false,
    },
    changes: {
      username: ["bob", "username", "update"],
      fullName: ["Bob", "fullName", "update"],
      uid: [4001, "uid", "refused"],
      group: ["friends", "group", "update"],
      groups: [["media", "books"], "groups", "update"],
      password: [secret("battery staple"), "password", "update"],
      passwordDisabled: [true, "passwordDisabled", "update"],
      smb: [false, "smb", "update"],
      home: ["/var/empty", "home", "update"],
      shell: ["/usr/sbin/nologin", "shell", "update"],
      locked: [true, "locked", "update"],
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
        const { local, writeOnly, unreadable } = definition.traits[input] ?? {};
        const drifted = await plugin.resource(name).diff({ ...base, [input]: value }, base, base);
        expect(drifted).toEqual(local || writeOnly || unreadable ? {} : { [path]: "update" });
      },
    );
  },
);
