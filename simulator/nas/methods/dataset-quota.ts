import { z } from "zod";
import { errno, type Issue, ValidationErrors } from "../errors.ts";
import { applyQuery, type QueryOptions } from "../filter.ts";
import { type CallContext, type Method, type Param, queryParams, text } from "../method.ts";
import type { Dataset, UserQuota } from "../world/dataset.ts";
import { walk } from "../world/nodes.ts";
import type { Row } from "./crud.ts";
import { findDataset } from "./lookup.ts";
import { datasetRead, datasetWrite } from "./roles.ts";

interface Quota {
  readonly quota_type: "DATASET" | "USER" | "USEROBJ" | "GROUP" | "GROUPOBJ";
  readonly id: string;
  readonly quota_value: number | null;
}

const quotas = z
  .array(
    z.strictObject({
      quota_type: z.enum(["DATASET", "USER", "USEROBJ", "GROUP", "GROUPOBJ"]),
      id: text(),
      quota_value: z.int().nullable(),
    }),
  )
  .max(100)
  .default([{ quota_type: "USER", id: "0", quota_value: 0 }]);

/** The number behind a name or a number given as text. */
function subject(call: CallContext, quota: Quota): number | undefined {
  if (/^\d+$/.test(quota.id)) return Number(quota.id);
  const { directory } = call.world;
  return quota.quota_type.startsWith("USER") ? directory.user(quota.id)?.uid : directory.group(quota.id)?.gid;
}

function issuesOf(call: CallContext, quota: Quota, index: number): Issue[] {
  const field = `quotas.${index}.id`;
  if (quota.quota_type === "DATASET") {
    return ["QUOTA", "REFQUOTA"].includes(quota.id) ? [] : [[field, "id has to be QUOTA or REFQUOTA", errno.EINVAL]];
  }
  const id = subject(call, quota);
  const kind = quota.quota_type.startsWith("USER") ? "user" : "group";
  if (id === undefined) return [[field, `${quota.id}: ${kind} does not exist`, errno.ENOENT]];
  return id === 0
    ? [[field, `Setting ${kind} quota on ${kind === "user" ? "uid" : "gid"} [0] is not permitted`, errno.EINVAL]]
    : [];
}

function setUserQuota(
  dataset: Dataset,
  kind: UserQuota["kind"],
  id: number,
  change: { bytes?: number; objects?: number },
): void {
  let quota = dataset.quotas.find((each) => each.kind === kind && each.id === id);
  if (!quota) {
    quota = { kind, id, bytes: 0, objects: 0 };
    dataset.quotas.push(quota);
  }
  Object.assign(quota, change);
}

function setQuotas(call: CallContext, name: string, list: readonly Quota[]): null {
  const dataset = findDataset(call.world, name);
  const issues = list.flatMap((quota, index) => issuesOf(call, quota, index));
  if (issues.length > 0) throw new ValidationErrors(issues);
  for (const quota of list) {
    const value = quota.quota_value ?? 0;
    if (quota.quota_type === "DATASET") dataset.local.set(quota.id === "QUOTA" ? "quota" : "refquota", String(value));
    else {
      const kind = quota.quota_type.startsWith("USER") ? "USER" : "GROUP";
      const change = quota.quota_type.endsWith("OBJ") ? { objects: value } : { bytes: value };
      setUserQuota(dataset, kind, subject(call, quota) ?? 0, change);
    }
  }
  return null;
}

function datasetQuota(call: CallContext, dataset: Dataset): Row {
  const limit = (name: "quota" | "refquota"): number => Number(dataset.local.get(name) ?? "0");
  return {
    quota_type: "DATASET",
    id: dataset.name,
    name: dataset.name,
    quota: limit("quota"),
    refquota: limit("refquota"),
    used_bytes: call.world.storage.space(dataset).used,
  };
}

/** Use and quota of every user or group that owns something or has a quota. */
function ownerQuotas(call: CallContext, dataset: Dataset, kind: UserQuota["kind"]): Row[] {
  const used = new Map<number, { bytes: number; objects: number }>();
  if (dataset.root) {
    for (const [, node] of walk(dataset.root)) {
      const id = kind === "USER" ? node.uid : node.gid;
      const sum = used.get(id) ?? { bytes: 0, objects: 0 };
      used.set(id, { bytes: sum.bytes + (node.kind === "FILE" ? node.size : 0), objects: sum.objects + 1 });
    }
  }
  const own = dataset.quotas.filter((quota) => quota.kind === kind);
  const ids = [...new Set([...used.keys(), ...own.map(({ id }) => id)])].sort((a, b) => a - b);
  const { directory } = call.world;
  return ids.map((id) => {
    const quota = own.find((each) => each.id === id);
    return {
      quota_type: kind,
      id,
      name: kind === "USER" ? directory.userName(id) : directory.groupName(id),
      quota: quota?.bytes ?? 0,
      used_bytes: used.get(id)?.bytes ?? 0,
      obj_quota: quota?.objects ?? 0,
      obj_used: used.get(id)?.objects ?? 0,
    };
  });
}

const [filters, options] = queryParams as readonly [Param, Param];

export const datasetQuotaMethods: readonly Method[] = [
  {
    name: "pool.dataset.set_quota",
    access: datasetWrite,
    params: () => [
      { name: "dataset", schema: text() },
      { name: "quotas", schema: quotas, required: false },
    ],
    run: (call, [name, list]) => setQuotas(call, name as string, list as readonly Quota[]),
  },
  {
    name: "pool.dataset.get_quota",
    access: datasetRead,
    params: () => [
      { name: "dataset", schema: text() },
      { name: "quota_type", schema: z.enum(["USER", "GROUP", "DATASET", "PROJECT"]) },
      filters,
      options,
    ],
    run: (call, [name, kind, conditions, chosen]) => {
      const dataset = findDataset(call.world, name as string);
      const rows =
        kind === "DATASET"
          ? [datasetQuota(call, dataset)]
          : kind === "PROJECT"
            ? []
            : ownerQuotas(call, dataset, kind as UserQuota["kind"]);
      return applyQuery(rows, conditions as readonly unknown[], chosen as QueryOptions);
    },
  },
];
