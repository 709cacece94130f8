import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { ApiVersion } from "./method.ts";

/** One call in the form that the judge of recordings reads: plain JSON values. */
export interface WireRecord {
  readonly version: ApiVersion;
  readonly method: string;
  readonly params: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
  /** The request was broken on purpose. */
  readonly expectInvalid?: true;
}

let files = 0;

/** Appends to a file of its own in the folder that HOMELAB_RECORD names; undefined when it names none. */
export function fileRecorder(version: ApiVersion): ((entry: WireRecord) => void) | undefined {
  const folder = process.env["HOMELAB_RECORD"];
  if (!folder) return undefined;
  files += 1;
  const file = join(folder, `${version}-${process.pid}-${files}.jsonl`);
  return (entry) => appendFileSync(file, `${JSON.stringify(entry)}\n`);
}

/** Keeps what was called, and which calls were meant to be refused. */
export class Recorder {
  readonly #write: ((entry: WireRecord) => void) | undefined;
  #expecting = 0;

  constructor(write: ((entry: WireRecord) => void) | undefined) {
    this.#write = write;
  }

  /** @param invalid whether the schemas, or the list of methods, refused the request. */
  record(entry: WireRecord, invalid: boolean): void {
    this.#write?.(invalid && this.#expecting > 0 ? { ...entry, expectInvalid: true } : entry);
  }

  /** Calls that the schemas refuse while `body` runs count as broken on purpose. */
  async expectInvalid<T>(body: () => Promise<T>): Promise<T> {
    this.#expecting += 1;
    try {
      return await body();
    } finally {
      this.#expecting -= 1;
    }
  }
}
