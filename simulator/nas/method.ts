import { z } from "zod";
import type { World } from "./world/world.ts";

/** The versions that the simulated NAS can play. */
export type ApiVersion = "25.10" | "26.0";

/** One positional parameter of a method. */
export interface Param {
  /** First part of the attribute in a validation error, as the TrueNAS model names it (`data`, `id`, `options`). */
  readonly name: string;
  /** What the parameter accepts. Defaults live here; `run` gets the parsed value. Mark secrets with `secret()`. */
  readonly schema: z.ZodType;
  /** Default true. An optional parameter that is absent reaches `run` as `schema.parse(undefined)`, or undefined. */
  readonly required?: boolean;
}

/** How a job method behaves (TrueNAS middleware service/decorators.py, job.py). */
export interface JobSpec {
  /** Jobs with the same lock run one after the other; null or absent: no lock. */
  readonly lock?: (params: readonly unknown[]) => string | null;
  /** How many jobs may wait for the lock. Default 5; null: unlimited; 0: a second job is refused with EBUSY. */
  readonly lockQueueSize?: number | null;
  /** Whether core.job_abort acts on a running one. Default false. */
  readonly abortable?: boolean;
  readonly description?: (params: readonly unknown[]) => string;
}

/** Who calls. */
export interface CallSession {
  readonly username: string;
  readonly fullAdmin: boolean;
  readonly roles: ReadonlySet<string>;
}

/** What a method may use while it runs. */
export interface CallContext {
  readonly world: World;
  readonly version: ApiVersion;
  readonly session: CallSession;
  /** Tells how far a job is (0 to 100). Does nothing outside a job. */
  progress(percent: number, description: string, extra?: unknown): void;
  /** Waits; rejects when the call or its job is cancelled meanwhile. */
  sleep(ms: number): Promise<void>;
  /** Announces a change to the subscribers of a collection, for example `sharing.nfs.query`. `fields` is the row as `query` gives it. */
  emit(collection: string, msg: "ADDED" | "CHANGED" | "REMOVED", id: unknown, fields?: unknown): void;
}

/** One method of the API. */
export interface Method {
  readonly name: string;
  /** Versions that have it. Default: all. */
  readonly versions?: readonly ApiVersion[];
  /** Who may call it: anyone, anyone logged in (default), or holders of one of these roles. FULL_ADMIN always may. */
  readonly access?: "none" | "authenticated" | readonly string[];
  /** Private methods run for full administrators only and are not listed. Default false. */
  readonly private?: boolean;
  /** Present when the method is a job. */
  readonly job?: JobSpec;
  params(version: ApiVersion): readonly Param[];
  /**
   * Fields of the result (of each row, when it is a list) that read "********" for a session that is neither full
   * administrator nor holder of one of `secretRoles`. Dotted paths; `*` stands for every element or key.
   */
  readonly secrets?: readonly string[];
  /** Roles that see the secrets of the result, for example ["SHARING_SMB_WRITE"]. */
  readonly secretRoles?: readonly string[];
  /** `params` are parsed; absent optional ones carry their default. May throw ValidationErrors, CallError or MatchNotFound. */
  run(call: CallContext, params: readonly unknown[]): unknown;
}

const secretMark = "x-secret";

/** Marks a parameter, or a part of it, as secret: job rows show it as "********". */
export function secret<T extends z.ZodType>(schema: T): T {
  return schema.meta({ [secretMark]: true }) as T;
}

/** Whether this schema was marked by {@link secret}. */
export function isSecret(schema: z.ZodType): boolean {
  return schema.meta()?.[secretMark] === true;
}

/** A string of the API: at most 1024 characters, as every model says that does not ask for a long one. */
export const text = (): z.ZodString => z.string().max(1024);

/** A string without that limit (compose files, scripts, keys). */
export const longText = (): z.ZodString => z.string();

/** A point in time. It travels as `{"$date": ms}`; a string is refused. */
export const dateTime = (): z.ZodDate => z.date();

/** The two parameters of every `query` method. */
export const queryParams: readonly Param[] = [
  { name: "filters", schema: z.array(z.unknown()).default([]), required: false },
  {
    name: "options",
    schema: z
      .strictObject({
        extra: z.record(z.string(), z.unknown()).default({}),
        order_by: z.array(text()).default([]),
        select: z.array(z.union([text(), z.array(z.unknown())])).default([]),
        count: z.boolean().default(false),
        get: z.boolean().default(false),
        offset: z.int().default(0),
        limit: z.int().default(0),
        force_sql_filters: z.boolean().default(false),
      })
      .prefault({}),
    required: false,
  },
];
