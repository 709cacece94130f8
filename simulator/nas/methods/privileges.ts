import { z } from "zod";
import { CallError, errno, type Issue, ValidationErrors } from "../errors.ts";
import { type ApiVersion, type CallContext, type Method, text } from "../method.ts";
import type { Privilege } from "../world/directory.ts";
import { nextId } from "../world/world.ts";
import { collection, integerId, type Row, remove, replace } from "./crud.ts";
import { groupRow } from "./groups.ts";
import { findRow } from "./lookup.ts";
import { privilegeRead, privilegeWrite } from "./roles.ts";

const event = "privilege.query";

/** Things that have a role to read and one to write them, in both versions. */
const subjects = (
  "ACCOUNT API_KEY AUTH_SESSIONS BOOT_ENV DIRECTORY_SERVICE DISK FAILOVER FILESYSTEM_ATTRS FILESYSTEM_DATA IPMI KMIP " +
  "PRIVILEGE REPORTING SUPPORT SSH SYSTEM_AUDIT ALERT_LIST ALERT CLOUD_BACKUP CLOUD_SYNC SERVICE ENCLOSURE " +
  "NETWORK_GENERAL NETWORK_INTERFACE VM VM_DEVICE JBOF TRUECOMMAND TRUENAS_CONNECT CERTIFICATE CATALOG DOCKER APPS " +
  "SHARING_FTP SHARING_ISCSI_AUTH SHARING_ISCSI_EXTENT SHARING_ISCSI_GLOBAL SHARING_ISCSI_HOST " +
  "SHARING_ISCSI_INITIATOR SHARING_ISCSI_PORTAL SHARING_ISCSI_TARGET SHARING_ISCSI_TARGETEXTENT SHARING_ISCSI " +
  "SHARING_NFS SHARING_NVME_TARGET SHARING_SMB SHARING KEYCHAIN_CREDENTIAL REPLICATION_TASK_CONFIG REPLICATION_TASK " +
  "SNAPSHOT_TASK POOL_SCRUB POOL DATASET SNAPSHOT SYSTEM_GENERAL SYSTEM_PRODUCT SYSTEM_ADVANCED SYSTEM_SECURITY " +
  "SYSTEM_TUNABLE SYSTEM_CRON SYSTEM_UPDATE"
).split(" ");
const others = (
  "FILESYSTEM_FULL_CONTROL MAIL_WRITE FULL_ADMIN REPLICATION_TASK_WRITE_PULL DATASET_DELETE SNAPSHOT_DELETE " +
  "REPLICATION_ADMIN SHARING_ADMIN ZFS_RESOURCE_READ READONLY_ADMIN"
).split(" ");
const subjectsOf: Readonly<Record<ApiVersion, readonly string[]>> = {
  "25.10": ["VIRT_GLOBAL", "VIRT_INSTANCE", "VIRT_IMAGE"],
  "26.0": ["CONTAINER", "LXC_CONFIG", "CONTAINER_DEVICE", "CONTAINER_IMAGE", "SHARING_WEBSHARE"],
};
const othersOf: Readonly<Record<ApiVersion, readonly string[]>> = {
  "25.10": ["VIRT_INSTANCE_DELETE"],
  "26.0": ["ZFS_RESOURCE_WRITE", "ZFS_RESOURCE_DELETE"],
};

const roles = (version: ApiVersion): ReadonlySet<string> =>
  new Set([
    ...[...subjects, ...subjectsOf[version]].flatMap((subject) => [`${subject}_READ`, `${subject}_WRITE`]),
    ...others,
    ...othersOf[version],
  ]);

const dsGroups = z.array(z.union([z.int(), text()]));

const createSchema = z.strictObject({
  name: text().min(1),
  local_groups: z.array(z.int()).default([]),
  ds_groups: dsGroups.default([]),
  roles: z.array(text()).default([]),
  web_shell: z.boolean(),
});

const updateSchema = z
  .strictObject({
    name: text().min(1),
    local_groups: z.array(z.int()),
    ds_groups: dsGroups,
    roles: z.array(text()),
    web_shell: z.boolean(),
  })
  .partial();

type Create = z.infer<typeof createSchema>;
type Update = z.infer<typeof updateSchema>;

/** Groups are written by number and shown whole; one that is gone shows its number alone. */
const row = (call: CallContext, privilege: Privilege): Row => ({
  ...privilege,
  local_groups: privilege.local_groups.map((gid) => {
    const group = call.world.directory.groups.find((each) => each.gid === gid);
    return group ? groupRow(call, group) : { gid, sid: null, group: null };
  }),
  ds_groups: privilege.ds_groups.map((id) => ({
    gid: typeof id === "number" ? id : null,
    sid: typeof id === "number" ? null : id,
    group: null,
  })),
});

function validate(call: CallContext, prefix: string, wanted: Create, old?: Privilege): void {
  const { directory } = call.world;
  const issues: Issue[] = [];
  const add = (field: string, message: string, number: number = errno.EINVAL) =>
    issues.push([`${prefix}.${field}`, message, number]);
  const same = directory.privileges.find(({ id, name }) => name === wanted.name && id !== old?.id);
  if (same) add("name", "Object with this field already exists");
  if (old?.builtin_name) {
    for (const field of ["name", "roles", "web_shell"] as const) {
      if (JSON.stringify(wanted[field]) !== JSON.stringify(old[field]))
        add(field, "This cannot be changed of a privilege that the system comes with");
    }
  }
  wanted.local_groups.forEach((gid, index) => {
    if (!directory.groups.some((group) => group.gid === gid))
      add(`local_groups.${index}`, `Group ${gid} does not exist`);
  });
  const known = roles(call.version);
  wanted.roles.forEach((role, index) => {
    if (!known.has(role)) add(`roles.${index}`, "Invalid role");
  });
  if (old?.builtin_name === "LOCAL_ADMINISTRATOR") {
    const ids = directory.groups.filter(({ gid }) => wanted.local_groups.includes(gid)).map(({ id }) => id);
    const able = directory.users.some(
      (user) =>
        !user.password_disabled &&
        !user.locked &&
        (ids.includes(user.group) || user.groups.some((id) => ids.includes(id))),
    );
    if (!able) add("local_groups", "At least one member of these groups has to be able to log in with a password.");
  }
  if (issues.length > 0) throw new ValidationErrors(issues);
}

function create(call: CallContext, data: Create): Row {
  validate(call, "privilege_create", data);
  const { privileges } = call.world.directory;
  const privilege: Privilege = { ...data, id: nextId(privileges), builtin_name: null };
  privileges.push(privilege);
  const result = row(call, privilege);
  call.emit(event, "ADDED", privilege.id, result);
  return result;
}

function update(call: CallContext, id: number, data: Update): Row {
  const { privileges } = call.world.directory;
  const old = findRow(privileges, "Privilege", id);
  const { id: _, builtin_name, ...rest } = old;
  const wanted = { ...rest, ...data } as Create;
  validate(call, "privilege_update", wanted, old);
  const result = row(call, replace(privileges, { ...wanted, id, builtin_name }));
  call.emit(event, "CHANGED", id, result);
  return result;
}

function drop(call: CallContext, id: number): true {
  const { privileges } = call.world.directory;
  if (findRow(privileges, "Privilege", id).builtin_name)
    throw new CallError("A privilege that the system comes with cannot be deleted", errno.EINVAL);
  remove(privileges, id);
  call.emit(event, "REMOVED", id);
  return true;
}

export const privilegeMethods: readonly Method[] = [
  ...collection({
    name: "privilege",
    title: "Privilege",
    access: privilegeRead,
    id: integerId,
    rows: (call) => call.world.directory.privileges.map((privilege) => row(call, privilege)),
  }),
  {
    name: "privilege.create",
    access: privilegeWrite,
    params: () => [{ name: "privilege_create", schema: createSchema }],
    run: (call, [data]) => create(call, data as Create),
  },
  {
    name: "privilege.update",
    access: privilegeWrite,
    params: () => [
      { name: "id", schema: integerId },
      { name: "privilege_update", schema: updateSchema },
    ],
    run: (call, [id, data]) => update(call, id as number, data as Update),
  },
  {
    name: "privilege.delete",
    access: privilegeWrite,
    params: () => [{ name: "id", schema: integerId }],
    run: (call, [id]) => drop(call, id as number),
  },
];
