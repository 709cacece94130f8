import { z } from "zod";
import { text } from "../method.ts";

// Since 25.10 the purpose of an SMB share decides which options it has (TrueNAS middleware plugins/smb.py).

const hosts = { hostsallow: z.array(text()).default([]), hostsdeny: z.array(text()).default([]) };
const mangling = { aapl_name_mangling: z.boolean().default(false) };
const quotaLimit = 109_951_162_777_600;
const identifier = text().min(1).nullable().default(null);
const naming = text().nullable().default(null);

const shapes = {
  DEFAULT_SHARE: { ...mangling, ...hosts },
  LEGACY_SHARE: {
    recyclebin: z.boolean().default(false),
    path_suffix: identifier,
    ...hosts,
    guestok: z.boolean().default(false),
    streams: z.boolean().default(true),
    durablehandle: z.boolean().default(true),
    shadowcopy: z.boolean().default(true),
    fsrvp: z.boolean().default(false),
    home: z.boolean().default(false),
    acl: z.boolean().default(true),
    afp: z.boolean().default(false),
    timemachine: z.boolean().default(false),
    timemachine_quota: z.int().min(0).max(quotaLimit).default(0),
    ...mangling,
    vuid: identifier,
    auxsmbconf: text().default(""),
  },
  TIMEMACHINE_SHARE: {
    timemachine_quota: z.int().min(0).max(quotaLimit).default(0),
    auto_snapshot: z.boolean().default(false),
    auto_dataset_creation: z.boolean().default(false),
    dataset_naming_schema: naming,
    vuid: identifier,
    ...hosts,
  },
  MULTIPROTOCOL_SHARE: { ...mangling, ...hosts },
  TIME_LOCKED_SHARE: { grace_period: z.int().min(60).max(15_552_000).default(900), ...mangling, ...hosts },
  PRIVATE_DATASETS_SHARE: {
    dataset_naming_schema: naming,
    auto_quota: z.int().min(0).default(0),
    ...mangling,
    ...hosts,
  },
  EXTERNAL_SHARE: { remote_path: z.array(text().min(1)) },
  VEEAM_REPOSITORY_SHARE: hosts,
  FCP_SHARE: { aapl_name_mangling: z.literal(true).default(true), ...hosts },
} as const;

export type Purpose = keyof typeof shapes;

export const purposes = Object.keys(shapes) as [Purpose, ...Purpose[]];

/** Options as they are sent: they name their purpose. */
const sent = purposes.map((purpose) => z.strictObject({ purpose: z.literal(purpose), ...shapes[purpose] }));

export const optionsSchema = z.union(sent).nullable();
