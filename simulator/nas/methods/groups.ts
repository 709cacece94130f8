import { z } from "zod";
import { CallError, errno, type Issue, ValidationErrors } from "../errors.ts";
import { type CallContext, type Method, text } from "../method.ts";
import type { Group } from "../world/directory.ts";
import { nextId } from "../world/world.ts";
import { collection, integerId, type Row, remove, replace } from "./crud.ts";
import { findRow } from "./lookup.ts";
import { accountRead, accountWrite } from "./roles.ts";

const event = "group.query";
/** Numbers that TrueNAS gives itself begin here. */
const firstOwn = 3000;
export const highestId = 90_000_000;

const command = text().min(1);
const idmap = z.union([z.literal("DIRECT"), z.int().min(1).max(4_294_967_294), z.null()]);

const createSchema = z.strictObject({
  gid: z.int().min(0).max(highestId).nullable().default(null),
  name: text(),
  sudo_commands: z.array(command).default([]),
  sudo_commands_nopasswd: z.array(command).default([]),
  smb: z.boolean().default(true),
  userns_idmap: idmap.default(null),
  users: z.array(z.int()).default([]),
});

const updateSchema = z
  .strictObject({
    name: text(),
    sudo_commands: z.array(command),
    sudo_commands_nopasswd: z.array(command),
    smb: z.boolean(),
    userns_idmap: idmap,
    users: z.array(z.int()),
  })
  .partial();

type Create = z.infer<typeof createSchema>;
type Update = z.infer<typeof updateSchema>;

export const groupRow = ({ world: { directory } }: CallContext, group: Group): Row => ({
  ...group,
  group: group.name,
  local: true,
  immutable: group.builtin,
  sid: group.smb ? `S-1-5-21-3141592653-2718281828-1618033988-${200_000 + group.id}` : null,
  roles: directory.groupRoles(group),
  users: directory.users.filter((user) => user.groups.includes(group.id)).map(({ id }) => id),
});

/** What is wrong with the name of a user or a group (TrueNAS middleware api/base/validators.py). */
export function nameProblem(name: string): string | undefined {
  if (name === "") return "An empty name is not possible";
  if (name.length > 32) return "A name has at most 32 characters";
  return /^[A-Za-z_][\w.-]*\$?$/.test(name)
    ? undefined
    : 'A name begins with a letter or underscore and holds letters, digits, ".", "_" and "-"';
}

/** The next number that nobody has, at or above those that TrueNAS gives. */
export function nextNumber(used: readonly number[]): number {
  let number = firstOwn;
  while (used.includes(number)) number += 1;
  return number;
}

function validate(
  call: CallContext,
  prefix: string,
  data: Update & { readonly gid?: number | null },
  old?: Group,
): void {
  const { groups, users } = call.world.directory;
  const issues: Issue[] = [];
  const add = (field: string, message: string, number: number = errno.EINVAL) =>
    issues.push([`${prefix}.${field}`, message, number]);
  if (data.name !== undefined && data.name !== old?.name) {
    const problem = nameProblem(data.name);
    if (old?.builtin) add("name", "A group of the system cannot be renamed");
    else if (problem) add("name", problem);
    else if (groups.some((group) => group.name === data.name))
      add("name", `A group with the name "${data.name}" exists already.`, errno.EEXIST);
  }
  const holder = groups.find(({ gid }) => gid === data.gid);
  if (holder) add("gid", `Gid ${data.gid} is used by the group "${holder.name}" already.`, errno.EEXIST);
  data.users?.forEach((id, index) => {
    if (!users.some((user) => user.id === id)) add(`users.${index}`, `User ${id} does not exist`, errno.ENOENT);
  });
  if (issues.length > 0) throw new ValidationErrors(issues);
}

/** The members are kept with the users. */
function setMembers(call: CallContext, group: number, members: readonly number[]): void {
  const { users } = call.world.directory;
  for (const user of [...users]) {
    const others = user.groups.filter((id) => id !== group);
    const groups = members.includes(user.id) ? [...others, group] : others;
    replace(users, { ...user, groups });
  }
}

function create(call: CallContext, { users, gid, ...data }: Create): number {
  validate(call, "group_create", { ...data, users, gid });
  const { groups } = call.world.directory;
  const number = gid ?? nextNumber(groups.map((each) => each.gid));
  const group: Group = { ...data, id: nextId(groups), gid: number, builtin: false, roles: [] };
  groups.push(group);
  setMembers(call, group.id, users);
  call.emit(event, "ADDED", group.id, groupRow(call, group));
  return group.id;
}

function update(call: CallContext, id: number, { users, ...data }: Update): number {
  const { groups } = call.world.directory;
  const old = findRow(groups, "Group", id);
  validate(call, "group_update", { ...data, ...(users && { users }) }, old);
  const given = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
  const group = replace(groups, { ...old, ...given });
  if (users) setMembers(call, id, users);
  call.emit(event, "CHANGED", id, groupRow(call, group));
  return id;
}

function drop(call: CallContext, id: number, deleteUsers: boolean): number {
  const { directory } = call.world;
  const group = findRow(directory.groups, "Group", id);
  if (group.builtin) throw new CallError("A group of the system cannot be deleted", errno.EACCES);
  const privilege = directory.privileges.find(({ local_groups }) => local_groups.includes(group.gid));
  if (privilege) {
    const message = `The privilege "${privilege.name}" is given to this group; take it away before the group is deleted.`;
    throw new CallError(message, errno.EACCES);
  }
  const nogroup = directory.group("nogroup")?.id ?? 0;
  for (const user of directory.users.filter((each) => each.group === id)) {
    if (deleteUsers) remove(directory.users, user.id);
    // Whoever had it as the primary group silently gets another one.
    else replace(directory.users, { ...user, group: nogroup });
  }
  setMembers(call, id, []);
  remove(directory.groups, id);
  call.emit(event, "REMOVED", id);
  return id;
}

export const groupMethods: readonly Method[] = [
  ...collection({
    name: "group",
    title: "Group",
    access: accountRead,
    id: integerId,
    rows: (call) => call.world.directory.groups.map((group) => groupRow(call, group)),
  }),
  {
    name: "group.create",
    access: accountWrite,
    params: () => [{ name: "group_create", schema: createSchema }],
    run: (call, [data]) => create(call, data as Create),
  },
  {
    name: "group.update",
    access: accountWrite,
    params: () => [
      { name: "id", schema: integerId },
      { name: "group_update", schema: updateSchema },
    ],
    run: (call, [id, data]) => update(call, id as number, data as Update),
  },
  {
    name: "group.delete",
    access: accountWrite,
    params: () => [
      { name: "id", schema: integerId },
      {
        name: "options",
        schema: z.strictObject({ delete_users: z.boolean().default(false) }).prefault({}),
        required: false,
      },
    ],
    run: (call, [id, options]) => drop(call, id as number, (options as { delete_users: boolean }).delete_users),
  },
];
