/** A user as the NAS knows it. Times are milliseconds since 1970. */
export interface User {
  readonly id: number;
  readonly uid: number;
  readonly username: string;
  readonly full_name: string;
  readonly home: string;
  readonly shell: string;
  readonly builtin: boolean;
  readonly smb: boolean;
  readonly locked: boolean;
  readonly password_disabled: boolean;
  readonly email: string | null;
  readonly sshpubkey: string | null;
  readonly ssh_password_enabled: boolean;
  readonly sudo_commands: readonly string[];
  readonly sudo_commands_nopasswd: readonly string[];
  /** Database id of the primary group. */
  readonly group: number;
  /** Database ids of the auxiliary groups. */
  readonly groups: readonly number[];
  readonly userns_idmap: "DIRECT" | number | null;
  /** 26.0 only. */
  readonly webshare: boolean;
}

export interface Group {
  readonly id: number;
  readonly gid: number;
  readonly name: string;
  readonly builtin: boolean;
  readonly smb: boolean;
  readonly sudo_commands: readonly string[];
  readonly sudo_commands_nopasswd: readonly string[];
  readonly userns_idmap: "DIRECT" | number | null;
  /** Roles that its members have besides those of privileges. Set by tests. */
  readonly roles: readonly string[];
}

/** What the members of groups may do. */
export interface Privilege {
  readonly id: number;
  /** Of those that TrueNAS comes with. */
  readonly builtin_name: string | null;
  readonly name: string;
  /** By gid. */
  readonly local_groups: readonly number[];
  /** Groups of a directory service, by gid or SID. */
  readonly ds_groups: readonly (number | string)[];
  readonly roles: readonly string[];
  readonly web_shell: boolean;
}

/** How a user proves who it is, besides API keys. */
export interface Password {
  readonly password: string;
  /** The one-time token that is accepted after the password. Default: no second factor. */
  readonly otpToken?: string;
}

/** An API key as api_key.query lists it. */
export interface ListedApiKey {
  readonly id: number;
  readonly name: string;
  readonly username: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revoked: boolean;
  readonly revokedReason: string | null;
}

type BuiltinUser = readonly [uid: number, name: string, group: string, home: string];

const builtinGroups: readonly (readonly [gid: number, name: string])[] = [
  [0, "root"],
  [1, "daemon"],
  [2, "bin"],
  [3, "sys"],
  [4, "adm"],
  [5, "tty"],
  [6, "disk"],
  [8, "mail"],
  [10, "uucp"],
  [27, "sudo"],
  [33, "www-data"],
  [34, "backup"],
  [100, "users"],
  [544, "builtin_administrators"],
  [545, "builtin_users"],
  [546, "builtin_guests"],
  [568, "apps"],
  [950, "truenas_admin"],
  [951, "truenas_readonly_administrators"],
  [952, "truenas_sharing_administrators"],
  [999, "docker"],
  [65534, "nogroup"],
];

const builtinUsers: readonly BuiltinUser[] = [
  [0, "root", "root", "/root"],
  [1, "daemon", "daemon", "/usr/sbin"],
  [2, "bin", "bin", "/bin"],
  [3, "sys", "sys", "/dev"],
  [8, "mail", "mail", "/var/mail"],
  [10, "uucp", "uucp", "/var/spool/uucp"],
  [33, "www-data", "www-data", "/var/www"],
  [34, "backup", "backup", "/var/backups"],
  [568, "apps", "apps", "/var/empty"],
  [65534, "nobody", "nogroup", "/var/empty"],
];

const builtinPrivileges: readonly (readonly [builtin: string, name: string, gid: number, role: string])[] = [
  ["LOCAL_ADMINISTRATOR", "Local Administrator", 544, "FULL_ADMIN"],
  ["READONLY_ADMINISTRATOR", "Read-Only Administrator", 951, "READONLY_ADMIN"],
  ["SHARING_ADMINISTRATOR", "Sharing Administrator", 952, "SHARING_ADMIN"],
];

/** Users, groups, privileges and the list of API keys. */
export class Directory {
  readonly users: User[] = [];
  readonly groups: Group[] = [];
  readonly privileges: Privilege[] = [];
  /** Filled by whoever hands out keys. */
  readonly apiKeys: ListedApiKey[] = [];
  /** The secret part of each key, by its id. */
  readonly keySecrets: Map<number, string> = new Map();
  /** By user name. */
  readonly passwords: Map<string, Password> = new Map();

  constructor() {
    for (const [gid, name] of builtinGroups) this.addGroup({ gid, name, builtin: true });
    for (const [index, [builtin_name, name, gid, role]] of builtinPrivileges.entries()) {
      const web_shell = role === "FULL_ADMIN";
      const privilege = { builtin_name, name, local_groups: [gid], ds_groups: [], roles: [role], web_shell };
      this.privileges.push({ id: index + 1, ...privilege });
    }
    for (const [uid, username, group, home] of builtinUsers) {
      this.addUser({
        uid,
        username,
        home,
        group,
        builtin: true,
        password_disabled: uid !== 0,
        shell: "/usr/sbin/nologin",
      });
    }
    this.addUser({
      uid: 950,
      username: "truenas_admin",
      full_name: "Local Administrator",
      home: "/home/truenas_admin",
      group: "truenas_admin",
      groups: ["builtin_administrators"],
      builtin: false,
      shell: "/usr/bin/zsh",
    });
  }

  addGroup(input: Partial<Omit<Group, "id">> & Pick<Group, "gid" | "name">): Group {
    const group: Group = {
      builtin: false,
      smb: false,
      sudo_commands: [],
      sudo_commands_nopasswd: [],
      userns_idmap: null,
      roles: [],
      ...input,
      id: Math.max(0, ...this.groups.map(({ id }) => id)) + 1,
    };
    this.groups.push(group);
    return group;
  }

  /** Adds a user; groups are given by name, and one of the user's own name is made where none is given. */
  addUser(
    input: Partial<Omit<User, "id" | "group" | "groups">> &
      Pick<User, "uid" | "username"> & { readonly group?: string; readonly groups?: readonly string[] },
  ): User {
    const { group = input.username, groups = [], ...rest } = input;
    const primary = this.group(group) ?? this.addGroup({ gid: input.uid, name: group });
    const auxiliary = groups.flatMap((name) => this.group(name) ?? []);
    const user: User = {
      full_name: input.username,
      home: "/var/empty",
      shell: "/usr/bin/zsh",
      builtin: false,
      smb: false,
      locked: false,
      password_disabled: false,
      email: null,
      sshpubkey: null,
      ssh_password_enabled: false,
      sudo_commands: [],
      sudo_commands_nopasswd: [],
      userns_idmap: null,
      webshare: false,
      ...rest,
      id: Math.max(0, ...this.users.map(({ id }) => id)) + 1,
      group: primary.id,
      groups: auxiliary.map(({ id }) => id),
    };
    this.users.push(user);
    return user;
  }

  user(name: string): User | undefined {
    return this.users.find(({ username }) => username === name);
  }

  group(name: string): Group | undefined {
    return this.groups.find((group) => group.name === name);
  }

  /** What the members of a group may do. */
  groupRoles(group: Group): string[] {
    const granted = this.privileges.filter(({ local_groups }) => local_groups.includes(group.gid));
    return [...new Set([...group.roles, ...granted.flatMap(({ roles }) => roles)])];
  }

  /** What a user may do, through its groups. */
  userRoles(user: User): string[] {
    const groups = this.groups.filter(({ id }) => id === user.group || user.groups.includes(id));
    return [...new Set(groups.flatMap((group) => this.groupRoles(group)))];
  }

  userName(uid: number): string | null {
    return this.users.find((user) => user.uid === uid)?.username ?? null;
  }

  groupName(gid: number): string | null {
    return this.groups.find((group) => group.gid === gid)?.name ?? null;
  }

  /** Group numbers of a user, the primary one first. */
  groupsOf(uid: number): number[] {
    const user = this.users.find((each) => each.uid === uid);
    const ids = user ? [user.group, ...user.groups] : [];
    return ids.flatMap((id) => this.groups.find((group) => group.id === id)?.gid ?? []);
  }
}
