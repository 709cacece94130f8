import { type PropertyName, propertyNames, userPropertyOf } from "../world/properties.ts";
import { apiName } from "./dataset-row.ts";
import { blockSize } from "./dataset-rules.ts";

/** What a request changes: values to set, and names to take from the parent again. */
export interface Changes {
  readonly local: Map<PropertyName, string>;
  readonly user: Map<string, string>;
  readonly inherit: Set<PropertyName>;
  readonly inheritUser: Set<string>;
}

const aliases = [
  "comments",
  "managedby",
  "quota_warning",
  "quota_critical",
  "refquota_warning",
  "refquota_critical",
] as const;

const limits: readonly PropertyName[] = ["quota", "refquota", "reservation", "refreservation"];
const blocks: readonly PropertyName[] = ["recordsize", "volblocksize"];

function raw(name: PropertyName, value: unknown): string {
  if (limits.includes(name)) return String(value ?? 0);
  if (blocks.includes(name)) return String(blockSize(String(value)));
  return typeof value === "string" ? value.toLowerCase() : String(value);
}

/** Turns the fields of a request into what ZFS is told. Absent fields change nothing. */
export function changesOf(data: Readonly<Record<string, unknown>>): Changes {
  const changes: Changes = { local: new Map(), user: new Map(), inherit: new Set(), inheritUser: new Set() };
  for (const name of propertyNames) {
    const value = data[apiName(name)];
    if (value === undefined) continue;
    if (value === "INHERIT") changes.inherit.add(name);
    else changes.local.set(name, raw(name, value));
  }
  for (const alias of aliases) {
    const key = userPropertyOf(alias);
    const value = data[alias];
    if (key === undefined || value === undefined) continue;
    if (value === "INHERIT") changes.inheritUser.add(key);
    else changes.user.set(key, String(value));
  }
  const acltype = changes.local.get("acltype");
  if (acltype !== undefined) changes.local.set("aclinherit", acltype === "nfsv4" ? "passthrough" : "discard");
  if (changes.inherit.has("acltype")) {
    changes.inherit.add("aclmode");
    changes.inherit.add("aclinherit");
    changes.local.delete("aclmode");
  }
  return changes;
}
