import { notFound } from "../errors.ts";
import type { Dataset } from "../world/dataset.ts";
import type { World } from "../world/world.ts";

/** The dataset of that name, or the error that the server gives for a name that nobody has. */
export function findDataset(world: World, name: string): Dataset {
  const dataset = world.storage.datasets.get(name);
  if (!dataset) throw notFound("PoolDataset", name);
  return dataset;
}

/** The row of that number, or the server's error. */
export function findRow<T extends { readonly id: number }>(rows: readonly T[], title: string, id: unknown): T {
  const row = rows.find((candidate) => candidate.id === id);
  if (!row) throw notFound(title, id);
  return row;
}
