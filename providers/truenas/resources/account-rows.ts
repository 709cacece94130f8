import { ProviderError } from "../../base/errors.ts";
import type { ResourceContext } from "./context.ts";

/** A group as group.query tells it. */
export interface GroupRow {
  /** Number in the NAS's database, which is what users refer to; not the gid. */
  readonly id: number;
  readonly gid: number;
  readonly name: string;
  readonly builtin: boolean;
  readonly immutable: boolean;
  readonly local: boolean;
  readonly smb: boolean;
  /** Users that have it as a further group, by database number. */
  readonly users: readonly number[];
}

/** A user as user.query tells it. */
export interface UserRow {
  readonly id: number;
  readonly uid: number;
  readonly username: string;
  readonly full_name: string;
  readonly group: { readonly id: number; readonly bsdgrp_group: string; readonly bsdgrp_builtin: boolean };
  readonly groups: readonly number[];
  readonly home: string;
  readonly shell: string;
  readonly smb: boolean;
  readonly locked: boolean;
  readonly password_disabled: boolean;
  readonly builtin: boolean;
  readonly immutable: boolean;
  readonly local: boolean;
}

export const allGroups = async ({ nas }: ResourceContext) =>
  (await nas.collection("group.query").all()) as unknown as readonly GroupRow[];

export const allUsers = async ({ nas }: ResourceContext) =>
  (await nas.collection("user.query").all()) as unknown as readonly UserRow[];

/** Accounts of the system and of a directory service are for reading only. */
export function refuseUnmanageable(
  kind: "user" | "group",
  name: string,
  { builtin, immutable, local }: Pick<UserRow, "builtin" | "immutable" | "local">,
): void {
  const refuse = (reason: string, way: string) => {
    throw new ProviderError("FAILED_PRECONDITION", `${kind} ${name} ${reason}; it is not managed from here. ${way}`);
  };
  if (builtin || immutable) refuse("belongs to TrueNAS itself", `Refer to it by name, or make a ${kind} of your own.`);
  if (!local) refuse("comes from a directory service", "Change it there.");
}

/** Database numbers of groups by name. */
export async function groupIds(context: ResourceContext, names: readonly string[]): Promise<number[]> {
  const groups = await allGroups(context);
  const missing = names.filter((name) => !groups.some((group) => group.name === name));
  if (missing.length > 0) {
    throw new ProviderError(
      "FAILED_PRECONDITION",
      `the NAS has no group ${missing.join(", ")}. Make it first (a Group that this depends on), or correct the name.`,
    );
  }
  return names.flatMap((name) => groups.find((group) => group.name === name)?.id ?? []);
}
