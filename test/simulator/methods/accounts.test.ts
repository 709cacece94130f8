import { describe, expect, it } from "vitest";
import type { ApiVersion } from "../../../simulator/nas/method.ts";
import { attributes, type Nas, nas, refusal, start } from "./harness.ts";

interface UserRow {
  readonly id: number;
  readonly uid: number;
  readonly group: { id: number; bsdgrp_group: string; bsdgrp_gid: number };
  readonly groups: number[];
  readonly roles: string[];
  readonly password?: string | null;
}

const groupId = (on: Nas, name: string) => on.world.directory.group(name)?.id ?? -1;
const ada = { username: "ada", full_name: "Ada", smb: false, group_create: true, password: "correct horse" };

describe.each<ApiVersion>(["25.10", "26.0"])("accounts of %s", (version) => {
  describe("groups", () => {
    it("get the next number from 3000 unless one is given, and answer with the id alone", async () => {
      const on = nas({ version });
      const first = await on.call<number>("group.create", { name: "family" });
      const second = await on.call<number>("group.create", { name: "friends", gid: 5000 });
      const third = await on.call<number>("group.create", { name: "guests" });
      const gids = on.world.directory.groups.filter(({ id }) => [first, second, third].includes(id));
      expect(gids.map(({ gid }) => gid)).toEqual([3000, 5000, 3001]);
      expect(await on.call("group.update", first, { name: "kin" })).toBe(first);
      expect(await on.call("group.delete", first)).toBe(first);
    });

    it("have a name and a number of their own", async () => {
      const on = nas({ version });
      expect(await refusal(on.call("group.create", { name: "apps" }))).toEqual([
        ["group_create.name", 'A group with the name "apps" exists already.', 17],
      ]);
      expect(await attributes(on.call("group.create", { name: "a b", gid: 568 }))).toEqual([
        "group_create.name",
        "group_create.gid",
      ]);
      expect(await attributes(on.call("group.create", { name: "x", users: [999] }))).toEqual(["group_create.users.0"]);
    });

    it("of the system stay; a granted one stays; members of a deleted one fall back to nogroup", async () => {
      const on = nas({ version });
      expect(await refusal(on.call("group.delete", groupId(on, "apps")))).toMatchObject({ errno: 13 });
      expect(await attributes(on.call("group.update", groupId(on, "apps"), { name: "x" }))).toEqual([
        "group_update.name",
      ]);
      const id = await on.call<number>("group.create", { name: "family", gid: 4000 });
      const privilege = await on.call("privilege.create", { name: "p", local_groups: [4000], web_shell: false });
      expect(await refusal(on.call("group.delete", id))).toMatchObject({ errno: 13 });
      await on.call("privilege.delete", privilege["id"]);
      const user = await on.call<UserRow>("user.create", { ...ada, group_create: false, group: id });
      await on.call("group.delete", id);
      const after = await on.call<UserRow>("user.get_instance", user.id);
      expect(after.group.bsdgrp_group).toBe("nogroup");
    });
  });

  describe("users", () => {
    it("take a group by database id, or get one of their own", async () => {
      const on = nas({ version });
      const own = await on.call<UserRow>("user.create", { ...ada, uid: 4001 });
      expect([own.uid, own.group.bsdgrp_group, own.group.bsdgrp_gid]).toEqual([4001, "ada", 4001]);
      const existing = await on.call<number>("group.create", { name: "eva" });
      expect((await on.call<UserRow>("user.create", { ...ada, username: "eva" })).group.id).toBe(existing);
      const id = await on.call<number>("group.create", { name: "family", gid: 4100 });
      const bob = { ...ada, username: "bob", group_create: false };
      expect((await on.call<UserRow>("user.create", { ...bob, group: id })).group.bsdgrp_gid).toBe(4100);
      expect(await attributes(on.call("user.create", { ...ada, username: "eve", group: id }))).toEqual([
        "user_create.group",
      ]);
      expect(await attributes(on.call("user.create", { ...bob, username: "eve" }))).toEqual(["user_create.group"]);
      expect(await refusal(on.call("user.create", { ...bob, username: "eve", group: 4100 }))).toEqual([
        ["user_create.group", "Group 4100 not found", 2],
      ]);
    });

    it("need a password that fits", async () => {
      const on = nas({ version });
      const { password: _, ...none } = ada;
      expect(await attributes(on.call("user.create", none))).toEqual(["user_create.password"]);
      expect(await attributes(on.call("user.create", { ...ada, password_disabled: true }))).toEqual([
        "user_create.password",
      ]);
      expect(await attributes(on.call("user.create", { ...none, password_disabled: true, smb: true }))).toEqual([
        "user_create.password_disabled",
      ]);
      const given = await on.call<UserRow>("user.create", ada);
      expect(given.password).toBeNull();
      const random = await on.call<UserRow>("user.create", { ...none, username: "bob", random_password: true });
      expect(random.password).toMatch(/^[\w-]{16}$/);
      expect(on.world.directory.passwords.get("ada")?.password).toBe("correct horse");
      expect(on.world.directory.passwords.get("bob")?.password).toBe(random.password);
    });

    it("need a new password when SMB is turned on, and join builtin_users", async () => {
      const on = nas({ version });
      const { id } = await on.call<UserRow>("user.create", ada);
      expect(await attributes(on.call("user.update", id, { smb: true }))).toEqual(["user_update.smb"]);
      const now = await on.call<UserRow>("user.update", id, { smb: true, password: "new" });
      expect(now.groups).toEqual([groupId(on, "builtin_users")]);
    });

    it("have a name, a number, a home and a shell that are possible", async () => {
      const on = nas({ version, datasets: ["big/homes"] });
      const wrong = (extra: object) => attributes(on.call("user.create", { ...ada, ...extra }));
      expect(await wrong({ username: "root" })).toContain("user_create.username");
      expect(await wrong({ username: "-x" })).toEqual(["user_create.username"]);
      expect(await wrong({ uid: 568 })).toEqual(["user_create.uid"]);
      expect(await wrong({ full_name: "a:b" })).toEqual(["user_create.full_name"]);
      expect(await wrong({ shell: "/bin/none" })).toEqual(["user_create.shell"]);
      expect(await wrong({ home: "/tmp" })).toEqual(["user_create.home"]);
      expect(await wrong({ home: "/mnt/big" })).toEqual(["user_create.home"]);
      expect(await wrong({ home: "/mnt/big/none" })).toEqual(["user_create.home"]);
      expect(await wrong({ groups: [12345] })).toEqual(["user_create.groups"]);
      await on.call("user.create", { ...ada, home: "/mnt/big/homes", shell: "/usr/sbin/nologin" });
      expect(await refusal(on.call("user.create", ada))).toContainEqual([
        "user_create.username",
        'The username "ada" exists already.',
        17,
      ]);
    });

    it("of the system keep their names and are not deleted", async () => {
      const on = nas({ version });
      const { id } = on.world.directory.user("apps") ?? { id: -1 };
      expect(await attributes(on.call("user.update", id, { username: "x", home: "/mnt/big/x" }))).toEqual([
        "user_update.username",
        "user_update.home",
        "user_update.home",
      ]);
      expect(await refusal(on.call("user.delete", id))).toMatchObject({ errno: 22 });
    });

    it("are deleted with their group by default, unless others have it as theirs", async () => {
      const on = nas({ version });
      const { id } = await on.call<UserRow>("user.create", ada);
      const own = groupId(on, "ada");
      const bob = await on.call<UserRow>("user.create", { ...ada, username: "bob", group_create: false, group: own });
      await on.call("user.delete", id);
      expect(groupId(on, "ada")).toBe(own);
      await on.call("user.delete", bob.id, { delete_group: false });
      expect(groupId(on, "ada")).toBe(own);
      const eve = await on.call<UserRow>("user.create", { ...ada, username: "eve", group_create: false, group: own });
      const dan = await on.call<UserRow>("user.create", { ...ada, username: "dan", groups: [own] });
      expect(await on.call("user.delete", eve.id)).toBe(eve.id);
      expect(groupId(on, "ada")).toBe(-1);
      expect((await on.call<UserRow>("user.get_instance", dan.id)).groups).toEqual([]);
    });
  });

  describe("privileges", () => {
    it("give roles to the members of groups", async () => {
      const on = nas({ version });
      const group = await on.call<number>("group.create", { name: "keepers", gid: 4000 });
      const user = await on.call<UserRow>("user.create", { ...ada, groups: [group] });
      expect(user.roles).toEqual([]);
      const privilege = await on.call("privilege.create", {
        name: "keepers",
        local_groups: [4000],
        roles: ["SNAPSHOT_WRITE"],
        web_shell: false,
      });
      expect(privilege).toMatchObject({ local_groups: [{ gid: 4000, name: "keepers" }], builtin_name: null });
      expect((await on.call<UserRow>("user.get_instance", user.id)).roles).toEqual(["SNAPSHOT_WRITE"]);
    });

    it("have a name of their own, known roles and existing groups", async () => {
      const on = nas({ version });
      const wrong = { name: "Local Administrator", local_groups: [4000], roles: ["NONE"], web_shell: false };
      expect(await attributes(on.call("privilege.create", wrong))).toEqual([
        "privilege_create.name",
        "privilege_create.local_groups.0",
        "privilege_create.roles.0",
      ]);
      const webshare = { name: "w", roles: ["SHARING_WEBSHARE_READ"], web_shell: false };
      if (version === "26.0") await on.call("privilege.create", webshare);
      else expect(await attributes(on.call("privilege.create", webshare))).toEqual(["privilege_create.roles.0"]);
    });

    it("of the system keep what they are, and somebody stays who can log in", async () => {
      const on = nas({ version });
      const change = { name: "x", roles: [], web_shell: false };
      expect(await attributes(on.call("privilege.update", 1, change))).toEqual([
        "privilege_update.name",
        "privilege_update.roles",
        "privilege_update.web_shell",
      ]);
      expect(await attributes(on.call("privilege.update", 1, { local_groups: [] }))).toEqual([
        "privilege_update.local_groups",
      ]);
      expect(await refusal(on.call("privilege.delete", 1))).toMatchObject({ errno: 22 });
    });
  });

  describe("API keys", () => {
    it("tell their text once, and again only when they are issued anew", async () => {
      const on = nas({ version });
      const made = await on.call("api_key.create", { name: "backup", username: "truenas_admin" });
      expect(made["key"]).toMatch(/^1-\w{64}$/);
      expect("client_key" in made).toBe(version === "26.0");
      expect(await on.call("api_key.get_instance", 1)).not.toHaveProperty("key");
      expect(await on.call("api_key.update", 1, { name: "other" })).not.toHaveProperty("key");
      const again = await on.call("api_key.update", 1, { reset: true });
      expect(again["key"]).toMatch(/^1-\w{64}$/);
      expect(again["key"]).not.toBe(made["key"]);
      expect(JSON.stringify(on.events)).not.toContain(String(again["key"]).slice(2));
    });

    it("need a name of their own, a user with a privilege and a future", async () => {
      const on = nas({ version });
      await on.call("api_key.create", { name: "backup", username: "truenas_admin" });
      const past = { name: "backup", username: "nobody", expires_at: new Date(start - 1) };
      expect(await attributes(on.call("api_key.create", past))).toEqual([
        "api_key_create.name",
        "api_key_create.username",
        "api_key_create.expires_at",
      ]);
      expect(await refusal(on.call("api_key.update", 77, { reset: true }))).toBe("MatchNotFound");
    });

    it("of a deleted user are revoked", async () => {
      const on = nas({ version });
      const user = await on.call<UserRow>("user.create", {
        ...ada,
        groups: [groupId(on, "truenas_readonly_administrators")],
      });
      await on.call("api_key.create", { name: "hers", username: "ada" });
      await on.call("user.delete", user.id);
      expect(await on.call("api_key.get_instance", 1)).toMatchObject({ revoked: true, username: null });
    });
  });
});
