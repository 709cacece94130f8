import { randomInt } from "node:crypto";
import type { Clock } from "./clock.ts";
import { type Dataset, isInternal, isWithin, type Pool, parentOf, type Snapshot, upwards } from "./dataset.ts";
import { directory, freeze } from "./nodes.ts";
import { definitionOf, type Effective, type PropertyName } from "./properties.ts";
import { type Space, SpaceReport, usable } from "./space.ts";

const guid = (): string => `${randomInt(1, 2 ** 47)}${randomInt(100_000, 999_999)}`;

/** The file in which a fault keeps all space of a pool: what its owner removes to have room again. */
export const fillerOf = (pool: string): string => `/mnt/${pool}/.filler`;

export interface NewDataset {
  readonly name: string;
  readonly type?: "FILESYSTEM" | "VOLUME";
  readonly local?: Iterable<readonly [PropertyName, string]>;
  readonly userProperties?: Iterable<readonly [string, string]>;
}

/** Pools, datasets and snapshots: the state of ZFS, without the rules that TrueNAS lays over it. */
export class Storage {
  readonly pools: Pool[] = [];
  readonly datasets = new Map<string, Dataset>();
  private readonly clock: Clock;
  private txg = 4;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  addPool(name: string, size: number): Pool {
    const pool: Pool = { id: this.pools.length + 1, name, guid: guid(), size, status: "ONLINE" };
    this.pools.push(pool);
    const root: [PropertyName, string][] = [
      ["aclinherit", "discard"],
      ["aclmode", "discard"],
      ["acltype", "posix"],
      ["atime", "off"],
      ["compression", "lz4"],
    ];
    this.create({ name, local: root });
    return pool;
  }

  poolOf(dataset: string): Pool {
    const name = dataset.split("/")[0];
    const pool = this.pools.find((candidate) => candidate.name === name);
    if (!pool) throw new Error(`no pool ${name}`);
    return pool;
  }

  /** Makes a dataset; the caller has checked that its parent is there and its name is free. */
  create(input: NewDataset): Dataset {
    const type = input.type ?? "FILESYSTEM";
    const now = this.clock.now();
    const parent = this.parent(input.name);
    const dataset: Dataset = {
      name: input.name,
      type,
      guid: guid(),
      txg: this.nextTxg(),
      created: now,
      local: new Map(input.local),
      userProperties: new Map(input.userProperties),
      snapshots: new Map(),
      quotas: [],
      root: type === "FILESYSTEM" ? directory({ uid: 0, gid: 0, mode: 0o755 }, now) : undefined,
      version: 0,
      encryption: undefined,
      locked: false,
      busy: false,
      origin: undefined,
    };
    if (type === "FILESYSTEM") {
      if (!dataset.local.has("xattr")) dataset.local.set("xattr", "sa");
      if (!dataset.local.has("casesensitivity") && parent) {
        dataset.local.set("casesensitivity", this.effective(parent, "casesensitivity").raw);
      }
    }
    this.datasets.set(dataset.name, dataset);
    this.mount(dataset);
    return dataset;
  }

  parent(name: string): Dataset | undefined {
    const parent = parentOf(name);
    return parent === undefined ? undefined : this.datasets.get(parent);
  }

  ancestors(name: string): Dataset[] {
    return [...upwards(name)].slice(1).flatMap((ancestor) => this.datasets.get(ancestor) ?? []);
  }

  /** This dataset and everything below it, parents first, in the order of their names. */
  tree(name: string): Dataset[] {
    return [...this.datasets.values()]
      .filter((dataset) => isWithin(dataset.name, name))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  children(name: string): Dataset[] {
    return this.tree(name).filter((dataset) => parentOf(dataset.name) === name);
  }

  /** What pool.filesystem_choices offers. */
  visible(): Dataset[] {
    return [...this.datasets.values()]
      .filter((dataset) => !isInternal(dataset.name))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  effective(dataset: Dataset, property: PropertyName): Effective {
    const definition = definitionOf(property);
    const own = dataset.local.get(property);
    if (property === "casesensitivity") return { raw: own ?? definition.fallback, source: "NONE", from: null };
    if (own !== undefined) return { raw: own, source: "LOCAL", from: null };
    if (definition.inherited !== false) {
      for (const ancestor of this.ancestors(dataset.name)) {
        const raw = ancestor.local.get(property);
        if (raw !== undefined) return { raw, source: "INHERITED", from: ancestor.name };
      }
    }
    return { raw: definition.fallback, source: "DEFAULT", from: null };
  }

  /** User properties with those of the ancestors, as ZFS hands them down. */
  userProperties(dataset: Dataset): Map<string, string> {
    const lineage = [...this.ancestors(dataset.name).reverse(), dataset];
    return new Map(lineage.flatMap((each) => [...each.userProperties]));
  }

  spaceReport(pool: Pool): SpaceReport {
    return new SpaceReport(
      pool,
      [...this.datasets.values()].filter((dataset) => isWithin(dataset.name, pool.name)),
    );
  }

  space(dataset: Dataset, report: SpaceReport = this.spaceReport(this.poolOf(dataset.name))): Space {
    return report.of(dataset, this.ancestors(dataset.name));
  }

  /** Bytes that a dataset's pool has left, whatever the quotas say. */
  freeInPool(dataset: Dataset): number {
    const pool = this.poolOf(dataset.name);
    const root = this.datasets.get(pool.name);
    return usable(pool) - (root ? this.space(root).used : 0);
  }

  /** Removes one dataset, its snapshots and its bytes. */
  destroy(dataset: Dataset): void {
    this.datasets.delete(dataset.name);
    if (dataset.origin !== undefined) this.snapshot(dataset.origin)?.clones.delete(dataset.name);
    this.unmount(dataset);
  }

  rename(dataset: Dataset, name: string): void {
    const old = dataset.name;
    this.unmount(dataset);
    for (const each of this.tree(old)) {
      this.datasets.delete(each.name);
      each.name = `${name}${each.name.slice(old.length)}`;
      this.datasets.set(each.name, each);
      for (const snapshot of each.snapshots.values()) snapshot.dataset = each.name;
    }
    this.mount(dataset);
  }

  snapshot(id: string): Snapshot | undefined {
    const [dataset = "", name = ""] = id.split("@");
    return this.datasets.get(dataset)?.snapshots.get(name);
  }

  /** Takes one snapshot; the caller has checked that its name is free. */
  takeSnapshot(
    dataset: Dataset,
    name: string,
    txg: number = this.nextTxg(),
    userProperties: Iterable<readonly [string, string]> = [],
    created: number = this.clock.now(),
  ): Snapshot {
    // Nothing changed since the last one: both keep the same tree.
    const same = [...dataset.snapshots.values()].findLast(({ version }) => version === dataset.version);
    const snapshot: Snapshot = {
      dataset: dataset.name,
      name,
      txg,
      guid: guid(),
      created,
      root: same?.root ?? (dataset.root ? freeze(dataset.root) : undefined),
      version: dataset.version,
      holds: new Map(),
      userProperties: new Map(userProperties),
      clones: new Set(),
    };
    dataset.snapshots.set(name, snapshot);
    return snapshot;
  }

  /** Puts back what a file system held, and forgets the snapshots that were taken since. */
  rollback(dataset: Dataset, snapshot: Snapshot): void {
    for (const each of [...dataset.snapshots.values()])
      if (each.txg > snapshot.txg) dataset.snapshots.delete(each.name);
    dataset.version += 1;
    if (dataset.root === undefined || snapshot.root === undefined) return;
    const { children, ...inode } = freeze(snapshot.root);
    delete dataset.root.acl;
    Object.assign(dataset.root, inode);
    dataset.root.children.clear();
    for (const [name, node] of children) dataset.root.children.set(name, node);
    for (const child of this.children(dataset.name)) this.mount(child);
  }

  nextTxg(): number {
    this.txg += 5;
    return this.txg;
  }

  /** The directory that a child file system covers stays in its parent, empty. */
  private mount(dataset: Dataset): void {
    const parent = this.parent(dataset.name);
    const leaf = dataset.name.slice(dataset.name.lastIndexOf("/") + 1);
    if (dataset.type !== "FILESYSTEM" || !parent?.root || parent.root.children.has(leaf)) return;
    parent.root.children.set(leaf, directory({ uid: 0, gid: 0, mode: 0o755 }, this.clock.now()));
  }

  private unmount(dataset: Dataset): void {
    const parent = this.parent(dataset.name);
    const leaf = dataset.name.slice(dataset.name.lastIndexOf("/") + 1);
    const covered = parent?.root?.children.get(leaf);
    if (covered?.kind === "DIRECTORY" && covered.children.size === 0) parent?.root?.children.delete(leaf);
  }
}
