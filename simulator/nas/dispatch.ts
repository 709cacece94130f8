import type { Connection } from "./connection.ts";
import { CallError, errno } from "./errors.ts";
import type { Around } from "./fault-course.ts";
import type { Job } from "./jobs.ts";
import type { CallContext, CallSession, Method } from "./method.ts";
import type { Nas } from "./nas.ts";
import { maskParams, maskResult } from "./rpc/redaction.ts";
import { validateParams } from "./rpc/validation.ts";

/** What methods of the core may use besides: the connection that calls, and the whole machine. */
export interface CoreCall extends CallContext {
  readonly nas: Nas;
  readonly connection: Connection;
  /** The job that the method runs in, when it is one. */
  readonly ownJob: Job | undefined;
}

/** The call ended because its client, its job or the whole machine went away. */
class Cancelled extends CallError {
  constructor() {
    super("Call was cancelled", errno.ECANCELED);
  }
}

const sessionMaxAgeMs = 30 * 24 * 3_600_000;
const nobody: CallSession = { username: "", fullAdmin: false, roles: new Set() };
/** Methods that anyone may call as often as they like. */
const unlimited = new Set(["core.set_options"]);

const mayCall = (method: Method, session: CallSession): boolean => {
  if (session.fullAdmin) return true;
  if (method.private) return false;
  return !Array.isArray(method.access) || method.access.some((role) => session.roles.has(role));
};

/** @throws CallError 207 before login, EACCES without the role, EBUSY when a stranger asks too often. */
async function authorize(nas: Nas, connection: Connection, method: Method): Promise<void> {
  const { credential } = connection;
  if (credential?.token && !nas.tokens.valid(credential.token)) nas.logout(connection);
  const { session } = connection;
  if (method.access === "none") {
    if (session || unlimited.has(method.name) || !nas.rateLimit.exceeded(method.name, connection.address)) return;
    await nas.penalty(1, 10);
    throw new CallError("Rate Limit Exceeded", errno.EBUSY);
  }
  if (!session || !connection.credential) throw new CallError("Not authenticated", errno.ENOTAUTHENTICATED);
  if (nas.world.clock.now() - connection.credential.loginAt.getTime() > sessionMaxAgeMs) {
    throw new CallError("Session is expired", errno.EACCES);
  }
  if (credential?.token) nas.tokens.use(credential.token);
  if (!mayCall(method, session)) throw new CallError("Not authorized", errno.EACCES);
}

/** Rejects once one of the signals is given, however long the wait. */
async function sleep(ms: number, signals: readonly AbortSignal[]): Promise<void> {
  const signal = AbortSignal.any([...signals]);
  if (signal.aborted) throw new Cancelled();
  await new Promise<void>((resolve, reject) => {
    const cancel = (): void => {
      clearTimeout(timer);
      reject(new Cancelled());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", cancel);
      resolve();
    }, ms);
    signal.addEventListener("abort", cancel, { once: true });
  });
}

function context(nas: Nas, connection: Connection, job: Job | undefined): CoreCall {
  const { settings } = nas;
  // 25.10 lets a call finish after its client has gone, 26 cancels it. Jobs go on in both.
  const orphan = settings.version === "26.0" ? [connection.closed.signal] : [];
  const signals = [nas.power.signal, ...(job ? [job.abortion.signal] : orphan)];
  return {
    nas,
    connection,
    ownJob: job,
    world: nas.world,
    version: connection.version,
    session: job?.request.owner ?? connection.session ?? nobody,
    progress: (percent, description, extra) => job?.setProgress(percent, description, extra),
    sleep: (ms) => sleep(Math.min(ms, settings.latency), signals),
    emit: (collection, msg, id, fields) => nas.emit(collection, msg, id, fields),
  };
}

const defaultQueue = 5;

/** Queues the job of a job method. Its parameters are judged when it runs, so bad ones make it fail (TrueNAS middleware main.py). */
function startJob(
  nas: Nas,
  connection: Connection,
  method: Method,
  params: readonly unknown[],
  messageId: unknown,
  around: Around = (work) => work(),
): Job {
  const spec = method.job ?? {};
  const parsed = (): unknown[] => validateParams(method, connection.version, params);
  // What the description and the lock say of parameters that do not fit is not worth an error of its own.
  const quietly = <T>(body: (checked: readonly unknown[]) => T): T | null => {
    try {
      return body(parsed());
    } catch {
      return null;
    }
  };
  const { credential } = connection;
  return nas.jobs.add({
    method: method.name,
    arguments: maskParams(method, connection.version, params),
    description: quietly((checked) => spec.description?.(checked) ?? null),
    abortable: spec.abortable ?? false,
    lock: quietly((checked) => spec.lock?.(checked) ?? null),
    lockQueueSize: spec.lockQueueSize === undefined ? defaultQueue : spec.lockQueueSize,
    owner: connection.session ?? nobody,
    credentials: credential
      ? { type: credential.type, data: nas.sessionRow(connection, credential)["credentials_data"] }
      : null,
    messageId,
    run: (job) => around(async () => method.run(context(nas, connection, job), parsed())),
    maskResult: (result) => maskResult(method, result),
  });
}

/** The result as the caller may see it. */
function shown(method: Method, session: CallSession | undefined, result: unknown): unknown {
  if (!method.secrets || !session || session.fullAdmin) return result;
  return method.secretRoles?.some((role) => session.roles.has(role)) ? result : maskResult(method, result);
}

/** Calls a method from inside another, with the rights of its caller. A job method gives its job. */
export async function callInside(
  call: CoreCall,
  method: Method,
  params: readonly unknown[],
): Promise<{ job: Job } | { result: unknown }> {
  const { nas, connection } = call;
  if (method.job) return { job: startJob(nas, connection, method, params, null) };
  const result = await method.run(
    context(nas, connection, call.ownJob),
    validateParams(method, connection.version, params),
  );
  return { result: shown(method, connection.session, result) };
}

/** Whether the caller may call this method; core.bulk asks for others. */
export const callable = (call: CoreCall, method: Method): boolean => mayCall(method, call.session);

/**
 * Serves one call: who asks, what is asked, then the work. A job method answers with the job's id, or, after
 * core.set_options {legacy_jobs: false}, at its end with what came of it.
 */
export async function dispatch(
  nas: Nas,
  connection: Connection,
  method: Method,
  params: readonly unknown[],
  messageId: unknown,
  options: { readonly counted: boolean; readonly around?: Around } = { counted: true },
): Promise<unknown> {
  if (options.counted) nas.stats.begin(method.name);
  try {
    await authorize(nas, connection, method);
    const { session } = connection;
    if (method.job) {
      const job = startJob(nas, connection, method, params, messageId, options.around);
      if (connection.options.legacy_jobs) return job.id;
      return shown(method, session, await job.wait());
    }
    const call = context(nas, connection, undefined);
    const work = async (): Promise<unknown> => method.run(call, validateParams(method, connection.version, params));
    const result = await (options.around?.(work) ?? work());
    return shown(method, connection.session ?? session, result);
  } finally {
    if (options.counted) nas.stats.end();
  }
}
