/** Told while a job runs: 0 to 100, and what the NAS does. */
export type OnProgress = (percent: number, description: string) => void;

interface Listener {
  readonly onProgress: OnProgress;
  jobId: number | undefined;
  last: string;
}

/** The collection whose events tell how jobs go on. */
export const jobCollection = "core.get_jobs";

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Finds the job that belongs to a request by the request's id, which the job carries, and tells how it goes on. */
export class JobProgress {
  readonly #listeners = new Map<string, Listener>();

  /** Listens for the job of a request. Must be called before the request is sent. */
  listen(requestId: string, onProgress: OnProgress): void {
    this.#listeners.set(requestId, { onProgress, jobId: undefined, last: "" });
  }

  /** Stops listening; returns the number of the job when one was seen. */
  stop(requestId: string): number | undefined {
    const jobId = this.#listeners.get(requestId)?.jobId;
    this.#listeners.delete(requestId);
    return jobId;
  }

  /** Takes a notification of the NAS. */
  notify(method: string, params: Readonly<Record<string, unknown>>): void {
    if (method !== "collection_update" || params["collection"] !== jobCollection) return;
    const { id, fields } = params;
    if (!isRecord(fields)) return;
    const requestIds: readonly unknown[] = Array.isArray(fields["message_ids"]) ? fields["message_ids"] : [];
    for (const requestId of requestIds) {
      const listener = typeof requestId === "string" ? this.#listeners.get(requestId) : undefined;
      if (listener === undefined) continue;
      if (typeof id === "number") listener.jobId = id;
      tell(listener, fields["progress"]);
    }
  }
}

function tell(listener: Listener, progress: unknown): void {
  if (!isRecord(progress)) return;
  const percent = typeof progress["percent"] === "number" ? progress["percent"] : 0;
  const description = typeof progress["description"] === "string" ? progress["description"] : "";
  const now = `${percent} ${description}`;
  if (now === listener.last) return;
  listener.last = now;
  listener.onProgress(percent, description);
}
