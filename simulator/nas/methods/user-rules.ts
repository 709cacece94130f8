import { errno, type Issue } from "../errors.ts";
import type { CallContext } from "../method.ts";
import { mountpointOf } from "../world/dataset.ts";
import type { User } from "../world/directory.ts";
import { nameProblem } from "./groups.ts";

// What TrueNAS checks before it makes or changes a user (TrueNAS middleware plugins/account.py).

/** What was asked for, as far as it was asked for. */
export interface UserRequest {
  readonly uid?: number | null;
  readonly username?: string;
  readonly full_name?: string;
  readonly home?: string;
  readonly home_create?: boolean;
  readonly shell?: string;
  readonly smb?: boolean;
  readonly group?: number | null;
  readonly group_create?: boolean;
  readonly groups?: readonly number[];
  readonly password?: string | null;
  readonly random_password?: boolean;
  readonly password_disabled?: boolean;
  readonly ssh_password_enabled?: boolean;
  readonly sshpubkey?: string | null;
}

type Add = (field: string, message: string, number?: number) => void;

const shells = ["bash", "rbash", "dash", "sh", "zsh", "tmux"].map((name) => `/usr/bin/${name}`);
export const knownShells: readonly string[] = [...shells, "/usr/sbin/nologin"];
const mostGroups = 64;

export function userIssues(call: CallContext, prefix: string, asked: UserRequest, old?: User): Issue[] {
  const issues: Issue[] = [];
  const add: Add = (field, message, number = errno.EINVAL) => {
    issues.push([`${prefix}.${field}`, message, number]);
  };
  if (old?.builtin) unchangeable(asked, old, add);
  identity(call, asked, old, add);
  groups(call, asked, old, add);
  if (old) changedPassword(asked, old, add);
  else firstPassword(asked, add);
  home(call, asked, old, add);
  return issues;
}

/** What the system's own users have to keep. */
function unchangeable(asked: UserRequest, old: User, add: Add): void {
  for (const field of ["username", "home", "group"] as const) {
    const value = asked[field];
    if (value !== undefined && value !== old[field]) add(field, "This attribute cannot be changed");
  }
}

function identity({ world: { directory } }: CallContext, asked: UserRequest, old: User | undefined, add: Add): void {
  const { username, uid, full_name } = asked;
  if (username !== undefined && username !== old?.username) {
    const problem = nameProblem(username);
    if (problem) add("username", problem);
    else if (directory.user(username)) add("username", `The username "${username}" exists already.`, errno.EEXIST);
  }
  const holder = directory.users.find((user) => user.uid === uid);
  if (holder) add("uid", `Uid ${uid} is used by the user "${holder.username}" already.`, errno.EEXIST);
  if (full_name && /[:\n]/.test(full_name)) add("full_name", "The character ':' and line breaks are not possible here");
}

function groups({ world: { directory } }: CallContext, asked: UserRequest, old: User | undefined, add: Add): void {
  const exists = (id: number) => directory.groups.some((group) => group.id === id);
  if (!old && (asked.group === null || asked.group === undefined) !== asked.group_create)
    add("group", "Enter either a group name or create a new group to continue.");
  if (old && asked.group === null) add("group", "A user needs a primary group");
  if (typeof asked.group === "number" && !exists(asked.group))
    add("group", `Group ${asked.group} not found`, errno.ENOENT);
  if ((asked.groups ?? []).length > mostGroups) add("groups", "A user may have at most 64 auxiliary groups");
  for (const id of asked.groups ?? []) if (!exists(id)) add("groups", `Group ${id} not found`, errno.ENOENT);
  if (asked.shell !== undefined && !knownShells.includes(asked.shell)) add("shell", "Invalid shell");
}

function firstPassword({ password, password_disabled, random_password, smb, ...asked }: UserRequest, add: Add): void {
  if (random_password && password)
    add("random_password", "Requesting a random password leaves no room for a given one");
  if (password_disabled && password) add("password", 'Leave it blank when "Disable Password" is set');
  if (!password && !password_disabled && !random_password) add("password", "Password is required");
  if (smb && password_disabled) add("password_disabled", "SMB users have to have a password");
  if (asked.ssh_password_enabled && password_disabled)
    add("ssh_password_enabled", "SSH login by password needs a password");
}

function changedPassword(asked: UserRequest, old: User, add: Add): void {
  const { password, smb = old.smb, password_disabled = old.password_disabled, random_password } = asked;
  if (random_password && password)
    add("random_password", "Requesting a random password leaves no room for a given one");
  if (password_disabled && password) add("password", 'Leave it blank when "Disable Password" is set');
  if (smb && password_disabled) add("password_disabled", "SMB users have to have a password");
  // The hash that SMB needs can be made of the password alone, which the NAS does not keep.
  if (smb && !old.smb && !password && !random_password)
    add("smb", "Password must be changed in order to enable SMB authentication");
  if (old.password_disabled && !password_disabled && !password && !random_password)
    add("password", "Password is required");
  if ((asked.ssh_password_enabled ?? old.ssh_password_enabled) && password_disabled)
    add("ssh_password_enabled", "SSH login by password needs a password");
}

function home({ world }: CallContext, asked: UserRequest, old: User | undefined, add: Add): void {
  const path = asked.home;
  if (path !== undefined && path !== "/var/empty" && path !== old?.home) {
    if (!path.startsWith("/mnt/")) add("home", "The home directory has to begin with /mnt/ or be /var/empty");
    else if (world.storage.pools.some(({ name }) => path.replace(/\/+$/, "") === mountpointOf(name)))
      add("home", "The mountpoint of a pool cannot be a home directory");
    else if (!world.files.exists(path)) add("home", "The path does not exist", errno.ENOENT);
  }
  const place = path ?? old?.home ?? "/var/empty";
  if (asked.sshpubkey && place === "/var/empty")
    add("sshpubkey", "The home directory is not writable, so there is no place for a key");
}
