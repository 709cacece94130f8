import { z } from "zod";

const nameRule =
  "A name has 1 to 40 lower-case letters, digits and hyphens, and starts and ends with a letter or digit.";
/** Name of an app, volume, group or share: it becomes part of dataset names and of names in Kubernetes. */
export const name = z.string(nameRule).regex(/^(?=.{1,40}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, nameRule);

const nodeRule = "A node is named as in Kubernetes: lower-case letters, digits, hyphens and dots.";
/** Name of a node, as `kubectl get nodes` shows it. */
export const nodeName = z.string(nodeRule).regex(/^(?=.{1,253}$)[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/, nodeRule);

const datasetRule =
  "A dataset path has parts of letters, digits, hyphens, underscores and dots, joined by single slashes.";
const part = "[A-Za-z0-9][-_.A-Za-z0-9]*";
/** A dataset relative to its pool: `k8s-apps` or `apps/k8s`. */
export const datasetPath = z.string(datasetRule).regex(new RegExp(`^${part}(/${part})*$`), datasetRule);

const pathRule = "A share is the mount point of a dataset: /mnt/<pool>/<dataset>, without a trailing slash.";
/** The mount point of a dataset below a pool. */
export const mountPoint = z.string(pathRule).regex(new RegExp(`^/mnt/${part}(/${part})+$`), pathRule);

const absoluteRule = "A mount path is absolute, without a trailing slash, `.` or `..`.";
/** Where a container mounts a volume. */
export const mountPath = z
  .string(absoluteRule)
  .regex(/^(\/[^/\s]+)+$/, absoluteRule)
  .refine((path) => !path.split("/").some((step) => step === "." || step === ".."), absoluteRule);

/** Names below the apps dataset that are not free for apps and groups, each with the reason. */
export const reservedApps: ReadonlyMap<string, string> = new Map([
  ["pvc", "dynamically provisioned volumes have their directories there"],
  ["smb", "SMB shares of their own have their datasets there"],
  ["apps", "the common snapshot chain and the apps dataset itself carry this name"],
  ["ix-apps", "TrueNAS keeps its own apps there"],
  ["ix-applications", "TrueNAS kept its own apps there"],
]);
