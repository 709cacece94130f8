interface Refusal {
  readonly rule: string;
  readonly fix: string;
}

const replication: Refusal = {
  rule: "The same data is never replicated between backends: two live copies are not a backup, and both get the same mistake.",
  fix: "Remove it; copies in time are made by snapshots and backups, decided by the volume's kind.",
};
const deletion: Refusal = {
  rule: "A volume that holds data never deletes it: volumes on the NAS are always Retain.",
  fix: "Remove it; a dataset is destroyed by hand, after its volume was removed from the configuration.",
};
const openness: Refusal = {
  rule: "An export is never open to every network.",
  fix: "Remove it; clients are the Kubernetes nodes, or the networks listed under clients.",
};

/** Keys that people reach for and that do not exist on purpose, each with the reason and the way out. */
export const refusedKeys: ReadonlyMap<string, Refusal> = new Map([
  ["replicateTo", replication],
  ["replicas", replication],
  ["mirror", replication],
  ["mirrorTo", replication],
  ["reclaimPolicy", deletion],
  ["onDelete", deletion],
  ["public", openness],
  ["allNetworks", openness],
]);
