import { z } from "zod";
import { CallError, errno, invalid } from "../errors.ts";
import { type CallContext, type Method, text } from "../method.ts";
import type { Service } from "../world/sharing.ts";
import { collection, integerId, type Row } from "./crud.ts";
import { serviceRead, serviceWrite } from "./roles.ts";

const event = "service.query";

const row = ({ id, service, enable, running, pids }: Service): Row => ({
  id,
  service,
  enable,
  state: running ? "RUNNING" : "STOPPED",
  pids: [...pids],
});

type Verb = "START" | "STOP" | "RESTART" | "RELOAD";

interface ControlOptions {
  readonly silent: boolean;
}

/** The service of that name. Unknown names and `smb` for `cifs` are refused. */
function find(call: CallContext, name: string): Service {
  const service = call.world.service(name);
  if (!service) throw invalid("control.service", `Service ${name} not found.`, errno.ENOENT);
  return service;
}

/**
 * A service that does not come up is an error only with silent: false; otherwise the job succeeds and says false
 * (TrueNAS middleware plugins/service.py).
 */
async function control(call: CallContext, verb: Verb, name: string, options: ControlOptions): Promise<boolean> {
  const service = find(call, name);
  await call.sleep(1);
  const { world } = call;
  if (verb === "RELOAD") return service.running;
  if (verb !== "START") world.stop(service);
  const up = verb === "STOP" ? true : service.running || world.start(service);
  call.emit(event, "CHANGED", service.id, row(service));
  if (!up && !options.silent) {
    throw new CallError(`The ${name} service failed to start: ${service.startFailure}`, errno.ESERVICESTARTFAILURE);
  }
  return up;
}

function update(call: CallContext, key: number | string, enable: boolean): number {
  const service = call.world.services.find((each) => each.id === key || each.service === key);
  if (!service) throw invalid(null, `Service ${key} does not exist`, errno.ENOENT);
  service.enable = enable;
  call.emit(event, "CHANGED", service.id, row(service));
  return service.id;
}

const options = z
  .strictObject({
    ha_propagate: z.boolean().default(true),
    silent: z.boolean().default(true),
    timeout: z.int().nullable().default(120),
  })
  .prefault({});

export const serviceMethods: readonly Method[] = [
  ...collection({
    name: "service",
    title: "Service",
    access: serviceRead,
    id: integerId,
    rows: ({ world }) => world.services.map(row),
  }),
  {
    name: "service.update",
    access: serviceWrite,
    params: () => [
      { name: "id_or_name", schema: z.union([z.int(), text()]) },
      { name: "service_update", schema: z.strictObject({ enable: z.boolean() }) },
    ],
    run: (call, [key, data]) => update(call, key as number | string, (data as { enable: boolean }).enable),
  },
  {
    name: "service.control",
    access: serviceWrite,
    job: { lock: ([, name]) => `service_${String(name)}` },
    params: () => [
      { name: "verb", schema: z.enum(["START", "STOP", "RESTART", "RELOAD"]) },
      { name: "service", schema: text() },
      { name: "options", schema: options, required: false },
    ],
    run: (call, [verb, name, chosen]) => control(call, verb as Verb, name as string, chosen as ControlOptions),
  },
];
