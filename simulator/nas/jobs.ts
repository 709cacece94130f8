import { CallError, errname, errno, InstanceNotFound, ValidationErrors } from "./errors.ts";
import type { CallSession } from "./method.ts";
import { describe } from "./rpc/errors.ts";

export type JobState = "WAITING" | "RUNNING" | "SUCCESS" | "FAILED" | "ABORTED";

/** What a job is made from. */
export interface JobRequest {
  readonly method: string;
  /** Parameters as a job row shows them, secrets masked. */
  readonly arguments: readonly unknown[];
  readonly description: string | null;
  readonly abortable: boolean;
  readonly lock: string | null;
  /** null: no limit; 0: no second job beside a running one. */
  readonly lockQueueSize: number | null;
  readonly owner: CallSession;
  readonly credentials: { readonly type: string; readonly data: unknown } | null;
  readonly messageId: unknown;
  /** Does the work. Secrets are masked in `masked`. */
  run(job: Job): Promise<unknown>;
  /** The result for eyes that may not see secrets. */
  maskResult(result: unknown): unknown;
}

const finished: ReadonlySet<JobState> = new Set(["SUCCESS", "FAILED", "ABORTED"]);

/** The job was aborted: who waits for it gets this. */
export class JobAborted extends CallError {
  constructor() {
    super("Job was aborted", errno.ECANCELED);
  }
}

/** One long-running call. */
export class Job {
  readonly id: number;
  readonly request: JobRequest;
  readonly messageIds: unknown[];
  readonly abortion = new AbortController();
  readonly started: Date;
  /** Settles when the job has ended, in whatever state. */
  readonly done: Promise<void>;
  state: JobState = "WAITING";
  progress: { percent: number; description: string; extra: unknown } = { percent: 0, description: "", extra: null };
  result: unknown = null;
  error: unknown = null;
  finishedAt: Date | null = null;
  readonly #changed: (job: Job) => void;
  readonly #settle: () => void;

  constructor(id: number, request: JobRequest, now: Date, changed: (job: Job) => void) {
    this.id = id;
    this.request = request;
    this.messageIds = request.messageId === undefined || request.messageId === null ? [] : [request.messageId];
    this.started = now;
    this.#changed = changed;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.done = promise;
    this.#settle = resolve;
  }

  get ended(): boolean {
    return finished.has(this.state);
  }

  /** Changes what was given and tells subscribers when something did change. */
  setProgress(percent: number, description: string, extra?: unknown): void {
    const before = JSON.stringify(this.progress);
    const { progress } = this;
    this.progress = {
      percent: Math.floor(percent),
      description: description || progress.description,
      extra: extra ?? progress.extra,
    };
    if (JSON.stringify(this.progress) !== before) this.#changed(this);
  }

  async execute(now: () => Date): Promise<void> {
    try {
      if (this.abortion.signal.aborted) throw new JobAborted();
      this.state = "RUNNING";
      this.#changed(this);
      const aborted = new Promise<never>((_, reject) => {
        this.abortion.signal.addEventListener("abort", () => reject(new JobAborted()), { once: true });
      });
      this.result = await Promise.race([this.request.run(this), aborted]);
      this.finishedAt = now();
      this.state = "SUCCESS";
      if (this.progress.percent !== 100) this.setProgress(100, "");
    } catch (error) {
      this.finishedAt = now();
      this.state = error instanceof JobAborted ? "ABORTED" : "FAILED";
      if (this.state === "FAILED") this.error = error;
    }
    this.#settle();
    this.#changed(this);
  }

  /** Result of an ended job; throws what it failed with. */
  async wait(): Promise<unknown> {
    await this.done;
    if (this.error !== null) throw this.error;
    return this.result;
  }

  abort(): void {
    if (this.state === "WAITING" || this.request.abortable) this.abortion.abort();
  }

  addMessage(id: unknown): void {
    if (id === undefined || id === null) return;
    this.messageIds.push(id);
    this.#changed(this);
  }

  /** The row of core.get_jobs. */
  row(showSecrets: boolean): Record<string, unknown> {
    const failure = this.error === null ? null : describe(this.error);
    const validation = this.error instanceof ValidationErrors;
    const { request } = this;
    return {
      id: this.id,
      message_ids: [...this.messageIds],
      method: request.method,
      arguments: request.arguments,
      transient: false,
      description: request.description,
      abortable: request.abortable,
      logs_path: null,
      logs_excerpt: null,
      progress: { ...this.progress },
      result: this.state === "SUCCESS" ? (showSecrets ? this.result : request.maskResult(this.result)) : null,
      result_encoding_error: null,
      error: failure?.reason ?? null,
      exception: failure ? `Traceback (most recent call last):\n${failure.class}: ${failure.reason}\n` : null,
      exc_info: failure && {
        repr: failure.repr,
        type: validation ? "VALIDATION" : failure.class,
        errno: this.error instanceof CallError ? failure.errno : null,
        extra: failure.extra,
      },
      state: this.state,
      time_started: this.started,
      time_finished: this.finishedAt,
      credentials: request.credentials,
    };
  }
}

const maxKept = 1000;

/** All jobs since the last boot (TrueNAS middleware job.py). Ids start at 1 at every boot. */
export class Jobs {
  readonly #now: () => Date;
  readonly #announce: (kind: "ADDED" | "CHANGED", job: Job) => void;
  #jobs = new Map<number, Job>();
  #waiting: Job[] = [];
  #held = new Set<string>();
  #count = 0;

  constructor(now: () => Date, announce: (kind: "ADDED" | "CHANGED", job: Job) => void) {
    this.#now = now;
    this.#announce = announce;
  }

  /**
   * Queues a job. When its lock's queue is full, the job is dropped and one that waits already is given back instead.
   *
   * @throws CallError EBUSY when the lock allows no queue, or the waiting job is another user's.
   */
  add(request: JobRequest): Job {
    const { lock, lockQueueSize } = request;
    if (lock !== null && lockQueueSize === 0 && this.#held.has(lock)) {
      throw new CallError("This job is already being performed", errno.EBUSY);
    }
    const queued = lock === null ? [] : this.#waiting.filter((job) => job.request.lock === lock);
    if (lock !== null && lockQueueSize !== null && lockQueueSize > 0 && queued.length >= lockQueueSize) {
      const mine = (job: Job): boolean =>
        request.owner.fullAdmin || job.request.owner.username === request.owner.username;
      const taken = queued.findLast(mine);
      if (!taken) throw new CallError("This job is already being performed by another user", errno.EBUSY);
      taken.addMessage(request.messageId);
      return taken;
    }
    this.#count += 1;
    const job = new Job(this.#count, request, this.#now(), (changed) => this.#announce("CHANGED", changed));
    this.#evict();
    this.#jobs.set(job.id, job);
    this.#waiting.push(job);
    this.#announce("ADDED", job);
    setImmediate(() => this.#schedule());
    return job;
  }

  /** Jobs in the order they were made. */
  all(): Job[] {
    return [...this.#jobs.values()];
  }

  /** @throws InstanceNotFound for an unknown id; CallError EPERM for another user's job. */
  get(id: number, session: CallSession): Job {
    const job = this.#jobs.get(id);
    if (!job) throw new InstanceNotFound(`Job with id ${id} does not exist`);
    if (!visibleTo(job, session)) throw new CallError("Job is not owned by current session", errno.EPERM);
    return job;
  }

  /** Forgets everything, as a reboot does. Running jobs die unheard. */
  reset(): void {
    const lost = this.#jobs;
    this.#jobs = new Map();
    this.#waiting = [];
    this.#held = new Set();
    this.#count = 0;
    for (const job of lost.values()) job.abortion.abort();
  }

  /** Whether this job survived the last reboot. */
  knows(job: Job): boolean {
    return this.#jobs.get(job.id) === job;
  }

  #schedule(): void {
    for (const job of [...this.#waiting]) {
      const { lock } = job.request;
      if (lock !== null && this.#held.has(lock)) continue;
      this.#waiting = this.#waiting.filter((other) => other !== job);
      if (lock !== null) this.#held.add(lock);
      const held = this.#held;
      void job.execute(this.#now).then(() => {
        if (lock !== null) held.delete(lock);
        this.#schedule();
      });
    }
  }

  #evict(): void {
    if (this.#jobs.size <= maxKept) return;
    const oldest = this.all().find((job) => job.ended);
    if (oldest) this.#jobs.delete(oldest.id);
  }
}

/** Only full administrators see the jobs of others. */
export const visibleTo = (job: Job, session: CallSession): boolean =>
  session.fullAdmin || job.request.owner.username === session.username;

/** Error text of a job, as core.bulk reports it. */
export const errorText = (error: unknown): string => describe(error).reason || errname(errno.EFAULT);
