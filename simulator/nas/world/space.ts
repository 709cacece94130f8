import { type Dataset, type Pool, parentOf } from "./dataset.ts";
import { walk } from "./nodes.ts";

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/** What an empty file system takes, metadata included. */
const emptyFilesystem = 96 * KiB;
const emptyVolume = 56 * KiB;

/** The numbers of one dataset, in bytes. */
export interface Space {
  readonly used: number;
  readonly usedbydataset: number;
  readonly usedbysnapshots: number;
  readonly usedbychildren: number;
  readonly usedbyrefreservation: number;
  readonly available: number;
  /** Like `available`, but without this dataset's own refquota. */
  readonly room: number;
}

type Used = Omit<Space, "available" | "room">;

const limit = (dataset: Dataset, name: "quota" | "refquota" | "reservation" | "refreservation"): number =>
  Number(dataset.local.get(name) ?? "0");

const blocksOf = (dataset: Dataset, root = dataset.root): Map<number, number> => {
  const blocks = new Map<number, number>();
  if (root) for (const [, node] of walk(root)) if (node.kind === "FILE") blocks.set(node.block, node.size);
  return blocks;
};

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);

/** Bytes that a pool offers: its size less what ZFS keeps back (a thirty-second, at most 128 GiB). */
export const usable = (pool: Pool): number => pool.size - Math.min(Math.floor(pool.size / 32), 128 * GiB);

/**
 * The space numbers of every dataset of a pool, derived from the bytes in its files and snapshots, its quotas and its
 * reservations, so that they always add up.
 */
export class SpaceReport {
  private readonly children = new Map<string, Dataset[]>();
  private readonly own = new Map<string, Used>();
  private readonly free = new Map<string, number>();
  private readonly pool: Pool;

  constructor(pool: Pool, datasets: readonly Dataset[]) {
    this.pool = pool;
    for (const dataset of datasets) {
      const parent = parentOf(dataset.name);
      if (parent === undefined) continue;
      const siblings = this.children.get(parent);
      if (siblings) siblings.push(dataset);
      else this.children.set(parent, [dataset]);
    }
  }

  of(dataset: Dataset, ancestors: readonly Dataset[]): Space {
    const room = Math.max(0, this.room(dataset, ancestors));
    return { ...this.usedBy(dataset), available: this.available(dataset, ancestors), room };
  }

  private usedBy(dataset: Dataset): Used {
    const known = this.own.get(dataset.name);
    if (known) return known;
    const live = blocksOf(dataset);
    const volume = dataset.type === "VOLUME";
    const usedbydataset = sum(live.values()) + (volume ? emptyVolume : emptyFilesystem);
    const kept = new Map<number, number>();
    for (const snapshot of dataset.snapshots.values()) {
      for (const [block, size] of blocksOf(dataset, snapshot.root)) if (!live.has(block)) kept.set(block, size);
    }
    const usedbysnapshots = sum(kept.values());
    const usedbychildren = sum(
      (this.children.get(dataset.name) ?? []).map((child) =>
        Math.max(this.usedBy(child).used, limit(child, "reservation")),
      ),
    );
    const usedbyrefreservation = Math.max(0, limit(dataset, "refreservation") - usedbydataset);
    const used = usedbydataset + usedbysnapshots + usedbychildren + usedbyrefreservation;
    const result = { used, usedbydataset, usedbysnapshots, usedbychildren, usedbyrefreservation };
    this.own.set(dataset.name, result);
    return result;
  }

  /** @param ancestors from the parent up to the pool */
  private available(dataset: Dataset, ancestors: readonly Dataset[]): number {
    const { used, usedbydataset, usedbyrefreservation } = this.usedBy(dataset);
    let free = this.room(dataset, ancestors) + usedbyrefreservation;
    const reservation = limit(dataset, "reservation");
    if (ancestors.length > 0) free += Math.max(0, reservation - used);
    const refquota = limit(dataset, "refquota");
    if (refquota > 0) free = Math.min(free, refquota - usedbydataset);
    return Math.max(0, free);
  }

  /** What is left before a quota here or above, or the end of the pool, is met. */
  private room(dataset: Dataset, ancestors: readonly Dataset[]): number {
    const known = this.free.get(dataset.name);
    if (known !== undefined) return known;
    const [parent, ...above] = ancestors;
    const used = Math.max(this.usedBy(dataset).used, parent ? 0 : limit(dataset, "reservation"));
    let room = parent ? this.room(parent, above) : usable(this.pool) - used;
    const quota = limit(dataset, "quota");
    if (quota > 0) room = Math.min(room, quota - this.usedBy(dataset).used);
    this.free.set(dataset.name, room);
    return room;
  }
}
