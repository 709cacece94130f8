import type { Freshness, ReadMark } from "./freshness.ts";

/** An object as a `query` method gives it. Shared between callers: not to be changed. */
export type Row = Readonly<Record<string, unknown>>;

/** All objects of one kind. Reads are merged and used again, but never older than this process's last change. */
export interface Collection<T extends Row = Row> {
  /** The first object whose key has this value; undefined when the NAS has none. */
  find(key: string | number): Promise<T | undefined>;
  all(): Promise<readonly T[]>;
}

/** What makes two collections different. */
export interface CollectionOptions {
  /** The property to find by. Default `id`. */
  readonly key?: string;
  /** `extra` of the query options. For pool.dataset.query the subtrees are always left out. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

type Key = string | number;
/** Reads the objects with these keys, or all of them. */
export type ReadRows<T> = (keys: readonly Key[] | undefined) => Promise<readonly T[]>;

interface Waiting<T> {
  readonly key: Key;
  resolve(row: T | undefined): void;
  reject(error: unknown): void;
}

interface Listing<T> {
  readonly mark: ReadMark;
  readonly rows: readonly T[];
  readonly byKey: ReadonlyMap<unknown, T>;
}

/** More keys than this are cheaper as one list, and could make the request too large. */
const maxKeys = 50;
/**
 * Batches without a change in between, after which the next one reads everything. A process that only reads will not stop doing
 * so; in one that also changes things a list is soon outdated, and would be read again and again.
 */
const patience = { reading: 1, changing: 10 } as const;

/** The options of the query that a collection makes. */
export function queryExtra(method: string, extra: CollectionOptions["extra"] = {}): Readonly<Record<string, unknown>> {
  // By default every dataset comes with its whole subtree inside, which grows with the square.
  return method === "pool.dataset.query" ? { ...extra, retrieve_children: false, flat: true } : extra;
}

/**
 * Lookups that arrive together, or while an earlier batch is under way, become one query. The second batch without a
 * change in between reads everything, so that a refresh of any size costs two queries; see `patience`.
 */
export class CoalescedCollection<T extends Row> implements Collection<T> {
  readonly #key: string;
  readonly #read: ReadRows<T>;
  readonly #freshness: Freshness;
  #waiting: Waiting<T>[] = [];
  #busy = false;
  #lastBatch: ReadMark | undefined;
  /** Batches since the last change. */
  #batches = 0;
  #listing: Listing<T> | undefined;
  #listingUnderWay: { readonly mark: ReadMark; readonly promise: Promise<Listing<T>> } | undefined;

  constructor(key: string, read: ReadRows<T>, freshness: Freshness) {
    this.#key = key;
    this.#read = read;
    this.#freshness = freshness;
  }

  async all(): Promise<readonly T[]> {
    return (await this.#list()).rows;
  }

  async find(key: Key): Promise<T | undefined> {
    const listing = this.#freshListing();
    if (listing !== undefined) return listing.byKey.get(key);
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject });
      this.#schedule();
    });
  }

  #freshListing(): Listing<T> | undefined {
    const listing = this.#listing;
    return listing !== undefined && this.#freshness.isFresh(listing.mark) ? listing : undefined;
  }

  async #list(): Promise<Listing<T>> {
    const fresh = this.#freshListing();
    if (fresh !== undefined) return fresh;
    const underWay = this.#listingUnderWay;
    if (underWay !== undefined && this.#freshness.isCurrent(underWay.mark)) return await underWay.promise;
    const mark = this.#freshness.mark();
    const started = { mark, promise: this.#readAll(mark) };
    this.#listingUnderWay = started;
    try {
      this.#listing = await started.promise;
      return this.#listing;
    } finally {
      if (this.#listingUnderWay === started) this.#listingUnderWay = undefined;
    }
  }

  async #readAll(mark: ReadMark): Promise<Listing<T>> {
    const rows = await this.#read(undefined);
    return { mark, rows, byKey: this.#index(rows) };
  }

  #index(rows: readonly T[]): Map<unknown, T> {
    // Backwards, so that the first of several rows with one key stays.
    return new Map([...rows].reverse().map((row) => [row[this.#key], row]));
  }

  #schedule(): void {
    if (this.#busy) return;
    this.#busy = true;
    // After what has arrived already was handled, so that it joins.
    setImmediate(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      const found = await this.#lookUp([...new Set(batch.map((waiting) => waiting.key))]);
      for (const waiting of batch) waiting.resolve(found.get(waiting.key));
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
    this.#busy = false;
    if (this.#waiting.length > 0) this.#schedule();
  }

  async #lookUp(keys: readonly Key[]): Promise<ReadonlyMap<unknown, T>> {
    const again = this.#lastBatch !== undefined && this.#freshness.isFresh(this.#lastBatch);
    this.#batches = again ? this.#batches : 0;
    const enough = this.#batches >= (this.#freshness.untouched ? patience.reading : patience.changing);
    if (keys.length > maxKeys || enough) return (await this.#list()).byKey;
    this.#batches += 1;
    this.#lastBatch = this.#freshness.mark();
    return this.#index(await this.#read(keys));
  }
}
