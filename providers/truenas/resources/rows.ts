import { ProviderError } from "../../base/errors.ts";
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
