import { CallError, MatchNotFound, ValidationErrors } from "../../../simulator/nas/errors.ts";
import type { ApiVersion, CallContext, Method } from "../../../simulator/nas/method.ts";
import { methods } from "../../../simulator/nas/methods/index.ts";
import { NfsClient } from "../../../simulator/nas/nfs-client.ts";
import { validateParams } from "../../../simulator/nas/rpc/validation.ts";
import { World, type WorldOptions } from "../../../simulator/nas/world/world.ts";

export const GiB = 2 ** 30;
export const TiB = 2 ** 40;

export interface Event {
  readonly collection: string;
  readonly msg: string;
  readonly id: unknown;
  readonly fields?: unknown;
}

/** A NAS without a socket: its state, and its methods as a full administrator calls them. */
export interface Nas {
  readonly world: World;
  readonly nfs: NfsClient;
  readonly events: Event[];
  readonly progress: (readonly [number, string])[];
  call<T = Record<string, unknown>>(method: string, ...params: unknown[]): Promise<T>;
}

/** The clock stands at this time until a test moves it. */
export const start = Date.UTC(2026, 7, 3, 9, 5);

export const methodOf = (name: string, version: ApiVersion): Method | undefined =>
  methods.find((method) => method.name === name && (method.versions?.includes(version) ?? true));

export function nas(options: WorldOptions = {}): Nas {
  const version = options.version ?? "26.0";
  const world = new World({ pools: [{ name: "big", size: 10 * TiB }], start, ...options });
  const events: Event[] = [];
  const progress: (readonly [number, string])[] = [];
  const context: CallContext = {
    world,
    version,
    session: { username: "truenas_admin", fullAdmin: true, roles: new Set(["FULL_ADMIN"]) },
    progress: (percent, description) => progress.push([percent, description]),
    sleep: async () => undefined,
    emit: (collection, msg, id, fields) =>
      events.push({ collection, msg, id, ...(fields !== undefined && { fields }) }),
  };
  return {
    world,
    nfs: new NfsClient(world),
    events,
    progress,
    async call<T>(name: string, ...params: unknown[]): Promise<T> {
      const method = methodOf(name, version);
      if (!method) throw new Error(`${version} has no ${name}`);
      return (await method.run(context, validateParams(method, version, params))) as T;
    },
  };
}

/** How a call was refused: the findings of a validation, `[message, errno]` of a failed call, or a name. */
export async function refusal(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ValidationErrors) return error.issues;
    if (error instanceof CallError) return { message: error.message, errno: error.errno };
    if (error instanceof MatchNotFound) return "MatchNotFound";
    throw error;
  }
  throw new Error("the call was accepted");
}

/** The attributes that a validation complained of. */
export async function attributes(call: Promise<unknown>): Promise<unknown[]> {
  const issues = await refusal(call);
  if (!Array.isArray(issues)) throw new Error(`no validation error: ${JSON.stringify(issues)}`);
  return issues.map(([attribute]) => attribute);
}
