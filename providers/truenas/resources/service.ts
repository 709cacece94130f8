import { z } from "zod";
import { ProviderError } from "../../base/errors.ts";
import { sdkResource } from "../sdk.ts";
import type { ResourceContext } from "./context.ts";
import { defineResource } from "./definition.ts";

const inputs = z.object({
  name: z.string().min(1).describe("Name of the service on the NAS: nfs, cifs (SMB), ssh, snmp, ups, ..."),
  enabled: z.boolean().optional().describe("Whether it starts with the NAS."),
  running: z.boolean().optional().describe("Whether it runs now."),
});
type Inputs = z.output<typeof inputs>;

interface ServiceRow {
  readonly id: number;
  readonly service: string;
  readonly enable: boolean;
  readonly state: string;
}

export const service = defineResource({
  type: "truenas:index:Service",
  description:
    "A service of the NAS: whether it starts at boot and whether it runs. Properties that are left out are left alone.",
  inputs,
  outputs: z.object({}),
  traits: { name: { replaces: true, wire: "service" }, enabled: { wire: "enable" } },
  deletion: "Leaves the service as it is.",
  lifecycle: {
    read: async (context, id) => {
      const row = await find(context, id);
      if (!row) return undefined;
      const live: Required<Inputs> = { name: row.service, enabled: row.enable, running: row.state === "RUNNING" };
      return { id, inputs: live, explicit: ["name", "enabled", "running"], outputs: {} };
    },

    locate: async (context, { name }) => {
      if (await find(context, name)) return { id: name, ours: true, standing: true, description: `service ${name}` };
      const services = (await context.nas.collection("service.query").all()) as unknown as ServiceRow[];
      const names = services.map((row) => row.service).sort();
      throw new ProviderError(
        "INVALID_ARGUMENT",
        `the NAS has no service "${name}"; its services are ${names.join(", ")}`,
      );
    },

    create: async (_context, { name }) => name,

    update: async (context, { live, changed, inputs: wanted }) => {
      const { signal } = context;
      if (changed.has("enabled"))
        await context.nas.call("service.update", [live.id, { enable: wanted.enabled }], { signal });
      if (!changed.has("running")) return;
      const verb = wanted.running ? "START" : "STOP";
      // Without silent: false a service that fails to start is reported as a success.
      const options = { silent: false };
      const onProgress = context.progress;
      const done = await context.nas.call("service.control", [verb, live.id, options], { signal, onProgress });
      if (done !== true) {
        throw new ProviderError(
          "UNKNOWN",
          `service ${live.id} did not ${verb.toLowerCase()}; look at System > Services in the TrueNAS UI`,
        );
      }
    },

    delete: async (context, id) => context.log("info", `service ${id} stays as it is`),
  },
});

async function find(context: ResourceContext, name: string): Promise<ServiceRow | undefined> {
  const services = (await context.nas.collection("service.query").all()) as unknown as ServiceRow[];
  return services.find((row) => row.service === name);
}

/** A service of the NAS: whether it starts at boot and whether it runs. */
export class Service extends sdkResource(service) {}
