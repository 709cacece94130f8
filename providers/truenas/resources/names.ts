import { z } from "zod";
import type { ResourceContext } from "./context.ts";

/** A dataset by its full ZFS name, pool first: `tank/apps/photos`. */
export const datasetName = z
  .string()
  .regex(/^[A-Za-z][\w.: -]*(\/[\w.: -]+)+$/, "must be a dataset below a pool, such as tank/apps")
  .refine((name) => !name.endsWith(" "), "must not end with a space");

/** A path on the NAS, below a pool. */
export const nasPath = z
  .string()
  .regex(/^\/mnt\/[^/]+(\/[^/]+)+$/, "must be a path below a pool, such as /mnt/tank/apps, without a slash at its end");

/** Name of a user or group. */
export const accountName = z
  .string()
  .regex(
    /^[A-Za-z_][\w.-]{0,31}$/,
    "must begin with a letter or underscore and hold at most 32 letters, digits, dots, hyphens and underscores",
  );

/** uid or gid. */
export const accountNumber = z.int().min(0).max(90_000_000);

export const poolOf = (dataset: string) => dataset.split("/")[0] ?? dataset;

export const mountpointOf = (dataset: string) => `/mnt/${dataset}`;

/** Names the stack and resource that made a share; the NAS keeps it in the comment, where the owner sees it too. */
export const shareMark = ({ project, stack, name }: ResourceContext) => `[pulumi ${project}/${stack}/${name}]`;

const anyMark = /(?:^| )\[pulumi [^\]\s]+\]$/;

/** The owner's part of a comment. */
export const withoutMark = (comment: string) => comment.replace(anyMark, "");

/** Names of the user properties that we keep on datasets. They are inherited, so each value names its own dataset. */
export const ownership = {
  owner: "homelab-storage:owner",
  retiredAt: "homelab-storage:retired-at",
  heldSnapshot: "homelab-storage:held-snapshot",
} as const;

export const ownerValue = (context: Pick<ResourceContext, "project" | "stack">, dataset: string) =>
  `${context.project}/${context.stack}:${dataset}`;
