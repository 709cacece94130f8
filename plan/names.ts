import type { Config } from "../config/index.ts";

/** Full name of the apps dataset: `big/k8s-apps`. */
export function appsRoot(config: Config): string {
  return `${config.nas.pool}/${config.nas.appsDataset}`;
}

/** Where the NAS mounts a dataset. */
export function mountPointOf(dataset: string): string {
  return `/mnt/${dataset}`;
}

/** The dataset that is mounted at a path below /mnt. */
export function datasetAt(path: string): string {
  return path.replace(/^\/mnt\//, "");
}

/** Whether `inner` is `outer` or lies below it; for datasets and for paths. */
export function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`);
}

/** The dataset above, or undefined for a pool. */
export function parentOf(dataset: string): string | undefined {
  const slash = dataset.lastIndexOf("/");
  return slash < 0 ? undefined : dataset.slice(0, slash);
}

/** Orders names part by part, so that a parent always stands before its children. */
export function compareNames(a: string, b: string): number {
  const partsA = a.split("/");
  const partsB = b.split("/");
  for (const [index, part] of partsA.entries()) {
    const other = partsB[index];
    if (other === undefined) return 1;
    if (part !== other) return part < other ? -1 : 1;
  }
  return partsA.length - partsB.length;
}
