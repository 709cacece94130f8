import { describe, expect, test } from "vitest";
import type { Properties } from "../../../providers/base/values.ts";
import { safetySnapshotName } from "../../../providers/truenas/client/safety-snapshots.ts";
import { aclFailures, sameAcl } from "../../../providers/truenas/resources/acl.ts";
import { onNas } from "./on-nas.ts";

type Acl = Parameters<typeof aclFailures>[0];

const posix: Acl = [
  { tag: "USER_OBJ", perms: ["READ", "WRITE", "EXECUTE"] },
  { tag: "GROUP_OBJ", perms: ["READ", "EXECUTE"] },
  { tag: "OTHER", perms: [] },
  { tag: "MASK", perms: ["READ", "WRITE", "EXECUTE"] },
  { tag: "USER", id: 568, perms: ["READ", "WRITE"] },
];
const nfs4: Acl = [
  { tag: "GROUP", id: 568, perms: ["WRITE_DATA", "APPEND_DATA"], type: "DENY", flags: ["NOINHERIT"] },
  { tag: "owner@", perms: ["FULL_CONTROL"], type: "ALLOW", flags: ["INHERIT"] },
  { tag: "USER", id: 568, perms: ["MODIFY"], type: "ALLOW", flags: ["INHERIT"] },
];

describe("a list", () => {
  test.each<[string, Acl, string]>([
    ["without its base entries", posix.slice(1), "needs an entry for USER_OBJ"],
    ["with a named user and no mask", posix.filter(({ tag }) => tag !== "MASK"), "needs an entry for MASK"],
    ["with two entries for one", [...posix, ...posix.slice(-1)], "has two entries for USER568"],
    [
      "for new files that is not whole",
      [...posix, { tag: "OTHER", perms: [], default: true }],
      "USER_OBJ with default",
    ],
    ["that says what a mode says", posix.slice(0, 3), "says no more than a mode does"],
    ["of both kinds", [...posix, { tag: "owner@", perms: ["READ"] }], "owner@ is of an NFSv4 list"],
    ["with permissions of the other kind", [{ tag: "USER_OBJ", perms: ["READ_DATA"] }], "READ_DATA is no permission"],
    ["with a simple name and others", [{ tag: "owner@", perms: ["MODIFY", "READ_ACL"] }], "MODIFY stands for several"],
    ["with an unnamed user", [{ tag: "USER", perms: ["MODIFY"] }], "USER needs an id"],
    ["with a numbered owner", [{ tag: "owner@", id: 5, perms: ["MODIFY"] }], "owner@ takes no id"],
  ])("%s is refused before the NAS sees it", (_what, acl, reason) => {
    expect(aclFailures(acl).map((failure) => failure.reason)).toContainEqual(expect.stringContaining(reason));
  });

  test("that is right passes", () => {
    expect([posix, nfs4, []].flatMap(aclFailures)).toEqual([]);
  });

  const same = (a: unknown, b: unknown) => sameAcl(a as never, b as never);
  test("is compared by what it means", () => {
    expect(same(posix, [...posix].reverse())).toBe(true);
    expect(same(posix, posix.slice(1))).toBe(false);
    const modify = ["READ_DATA", "WRITE_DATA", "APPEND_DATA", "READ_NAMED_ATTRS", "WRITE_NAMED_ATTRS", "EXECUTE"];
    const rest = ["DELETE", "DELETE_CHILD", "READ_ATTRIBUTES", "WRITE_ATTRIBUTES", "READ_ACL", "SYNCHRONIZE"];
    const spelled = { tag: "owner@", perms: [...modify, ...rest], flags: ["DIRECTORY_INHERIT", "FILE_INHERIT"] };
    expect(same([{ tag: "owner@", perms: ["MODIFY"], flags: ["INHERIT"] }], [{ ...spelled, type: "ALLOW" }])).toBe(
      true,
    );
    expect(same([{ tag: "owner@", perms: ["MODIFY"] }], [spelled])).toBe(false);
    expect(same([nfs4[1], nfs4[0], nfs4[2]], nfs4)).toBe(true);
    expect(same(nfs4, [nfs4[1], nfs4[0], nfs4[2]])).toBe(false);
    expect(same([], undefined)).toBe(true);
  });
});

describe.each(["25.10", "26.0"] as const)("FilesystemPermissions on TrueNAS %s", (version) => {
  const on = onNas(version);
  const path = () => `/mnt/${on.name}`;
  const safety = async () =>
    (await on.nas.admin<{ id: string }[]>("pool.snapshot.query", [["dataset", "=", on.name]])).map(({ id }) => id);
  const stat = () => on.nas.admin<{ uid: number; mode: number; acl: boolean }>("filesystem.stat", path());

  test("a POSIX list settles, comes back when it drifts, and is dropped on request with a snapshot first", async () => {
    await on.create("Dataset", { name: on.name, acltype: "POSIX", aclmode: "DISCARD" });
    const { resource, inputs, id, state } = await on.settled("FilesystemPermissions", {
      path: path(),
      uid: 568,
      acl: posix as never,
    });
    expect(await stat()).toMatchObject({ uid: 568, acl: true });
    expect(await safety()).toEqual([]);

    const [first, ...others] = posix;
    const wider = { ...first, perms: ["READ"] };
    const drift = [wider, ...others].map(({ tag, id: who = -1, perms }) => ({
      tag,
      id: who,
      default: false,
      perms: Object.fromEntries(["READ", "WRITE", "EXECUTE"].map((name) => [name, perms?.includes(name as never)])),
    }));
    await on.nas.admin("filesystem.setacl", { path: path(), dacl: drift });
    const repaired = await on.nextRun(async (run) => {
      const again = run.resource("FilesystemPermissions");
      const seen = await again.read(id, state, inputs);
      expect(await again.diff(seen.state, seen.inputs, inputs)).toEqual({ acl: "update" });
      return again.update(id, seen.state, inputs, inputs);
    });
    expect(sameAcl(inputs["acl"] ?? null, repaired["acl"])).toBe(true);

    const none = { ...inputs, acl: [], mode: "0700" };
    const dropped = await resource.update(id, repaired, inputs, none);
    expect(dropped).toMatchObject({ acl: [], mode: "0700" });
    expect(await stat()).toMatchObject({ acl: false, mode: 0o040700 });
    expect(await safety()).toEqual([expect.stringMatching(/@hs-before-permissions-\d{8}T\d{6}Z-14d$/)]);
    expect(on.plugin.log.map(({ message }) => message)).toContainEqual(expect.stringContaining("is kept for 14 days"));
  });

  test("an NFSv4 list settles, whatever order it was written in", async () => {
    await on.create("Dataset", { name: on.name, shareType: "SMB" });
    await on.settled("FilesystemPermissions", { path: path(), acl: nfs4 as never });
    const [deny, owner, user] = nfs4;
    const { inputs } = await on.plugin.resource("FilesystemPermissions").check({
      path: path(),
      acl: [user, deny, owner] as never,
    });
    const { state } = await on.plugin.resource("FilesystemPermissions").create(inputs);
    expect(await on.plugin.resource("FilesystemPermissions").diff(state, inputs, inputs)).toEqual({});
  });

  test("an owner is changed without touching the list that is there; the mode alone is not", async () => {
    await on.create("Dataset", { name: on.name, shareType: "SMB" });
    const { resource, inputs, id, state } = await on.create("FilesystemPermissions", { path: path(), uid: 1000 });
    expect(await stat()).toMatchObject({ uid: 1000, acl: true });
    expect(await safety()).toEqual([]);
    const message = await on.failure(resource.update(id, state, inputs, { ...inputs, mode: "0700" }));
    expect(message).toContain("from which its mode follows");
    expect(await stat()).toMatchObject({ acl: true });
  });

  test("a recursive change takes a snapshot first, and keeps lists below", async () => {
    await on.create("Dataset", { name: on.name, acltype: "POSIX", aclmode: "DISCARD" });
    on.nas.world.files.mkdir(`${path()}/below`, { uid: 0, gid: 0, mode: 0o755 });
    const { resource, inputs, id, state } = await on.create("FilesystemPermissions", { path: path(), uid: 1000 });
    expect(await safety()).toEqual([]);
    await resource.update(id, state, inputs, { ...inputs, uid: 1001, recursive: true });
    expect((await on.nas.admin<{ uid: number }>("filesystem.stat", `${path()}/below`)).uid).toBe(1001);
    const taken = await safety();
    expect(taken).toHaveLength(1);
    const listed = await on.plugin.invoke("truenas:index:getSafetySnapshots", { dataset: on.name });
    expect(listed["snapshots"]).toEqual([
      {
        id: taken[0],
        dataset: on.name,
        before: "permissions",
        taken: expect.any(String),
        expires: expect.any(String),
        held: false,
      },
    ]);
  });

  test("the next such change removes those that are over, unless they are held", async () => {
    await on.create("Dataset", { name: on.name, acltype: "POSIX", aclmode: "DISCARD" });
    const day = 86_400_000;
    const ago = (days: number, what: string) => safetySnapshotName(what, new Date(Date.now() - days * day));
    const [over, held, fresh] = [ago(20, "over"), ago(20, "held"), ago(3, "fresh")];
    for (const name of [over, held, fresh, "mine"])
      await on.nas.admin("pool.snapshot.create", { dataset: on.name, name });
    await on.nas.admin("pool.snapshot.hold", `${on.name}@${held}`);
    on.nas.world.clock.advance(20 * day);
    const { resource, inputs, id, state } = await on.create("FilesystemPermissions", { path: path(), uid: 1000 });
    expect(await safety()).toHaveLength(4);
    await resource.update(id, state, inputs, { ...inputs, uid: 1001, recursive: true });
    const names = (await safety()).map((each) => each.split("@")[1]);
    expect(names).toHaveLength(4);
    expect(names).toEqual(expect.arrayContaining([held, fresh, "mine"]));
    expect(names).not.toContain(over);
  });

  test("without its snapshot a destructive change is not made", async () => {
    await on.create("Dataset", { name: on.name, acltype: "POSIX", aclmode: "DISCARD" });
    const { resource, inputs, id, state } = await on.create("FilesystemPermissions", { path: path(), uid: 1000 });
    on.nas.faults.set([{ on: { method: "pool.snapshot.create" }, do: { kind: "fail" } }]);
    const change: Properties = { ...inputs, uid: 1001, recursive: true };
    await on
      .failure(resource.update(id, state, inputs, change))
      .then((message) => expect(message).not.toBe("no failure"));
    on.nas.faults.clear();
    expect(await stat()).toMatchObject({ uid: 1000 });
  });

  test("a list of the wrong kind, a read-only and a locked dataset are told in words", async () => {
    await on.create("Dataset", { name: on.name, acltype: "POSIX", aclmode: "DISCARD" });
    const create = async (given: Properties) => {
      const resource = on.plugin.resource("FilesystemPermissions");
      return on.failure(resource.create((await resource.check({ path: path(), ...given })).inputs));
    };
    expect(await create({ acl: nfs4 as never })).toContain(`dataset ${on.name} has acltype POSIX`);
    await on.nas.admin("pool.dataset.update", on.name, { readonly: "ON" });
    expect(
      await on.nextRun((run) =>
        on.failure(run.resource("FilesystemPermissions").create({ path: path(), uid: 7, recursive: false })),
      ),
    ).toContain(`dataset ${on.name} is read-only`);
    await on.nas.admin("pool.dataset.update", on.name, { readonly: "OFF" });
  });
});
