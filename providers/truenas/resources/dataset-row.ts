import type { PropertyValue } from "../../base/values.ts";
import type { Live } from "./definition.ts";

/** A ZFS property as pool.dataset.query tells it. */
export interface ZfsProperty {
  readonly parsed?: unknown;
  readonly rawvalue?: string | null;
  readonly value: string | null;
  readonly source?: string;
}

/** The part of a pool.dataset.query row that we read; `children` is never asked for. */
export interface DatasetRow {
  readonly id: string;
  readonly name: string;
  readonly pool: string;
  readonly type: string;
  readonly mountpoint: string | null;
  readonly locked?: boolean;
  readonly encrypted?: boolean;
  readonly user_properties?: Readonly<Record<string, ZfsProperty>>;
  readonly [property: string]: unknown;
}

/** Properties told as upper-case words, under the same name as our input. */
const words = [
  "compression",
  "atime",
  "sync",
  "casesensitivity",
  "acltype",
  "aclmode",
  "exec",
  "readonly",
  "snapdir",
  "recordsize",
];
const sizes = ["quota", "refquota"];
/** Kept by TrueNAS itself among the user properties; not the owner's. */
const managed = new Set([
  "comments",
  "quota_warning",
  "quota_critical",
  "refquota_warning",
  "refquota_critical",
  "managedby",
]);

/** A ZFS property of a row. */
export function zfsProperty(row: DatasetRow, name: string): ZfsProperty | undefined {
  const property = row[name];
  return typeof property === "object" && property !== null && "value" in property
    ? (property as ZfsProperty)
    : undefined;
}

const isLocal = (property: ZfsProperty | undefined) => property?.source === "LOCAL" || property?.source === "RECEIVED";

/** Text that the owner gave; the NAS keeps it as a user property, and says INHERIT-ed text is the dataset's own. */
function comments(row: DatasetRow): string {
  return zfsProperty(row, "comments")?.value ?? row.user_properties?.["comments"]?.value ?? "";
}

/** The user properties of the owner: without what TrueNAS and this provider keep there. */
export function ownUserProperties(row: DatasetRow): Record<string, string> {
  return Object.fromEntries(
    Object.entries(row.user_properties ?? {})
      .filter(([key]) => key.includes(":") && !managed.has(key))
      .filter(
        ([key]) =>
          !key.startsWith("org.freenas:") && !key.startsWith("org.truenas:") && !key.startsWith("homelab-storage:"),
      )
      .map(([key, property]) => [key, property.value ?? ""]),
  );
}

/** A row in the units of the inputs. */
export function toLive<I>(row: DatasetRow): Live<I> {
  const inputs: Record<string, PropertyValue> = { name: row.id };
  const explicit = ["name"];
  const localProperties: string[] = [];
  for (const name of words) {
    const property = zfsProperty(row, name);
    if (property?.value === undefined || property.value === null) continue;
    inputs[name] = property.value;
    if (isLocal(property)) localProperties.push(name);
  }
  for (const name of sizes) {
    const parsed = zfsProperty(row, name)?.parsed;
    inputs[name] = typeof parsed === "number" ? parsed : 0;
    if (inputs[name] !== 0) localProperties.push(name);
  }
  inputs["comments"] = comments(row);
  if (inputs["comments"] !== "") explicit.push("comments");
  if (inputs["casesensitivity"] === "INSENSITIVE") explicit.push("casesensitivity");
  inputs["userProperties"] = ownUserProperties(row);
  return {
    id: row.id,
    inputs: inputs as Partial<I>,
    explicit: [...explicit, ...localProperties] as (keyof I & string)[],
    outputs: {
      mountpoint: row.mountpoint ?? "",
      pool: row.pool,
      encrypted: row.encrypted ?? false,
      locked: row.locked ?? false,
      localProperties: localProperties.sort(),
    },
  };
}
