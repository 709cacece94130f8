import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import type { Properties } from "../../../providers/base/values.ts";
import type { ApiVersion } from "../../../simulator/nas/method.ts";
import { type SimulatedNas, startNas } from "../../../simulator/nas/start.ts";
import { configOf, type Plugin, type ResourceHandle, startPlugin } from "../harness.ts";

export interface Created {
  readonly resource: ResourceHandle;
  readonly inputs: Properties;
  readonly id: string;
  readonly state: Properties;
}

/** A simulated NAS and the provider, for the tests of one `describe`. */
export interface OnNas {
  readonly nas: SimulatedNas;
  readonly plugin: Plugin;
  /** A fresh dataset name for each test, so that tests do not meet. */
  readonly name: string;
  create(type: string, given: Properties, logical?: string): Promise<Created>;
  /** Nothing to do after a create; the same after a refresh, and after an import that knows the id alone. */
  settled(type: string, given: Properties, logical?: string): Promise<Created>;
  /** Another run, which has read nothing yet. */
  nextRun<T>(body: (plugin: Plugin) => Promise<T>): Promise<T>;
  /** What an owner reads when it fails. */
  failure(promise: Promise<unknown>): Promise<string>;
}

export function onNas(version: ApiVersion): OnNas {
  let nas: SimulatedNas;
  let plugin: Plugin;
  let made = 0;
  beforeAll(async () => {
    nas = await startNas({ version, datasets: ["tank/apps"], scramIterations: 50_000 });
    plugin = await startPlugin();
    await plugin.configure(configOf(nas));
  });
  afterAll(async () => {
    await plugin.stop();
    await nas.stop();
  });
  beforeEach(() => {
    made += 1;
    plugin.log.length = 0;
  });

  const create = async (type: string, given: Properties, logical = `r${made}`): Promise<Created> => {
    const resource = plugin.resource(type, logical);
    const { inputs, failures } = await resource.check(given);
    expect(failures).toEqual({});
    const { id, state } = await resource.create(inputs);
    return { resource, inputs, id, state };
  };

  const settled = async (type: string, given: Properties, logical?: string): Promise<Created> => {
    const created = await create(type, given, logical);
    const { resource, inputs, id, state } = created;
    expect(await resource.diff(state, inputs, inputs)).toEqual({});
    expect(await resource.read(id, state, inputs)).toEqual({ id, state, inputs });
    const imported = await resource.read(id);
    expect(imported.id).toBe(id);
    const again = await resource.check(inputs, imported.inputs);
    expect(again.failures).toEqual({});
    expect(await resource.diff(imported.state, imported.inputs, again.inputs)).toEqual({});
    return created;
  };

  return {
    get nas() {
      return nas;
    },
    get plugin() {
      return plugin;
    },
    get name() {
      return `tank/apps/d${made}`;
    },
    create,
    settled,
    nextRun: async (body) => {
      const run = await startPlugin();
      await run.configure(configOf(nas));
      try {
        return await body(run);
      } finally {
        await run.stop();
      }
    },
    failure: (promise) =>
      promise.then(
        () => "no failure",
        (error: { details?: string; message: string }) => error.details ?? error.message,
      ),
  };
}
