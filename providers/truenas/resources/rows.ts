import { ProviderError } from "../../base/errors.ts";
import type { Row } from "../client/client.ts";
import { NotFoundError } from "../client/errors.ts";
import type { ResourceContext } from "./context.ts";

/** Deletes by number; an object that is gone already is what was wanted. */
export async function deleteById(
  context: ResourceContext,
  method: string,
  id: number,
  ...rest: unknown[]
): Promise<void> {
  try {
    await context.nas.call(method, [id, ...rest], { signal: context.signal });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}

/** The number behind an id of the state or of an import. */
export function idFilter(id: string): number {
  if (/^[1-9]\d*$/.test(id)) return Number(id);
  throw new ProviderError(
    "INVALID_ARGUMENT",
    `"${id}" is no id of the NAS: expected a number, as the import command of an error message shows it`,
  );
}

interface Group extends Row {
  readonly value: unknown;
  readonly members: readonly Row[];
}

/**
 * The objects of a kind that have this value in a property which several may share. Looked up in bulk, as single ones are: a
 * list of all for every new object would grow with the square of their number.
 */
export async function findAll(
  { nas }: ResourceContext,
  method: string,
  property: string,
  value: string,
): Promise<readonly Row[]> {
  const groups = nas.derivedCollection<Group>(`${method} by ${property}`, "value", async (values) => {
    const filters = values === undefined ? [] : [[property, "in", values]];
    const rows = await nas.list(method, [filters], { kind: "read" });
    return [...Map.groupBy(rows, (row) => row[property])].map(([of, members]) => ({ value: of, members }));
  });
  return (await groups.find(value))?.members ?? [];
}

/** One of a list by its number on the NAS, or by name. */
export function byIdOrName<T extends { readonly id: number }>(
  rows: readonly T[],
  id: string,
  nameOf: (row: T) => string,
): T | undefined {
  return /^[1-9]\d*$/.test(id) ? rows.find((row) => row.id === Number(id)) : rows.find((row) => nameOf(row) === id);
}
