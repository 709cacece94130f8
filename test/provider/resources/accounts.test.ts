import { describe, expect, test } from "vitest";
import { isObject, type Properties, secret } from "../../../providers/base/values.ts";
import { onNas } from "./on-nas.ts";

interface UserRow {
  readonly id: number;
  readonly uid: number;
  readonly username: string;
  readonly groups: number[];
  readonly group: { id: number; bsdgrp_group: string };
  readonly locked: boolean;
  readonly smb: boolean;
}

interface GroupRow {
  readonly id: number;
  readonly gid: number;
  readonly name: string;
  readonly users: number[];
}

const lost = (method: string) => [{ on: { method }, do: { kind: "cut", when: "during" } }] as const;

describe.each(["25.10", "26.0"] as const)("accounts on TrueNAS %s", (version) => {
  const on = onNas(version);
  /** A name that no other test uses. */
  const own = () => on.name.slice("tank/apps/".length);
  const users = () => on.nas.admin<UserRow[]>("user.query");
  const groups = () => on.nas.admin<GroupRow[]>("group.query");
  const userOf = async (id: string) => (await users()).find((row) => row.id === Number(id));
  const groupNamed = async (name: string) => (await groups()).find((row) => row.name === name);
  const password = "correct horse battery";
  const someone = (more: Properties = {}) => ({ username: own(), fullName: "Some One", password, ...more });
  const passwordOf = (username: string) => on.nas.world.directory.passwords.get(username)?.password;

  describe("Group", () => {
    test("settles, with the number that the NAS chose, and is imported by number or name", async () => {
      const { id, state } = await on.settled("Group", { name: own() });
      expect(state["gid"]).toBe((await groupNamed(own()))?.gid);
      expect((await on.plugin.resource("Group").read(own())).id).toBe(id);
      await on.settled("Group", { name: `${own()}x`, gid: 41_000, smb: false }, "other");
    });

    test("its name changes in place, and members made by hand stay", async () => {
      const { resource, inputs, id, state } = await on.create("Group", { name: own() });
      await on.nas.admin("group.update", Number(id), { users: [1] });
      const renamed = { ...inputs, name: `${own()}-new` };
      const preview = await resource.update(id, state, inputs, renamed, true);
      expect(preview["gid"]).toBe(state["gid"]);
      const now = await resource.update(id, state, inputs, renamed);
      expect(now["name"]).toBe(`${own()}-new`);
      expect((await groupNamed(`${own()}-new`))?.users).toEqual([1]);
    });

    test("a number that was left to the NAS cannot be changed afterwards, which preview says", async () => {
      const { resource, inputs, id, state } = await on.create("Group", { name: own() });
      for (const preview of [true, false]) {
        const message = await on.failure(resource.update(id, state, inputs, { ...inputs, gid: 45_000 }, preview));
        expect(message).toMatch(/^gid is \d+ on the NAS and cannot become 45000: files on the NAS carry the number\./);
      }
      const same = { ...inputs, gid: state["gid"] ?? 0 };
      expect(await resource.diff(state, inputs, same)).toEqual({});
    });

    test("one of TrueNAS itself is refused, also for import", async () => {
      const { inputs } = await on.plugin.resource("Group").check({ name: "apps" });
      const text = "group apps belongs to TrueNAS itself; it is not managed from here.";
      expect(await on.failure(on.plugin.resource("Group").create(inputs, true))).toContain(text);
      expect(await on.failure(on.plugin.resource("Group").read("apps"))).toContain(text);
    });

    test("one that somebody else made is refused in preview", async () => {
      const id = await on.nas.admin<number>("group.create", { name: own(), gid: 46_000 });
      const { inputs } = await on.plugin.resource("Group").check({ name: own() });
      const message = await on.nextRun((run) => on.failure(run.resource("Group", "family").create(inputs, true)));
      expect(message).toContain(`group ${own()} (gid 46000) exists already`);
      expect(message).toContain(`pulumi import truenas:index:Group family ${id}`);
    });

    test("it is not removed while it is somebody's primary group, and nobody is removed with it", async () => {
      const { resource, inputs, id, state } = await on.create("Group", { name: own() }, "g");
      const user = await on.create("User", someone({ username: `${own()}u`, group: own() }), "u");
      const message = await on.failure(resource.delete(id, state, inputs));
      expect(message).toBe(
        `group ${id} is not removed, because it is the primary group of ${own()}u. Give them another one first.`,
      );
      await user.resource.delete(user.id, user.state, user.inputs);
      expect(await groupNamed(own())).toBeDefined();
      await resource.delete(id, state, inputs);
      await resource.delete(id, state, inputs);
      expect((await resource.read(id, state, inputs)).id).toBe("");
    });

    test("one whose answer was lost is not made twice", async () => {
      on.nas.faults.set([...lost("group.create")]);
      const { id, state } = await on.create("Group", { name: own() });
      on.nas.faults.clear();
      expect(state["gid"]).toBe((await groupNamed(own()))?.gid);
      expect(id).toBe(String((await groupNamed(own()))?.id));
    });
  });

  describe("User", () => {
    test("settles without a password, and is imported by number or name", async () => {
      await on.create("Group", { name: `${own()}g` }, "g");
      await on.create("Dataset", { name: on.name }, "d");
      const { id, state } = await on.settled("User", {
        username: own(),
        fullName: "Some One",
        uid: 50_000 + Number(own().slice(1)),
        group: "apps",
        groups: [`${own()}g`, "docker"],
        passwordDisabled: true,
        home: `/mnt/${on.name}`,
        shell: "/usr/bin/zsh",
        locked: true,
      });
      expect(state).toMatchObject({ group: "apps", locked: true, shell: "/usr/bin/zsh" });
      expect((await on.plugin.resource("User").read(own())).id).toBe(id);
    });

    test("for SMB, builtin_users is no difference; a group that somebody gave is", async () => {
      const { resource, inputs, id, state } = await on.create("User", someone({ smb: true }));
      const row = await userOf(id);
      expect(row?.groups).toHaveLength(1);
      expect(await resource.diff(state, inputs, inputs)).toEqual({});
      const docker = (await groupNamed("docker"))?.id ?? 0;
      await on.nas.admin("user.update", Number(id), { groups: [...(row?.groups ?? []), docker] });
      const seen = await resource.read(id, state, inputs);
      expect(await resource.diff(seen.state, seen.inputs, inputs)).toEqual({ groups: "update" });
      await resource.update(id, seen.state, inputs, inputs);
      expect((await userOf(id))?.groups).not.toContain(docker);
    });

    test("the password is set once, stored wrapped though the program did not mark it, and set again when it changes", async () => {
      on.nas.stats.reset();
      const { resource, inputs, id, state } = await on.create("User", someone());
      expect(on.nas.stats.calls.get("user.update") ?? 0).toBe(0);
      expect([inputs["password"], state["password"]]).toEqual([secret(password), secret(password)]);
      expect(passwordOf(own())).toBe(password);
      const refreshed = await resource.read(id, state, inputs);
      expect(refreshed).toEqual({ id, state, inputs });
      const { inputs: changed } = await resource.check(someone({ password: "another one" }), inputs);
      expect(await resource.diff(state, inputs, changed)).toEqual({ password: "update" });
      const now = await resource.update(id, state, inputs, changed);
      expect(now["password"]).toEqual(secret("another one"));
      expect(passwordOf(own())).toBe("another one");
      expect(await resource.diff(now, changed, changed)).toEqual({});
    });

    test("a password for an imported user is set", async () => {
      const { id } = await on.nas.admin<UserRow>("user.create", {
        username: own(),
        full_name: "Some One",
        smb: false,
        group_create: true,
        shell: "/usr/sbin/nologin",
        password: "by hand",
      });
      const resource = on.plugin.resource("User");
      const imported = await resource.read(String(id));
      const { inputs } = await resource.check(someone({ group: own() }), imported.inputs);
      expect(await resource.diff(imported.state, imported.inputs, inputs)).toEqual({ password: "add" });
      const without = await resource.check({ username: own(), fullName: "Some One" }, imported.inputs);
      expect(await resource.diff(imported.state, imported.inputs, without.inputs)).toEqual({});
      await resource.update(String(id), imported.state, imported.inputs, inputs);
      expect(passwordOf(own())).toBe(password);
    });

    test("an account needs a password or none on purpose, and a new one for SMB", async () => {
      const { password: _, ...none } = someone();
      const resource = on.plugin.resource("User");
      const { inputs: bare } = await resource.check(none);
      for (const preview of [true, false])
        expect(await on.failure(resource.create(bare, preview))).toBe(
          `user ${own()} needs a password, or passwordDisabled: true.`,
        );
      const { failures } = await resource.check({ ...none, passwordDisabled: true, smb: true });
      expect(failures).toEqual({ passwordDisabled: "cannot stand with smb: SMB users need a password" });
      const both = await resource.check({ ...someone(), passwordDisabled: true });
      expect(Object.keys(both.failures)).toEqual(["passwordDisabled"]);

      const { id, state } = await on.create("User", someone());
      const { inputs: forSmb } = await resource.check({ ...none, smb: true });
      expect(await on.failure(resource.update(id, state, bare, forSmb, true))).toBe(
        `user ${own()} needs its password for smb: the NAS makes the hash for SMB of it, and does not keep it.`,
      );
      const { inputs: withPassword } = await resource.check(someone({ smb: true }));
      const now = await resource.update(id, state, withPassword, withPassword);
      expect(now["smb"]).toBe(true);
    });

    test("every other input can be changed in place", async () => {
      await on.create("Group", { name: `${own()}g` }, "g");
      const { resource, inputs, id, state } = await on.create("User", someone());
      const { inputs: changed } = await resource.check(
        {
          username: `${own()}-new`,
          fullName: "Another Name",
          group: "apps",
          groups: [`${own()}g`],
          passwordDisabled: true,
          shell: "/usr/bin/zsh",
          locked: true,
        },
        inputs,
      );
      const now = await resource.update(id, state, inputs, changed);
      expect(now).toMatchObject(changed);
      expect(now["uid"]).toBe(state["uid"]);
    });

    test("a group that does not exist is named", async () => {
      const message = await on.failure(on.create("User", someone({ groups: ["nobodies", "docker"] })));
      expect(message).toContain("the NAS has no group nobodies.");
    });

    test("accounts of TrueNAS itself, and those that somebody else made, are refused", async () => {
      const resource = on.plugin.resource("User", "ada");
      const { inputs: system } = await resource.check(someone({ username: "root" }));
      const text = "user root belongs to TrueNAS itself; it is not managed from here.";
      expect(await on.failure(resource.create(system, true))).toContain(text);
      expect(await on.failure(resource.read("root"))).toContain(text);
      const theirs = await on.create("User", someone(), "theirs");
      const { inputs } = await resource.check(someone());
      const message = await on.failure(resource.create(inputs, true));
      expect(message).toContain(`pulumi import truenas:index:User ada ${theirs.id}`);
      expect(message).not.toContain(password);
    });

    test("its group goes with it when it was made with it and nobody else is in it", async () => {
      const { resource, inputs, id, state } = await on.create("User", someone());
      expect(state).toMatchObject({ group: own(), groupMade: true });
      await resource.delete(id, state, inputs);
      await resource.delete(id, state, inputs);
      expect(await groupNamed(own())).toBeUndefined();
    });

    test("a group that others are in stays", async () => {
      const { resource, inputs, id, state } = await on.create("User", someone(), "one");
      await on.create("User", someone({ username: `${own()}b`, groups: [own()] }), "two");
      await resource.delete(id, state, inputs);
      expect(await groupNamed(own())).toBeDefined();
    });

    test.each(["given", "of the same name"])("a group that was there before stays: %s", async (how) => {
      await on.nas.admin("group.create", { name: own() });
      const given = someone(how === "given" ? { group: own() } : {});
      const { resource, inputs, id, state } = await on.create("User", given);
      await resource.delete(id, state, inputs);
      expect(await groupNamed(own())).toBeDefined();
    });

    test("the home directory stays", async () => {
      await on.create("Dataset", { name: on.name }, "d");
      const { resource, inputs, id, state } = await on.create("User", someone({ home: `/mnt/${on.name}` }));
      await resource.delete(id, state, inputs);
      expect(await on.nas.admin("filesystem.stat", `/mnt/${on.name}`)).toMatchObject({ type: "DIRECTORY" });
    });

    test("one whose answer was lost is not made twice", async () => {
      on.nas.faults.set([...lost("user.create")]);
      const { id } = await on.create("User", someone());
      on.nas.faults.clear();
      expect((await users()).filter(({ username }) => username === own()).map((row) => String(row.id))).toEqual([id]);
      expect(passwordOf(own())).toBe(password);
    });

    test("the NAS may quote a password; nobody reads it", async () => {
      const { inputs } = await on.plugin.resource("User").check(someone({ username: own() }));
      on.nas.faults.set([
        { on: { method: "user.create" }, do: { kind: "fail", message: `the password ${password} is weak` } },
      ]);
      const message = await on.failure(on.plugin.resource("User").create(inputs));
      on.nas.faults.clear();
      expect(message).toContain("the password [secret] is weak");
      expect(JSON.stringify(on.plugin.log)).not.toContain(password);
    });
  });

  describe("Privilege", () => {
    test("settles, changes in place and is taken away", async () => {
      const group = await on.create("Group", { name: own() }, "g");
      const gid = group.state["gid"] ?? 0;
      const given = { name: own(), localGroups: [gid], roles: ["SNAPSHOT_WRITE", "DATASET_READ"] };
      const { resource, inputs, id, state } = await on.settled("Privilege", given);
      const { inputs: changed } = await resource.check({
        name: `${own()}-new`,
        localGroups: [],
        roles: ["POOL_READ"],
        webShell: true,
      });
      expect(await resource.update(id, state, inputs, changed)).toMatchObject(changed);
      await resource.delete(id, state, changed);
      await resource.delete(id, state, changed);
      expect((await resource.read(id, state, inputs)).id).toBe("");
    });

    test("groups of a directory service stay as they are", async () => {
      const { resource, inputs, id, state } = await on.create("Privilege", { name: own(), roles: ["POOL_READ"] });
      await on.nas.admin("privilege.update", Number(id), { ds_groups: [100_001] });
      await resource.update(id, state, inputs, { ...inputs, webShell: true });
      const row = await on.nas.admin<{ ds_groups: { gid: number }[] }>("privilege.get_instance", Number(id));
      expect(row.ds_groups.map(({ gid }) => gid)).toEqual([100_001]);
    });

    test("those of TrueNAS itself, and those that somebody else made, are refused", async () => {
      const resource = on.plugin.resource("Privilege", "keepers");
      const { inputs: system } = await resource.check({ name: "Local Administrator" });
      const text = 'privilege "Local Administrator" belongs to TrueNAS itself';
      expect(await on.failure(resource.create(system, true))).toContain(text);
      expect(await on.failure(resource.read("1"))).toContain(text);
      const theirs = await on.nas.admin<{ id: number }>("privilege.create", { name: own(), web_shell: false });
      const { inputs } = await resource.check({ name: own() });
      const message = await on.failure(resource.create(inputs, true));
      expect(message).toContain(`pulumi import truenas:index:Privilege keepers ${theirs.id}`);
    });

    test("a role that the NAS does not know is told with its property", async () => {
      const message = await on.failure(on.create("Privilege", { name: own(), roles: ["FLYING"] }));
      expect(message).toMatch(/^Privilege r\d+: the NAS refuses roles: Invalid role$/);
    });

    test("one whose answer was lost is not made twice", async () => {
      on.nas.faults.set([...lost("privilege.create")]);
      await on.create("Privilege", { name: own(), roles: ["POOL_READ"] });
      on.nas.faults.clear();
      expect(await on.nas.admin("privilege.query", [["name", "=", own()]])).toHaveLength(1);
    });
  });

  describe("ApiKey", () => {
    const key = (more: Properties = {}) => ({ name: own(), username: "truenas_admin", ...more });
    /** The text of a key that came wrapped. */
    const textOf = (state: Properties) => (isObject(state["key"]) ? String(state["key"]["value"]) : "not wrapped");
    const worksAs = (text: string) => on.nas.accounts.keyOf(text)?.username;

    test("settles; its text works, is wrapped though nobody marked it, and survives refresh and update", async () => {
      const expiresAt = "2040-01-01T00:00:00.000Z";
      const { resource, inputs, id, state } = await on.create("ApiKey", key({ expiresAt }));
      const text = textOf(state);
      expect(worksAs(text)).toBe("truenas_admin");
      const refreshed = await resource.read(id, state, inputs);
      expect(refreshed).toEqual({ id, state, inputs });
      const { inputs: changed } = await resource.check(key({ name: `${own()}-new` }), inputs);
      expect(await resource.diff(state, inputs, changed)).toEqual({ name: "update", expiresAt: "delete" });
      expect(textOf(await resource.update(id, state, inputs, changed, true))).toBe(text);
      const now = await resource.update(id, state, inputs, changed);
      expect([now["name"], now["expiresAt"], textOf(now)]).toEqual([`${own()}-new`, undefined, text]);
      expect(worksAs(text)).toBe("truenas_admin");
    });

    test("the same moment in other words is no difference", async () => {
      const { resource, inputs, state } = await on.create("ApiKey", key({ expiresAt: "2040-01-01T00:00:00.000Z" }));
      const same = { ...inputs, expiresAt: "2040-01-01T02:00:00+02:00" };
      expect(await resource.diff(state, inputs, same)).toEqual({});
      const { failures } = await resource.check(key({ expiresAt: "tomorrow" }));
      expect(failures["expiresAt"]).toContain("must be a time such as");
    });

    test("rotating issues a new text under the same name, and the old one stops", async () => {
      const { resource, inputs, id, state } = await on.create("ApiKey", key({ rotate: "january" }));
      const before = textOf(state);
      const { inputs: changed } = await resource.check(key({ rotate: "february" }), inputs);
      expect(await resource.diff(state, inputs, changed)).toEqual({ rotate: "update" });
      expect(textOf(await resource.update(id, state, inputs, changed, true))).not.toBe(before);
      const now = await resource.update(id, state, inputs, changed);
      expect(textOf(now)).not.toBe(before);
      expect([worksAs(before), worksAs(textOf(now))]).toEqual([undefined, "truenas_admin"]);
      expect(await resource.diff(now, changed, changed)).toEqual({});
      expect(JSON.stringify(on.plugin.log)).not.toContain(textOf(now).slice(-64));
    });

    test("an imported one has no text until it is rotated", async () => {
      const { id } = await on.nas.admin<{ id: number }>("api_key.create", key());
      const resource = on.plugin.resource("ApiKey");
      const imported = await resource.read(String(id));
      expect(imported.inputs).toEqual(key());
      expect(imported.state).toEqual({ ...key(), revoked: false });
      expect((await resource.read(own())).id).toBe(String(id));
      const { inputs } = await resource.check(key({ rotate: "1" }), imported.inputs);
      expect(await resource.diff(imported.state, imported.inputs, inputs)).toEqual({ rotate: "add" });
      const now = await resource.update(String(id), imported.state, imported.inputs, inputs);
      expect(worksAs(textOf(now))).toBe("truenas_admin");
    });

    test("when the answer with its text was lost, another text is issued for the key that was made", async () => {
      on.nas.faults.set([...lost("api_key.create")]);
      const { id, state } = await on.create("ApiKey", key());
      on.nas.faults.clear();
      expect(worksAs(textOf(state))).toBe("truenas_admin");
      expect(await on.nas.admin("api_key.query", [["name", "=", own()]])).toMatchObject([{ id: Number(id) }]);
    });

    test("when the look after its creation fails, the text is kept all the same", async () => {
      const resource = on.plugin.resource("ApiKey", "k");
      const { inputs } = await resource.check(key());
      // The first query looks for one of that name, the second one at what was made.
      on.nas.faults.set([{ on: { method: "api_key.query", call: 2 }, do: { kind: "fail" } }]);
      const half = await resource.create(inputs).catch((error: { metadata: { get(name: string): Buffer[] } }) => error);
      on.nas.faults.clear();
      const detail =
        "metadata" in half ? (half.metadata.get("grpc-status-details-bin")[0]?.toString("latin1") ?? "") : "";
      const text = /\d+-[A-Za-z0-9]{64}/.exec(detail)?.[0] ?? "none";
      expect(worksAs(text)).toBe("truenas_admin");
      expect(detail).toContain("1b47061264138c4ac30d75fd1eb44270");
    });

    test("one that somebody else made is refused in preview; another account too", async () => {
      const theirs = await on.nas.admin<{ id: number }>("api_key.create", key());
      const resource = on.plugin.resource("ApiKey", "backup");
      const { inputs } = await resource.check(key());
      const message = await on.failure(resource.create(inputs, true));
      expect(message).toContain(`API key ${theirs.id} "${own()}" of truenas_admin exists already`);
      expect(message).toContain(`pulumi import truenas:index:ApiKey backup ${theirs.id}`);
      const { failures } = await resource.check(key({ username: "apps" }), inputs);
      expect(failures["username"]).toContain("add a second ApiKey for the other account");
    });

    test("an account without a privilege is told with its property", async () => {
      const message = await on.failure(on.create("ApiKey", key({ username: "apps" })));
      expect(message).toMatch(/^ApiKey r\d+: the NAS refuses username: The user has no privilege/);
    });

    test("delete removes it; gone already is fine", async () => {
      const { resource, inputs, id, state } = await on.create("ApiKey", key());
      await resource.delete(id, state, inputs);
      await resource.delete(id, state, inputs);
      expect((await resource.read(id, state, inputs)).id).toBe("");
      expect(worksAs(textOf(state))).toBeUndefined();
    });
  });

  test("the package schema marks what is secret", async () => {
    const { resources } = (await on.plugin.schema()) as {
      resources: Record<string, { inputProperties: Record<string, Secret>; properties: Record<string, Secret> }>;
    };
    interface Secret {
      readonly secret?: boolean;
    }
    const user = resources["truenas:index:User"];
    const apiKey = resources["truenas:index:ApiKey"];
    expect([user?.inputProperties["password"]?.secret, user?.properties["password"]?.secret]).toEqual([true, true]);
    expect([apiKey?.properties["key"]?.secret, apiKey?.properties["name"]?.secret]).toEqual([true, undefined]);
  });
});
