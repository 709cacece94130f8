import { z } from "zod";
import type { PropertyValue } from "../../base/values.ts";
import { sdkResource } from "../sdk.ts";
import { defineResource } from "./definition.ts";
import { nasPath } from "./names.ts";
import { statPath } from "./path-stats.ts";

const accountId = z.int().min(0).max(2147483647);

const inputs = z.object({
  path: nasPath.describe("Directory whose owner and mode are set; not the pool's own directory."),
  uid: accountId.optional().describe("Owner, as a number."),
  gid: accountId.optional().describe("Group, as a number."),
  mode: z
    .string()
    .regex(/^0?[0-7]{3}$/, "must be an octal mode such as 0770")
    .optional()
    .describe("Permission bits, octal."),
  recursive: z
    .boolean()
    .default(false)
    .describe(
      "Whether a change is applied to everything below as well. It says how a change is made, so it is no change itself.",
    ),
});
type Inputs = z.output<typeof inputs>;

const octal = (mode: PropertyValue | undefined) => Number.parseInt(String(mode), 8);

export const filesystemPermissions = defineResource({
  type: "truenas:index:FilesystemPermissions",
  description: "Owner, group and mode of a directory on the NAS.",
  inputs,
  outputs: z.object({}),
  traits: {
    path: { replaces: true },
    mode: { same: (wanted, actual) => octal(wanted) === octal(actual) },
    recursive: { local: true },
  },
  rules: ({ uid, gid, mode }) =>
    uid === undefined && gid === undefined && mode === undefined
      ? [{ property: "mode", reason: "nothing to set: give uid, gid or mode" }]
      : [],
  deletion: "Leaves owner and mode as they are.",
  lifecycle: {
    read: async (context, path) => {
      const stat = await statPath(context, path);
      if (!stat) return undefined;
      const mode = (stat.mode & 0o777).toString(8).padStart(4, "0");
      const live: Partial<Inputs> = { path, uid: stat.uid, gid: stat.gid, mode };
      return { id: path, inputs: live, explicit: ["path", "uid", "gid", "mode"], outputs: {} };
    },

    locate: async (_context, { path }) => ({ id: path, ours: true, description: `owner and mode of ${path}` }),

    create: async (_context, { path }) => path,

    update: async (context, { live, changed, inputs: wanted }) => {
      const request: Record<string, unknown> = { path: live.id };
      for (const property of ["uid", "gid", "mode"] as const) {
        if (changed.has(property)) request[property] = wanted[property];
      }
      // The NAS calls it recursive; "traverse" would cross into child datasets, whose owners are their own business.
      request["options"] = { recursive: wanted.recursive };
      await context.nas.call("filesystem.setperm", [request], { signal: context.signal, onProgress: context.progress });
    },

    delete: async (context, path) => context.log("info", `owner and mode of ${path} stay as they are`),
  },
});

/** Owner, group and mode of a directory on the NAS. */
export class FilesystemPermissions extends sdkResource(filesystemPermissions) {}
