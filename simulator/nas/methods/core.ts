import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Connection } from "../connection.ts";
import { type CoreCall, callable, callInside } from "../dispatch.ts";
import { CallError, errno } from "../errors.ts";
import { applyQuery, type QueryOptions } from "../filter.ts";
import { errorText, visibleTo } from "../jobs.ts";
import { longText, type Method, queryParams, text } from "../method.ts";

interface CoreMethod extends Omit<Method, "run"> {
  run(call: CoreCall, params: readonly unknown[]): unknown;
}

type Flags = Partial<Connection["options"]>;

const target = { name: "target", schema: z.enum(["WS", "CLI", "REST"]).default("WS"), required: false };

const namespaceOf = (name: string): string => name.slice(0, name.lastIndexOf("."));

/** Public methods of this version that the caller may call. */
const listed = (call: CoreCall): Method[] =>
  [...call.nas.methods.keys()].flatMap((name) => {
    const method = call.nas.method(name, call.version);
    return method && !method.private && callable(call, method) ? [method] : [];
  });

function typeOf(namespace: string, methods: readonly Method[]): "crud" | "config" | "service" {
  const has = (verb: string): boolean => methods.some((method) => method.name === `${namespace}.${verb}`);
  if (has("query") && has("get_instance")) return "crud";
  return has("config") && has("update") ? "config" : "service";
}

/** Text with `{0}`, `{1}` and `{}` replaced by the parameters. */
function formatted(template: string, params: readonly unknown[]): string {
  let next = 0;
  return template.replaceAll(/\{(\d*)\}/g, (_, index: string) =>
    String(params[index === "" ? next++ : Number(index)] ?? ""),
  );
}

async function bulk(call: CoreCall, [name, calls, description]: readonly unknown[]): Promise<unknown[]> {
  const method = call.nas.method(String(name), call.version);
  if (!method) throw new CallError(`Method '${String(name)}' not found`, errno.ENOMETHOD);
  if (!callable(call, method)) throw new CallError("Not authorized", errno.EPERM);
  const list = calls as readonly (readonly unknown[])[];
  const statuses: unknown[] = [];
  for (const [i, params] of list.entries()) {
    const suffix = typeof description === "string" ? `: ${formatted(description, params)}` : "";
    call.progress((100 * i) / list.length, `${i} / ${list.length}${suffix}`);
    try {
      const made = await callInside(call, method, params);
      if ("job" in made) {
        await made.job.done;
        const { error, result } = made.job;
        statuses.push({ job_id: made.job.id, error: error === null ? null : errorText(error), result });
      } else statuses.push({ job_id: null, error: null, result: made.result ?? null });
    } catch (error) {
      statuses.push({ job_id: null, error: errorText(error), result: null });
    }
  }
  return statuses;
}

const coreMethodList: readonly CoreMethod[] = [
  { name: "core.ping", access: "none", params: () => [], run: () => "pong" },
  { name: "system.boot_id", access: "none", params: () => [], run: ({ world }) => world.bootId },
  {
    name: "core.set_options",
    access: "none",
    params: () => [
      {
        name: "options",
        // The one model that lets unknown keys pass.
        schema: z.object({
          legacy_jobs: z.boolean().optional(),
          private_methods: z.boolean().optional(),
          py_exceptions: z.boolean().optional(),
        }),
      },
    ],
    run({ connection }, [options]) {
      Object.assign(connection.options, options as Flags);
      return { ...connection.options };
    },
  },
  {
    name: "core.subscribe",
    params: () => [{ name: "event", schema: text() }],
    run({ nas, connection }, [event]) {
      if (!nas.maySubscribe(connection, String(event))) throw new CallError("Not authorized", errno.EACCES);
      const ident = randomUUID();
      connection.subscriptions.set(ident, String(event));
      return ident;
    },
  },
  {
    name: "core.unsubscribe",
    params: () => [{ name: "id_", schema: text() }],
    run({ connection }, [ident]) {
      connection.subscriptions.delete(String(ident));
      return null;
    },
  },
  {
    name: "core.get_jobs",
    params: () => queryParams,
    run({ nas, session }, [filters, options]) {
      const query = options as QueryOptions;
      const raw = query.extra?.["raw_result"] === true;
      if (raw && !session.fullAdmin) {
        throw new CallError("Unredacted job results require full administrative privileges.", errno.EPERM);
      }
      const rows = nas.jobs.all().flatMap((job) => (visibleTo(job, session) ? [job.row(raw)] : []));
      return applyQuery(rows, filters as unknown[], query);
    },
  },
  {
    name: "core.job_wait",
    job: {},
    params: () => [{ name: "id", schema: z.int() }],
    async run(call, [id]) {
      const job = call.nas.jobs.get(Number(id), call.session);
      const result = await job.wait();
      if (job.state === "ABORTED") throw new CallError("Job was aborted", errno.ECANCELED);
      return result;
    },
  },
  {
    name: "core.job_abort",
    params: () => [{ name: "id", schema: z.int() }],
    run({ nas, session }, [id]) {
      nas.jobs.get(Number(id), session).abort();
      return null;
    },
  },
  {
    name: "core.bulk",
    job: { lock: ([method]) => `bulk:${String(method)}` },
    params: () => [
      { name: "method", schema: text() },
      { name: "params", schema: z.array(z.array(z.unknown())) },
      { name: "description", schema: longText().nullable().default(null), required: false },
    ],
    run: bulk,
  },
  {
    name: "core.get_methods",
    params: () => [{ name: "service", schema: text().nullable().default(null), required: false }, target],
    run(call, [service]) {
      const methods = listed(call).filter((method) => service === null || namespaceOf(method.name) === service);
      return Object.fromEntries(
        methods.map((method) => [
          method.name,
          {
            description: null,
            cli_description: "",
            examples: {},
            no_auth_required: method.access === "none",
            no_authz_required: !Array.isArray(method.access),
            cli_private: false,
            filterable: method.name.endsWith(".query"),
            filterable_schema: null,
            job: method.job !== undefined,
            downloadable: false,
            uploadable: false,
            roles: Array.isArray(method.access) ? method.access : [],
          },
        ]),
      );
    },
  },
  {
    name: "core.get_services",
    params: () => [target],
    run(call) {
      const methods = listed(call);
      const names = [...new Set(methods.map((method) => namespaceOf(method.name)))];
      return Object.fromEntries(
        names.map((name) => [name, { config: { namespace: name, private: false }, type: typeOf(name, methods) }]),
      );
    },
  },
];

/** The core.* namespace (TrueNAS middleware service/core_service.py), and system.boot_id. */
export const coreMethods = coreMethodList as readonly Method[];
