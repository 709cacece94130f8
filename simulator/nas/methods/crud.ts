import { z } from "zod";
import { notFound } from "../errors.ts";
import { applyQuery, type QueryOptions } from "../filter.ts";
import { type ApiVersion, type CallContext, type Method, type Param, queryParams, text } from "../method.ts";

export type Row = Record<string, unknown>;

/** Makes something once per version. */
export function byVersion<T>(make: (version: ApiVersion) => T): (version: ApiVersion) => T {
  const made = new Map<ApiVersion, T>();
  return (version) => {
    const known = made.get(version);
    if (known !== undefined) return known;
    const value = make(version);
    made.set(version, value);
    return value;
  };
}

const none: readonly Param[] = [];

/** A method without parameters that reads. */
export const reader = (name: string, access: Method["access"], run: (call: CallContext) => unknown): Method => ({
  name,
  ...(access && { access }),
  params: () => none,
  run,
});

export const integerId = z.int();
export const textId = text();

interface Collection {
  /** Namespace, for example "sharing.nfs". */
  readonly name: string;
  /** What an error calls one of it, for example "SharingNFS". */
  readonly title: string;
  readonly access: readonly string[];
  readonly id: z.ZodType;
  /** The rows as the API shows them. `extra` is `options.extra`; `filters` may be used to read less than everything. */
  rows(call: CallContext, extra: Row, filters: readonly unknown[]): readonly Row[];
  /** Plays a server that counts before it filters. Default false. */
  readonly countsEverything?: boolean;
}

const optionsParam = queryParams[1] as Param;

/** `<name>.query` and `<name>.get_instance`. */
export function collection(of: Collection): readonly Method[] {
  return [
    {
      name: `${of.name}.query`,
      access: of.access,
      params: () => queryParams,
      run: (call, [filters, options]) => {
        const conditions = filters as readonly unknown[];
        const chosen = options as QueryOptions;
        if (of.countsEverything && chosen.count) return of.rows(call, chosen.extra ?? {}, []).length;
        return applyQuery(of.rows(call, chosen.extra ?? {}, conditions), conditions, chosen);
      },
    },
    {
      name: `${of.name}.get_instance`,
      access: of.access,
      params: () => [{ name: "id", schema: of.id }, optionsParam],
      run: (call, [id, options]) => {
        const chosen = options as QueryOptions;
        const rows = of.rows(call, chosen.extra ?? {}, [["id", "=", id]]);
        const row = rows.find((candidate) => candidate["id"] === id);
        if (!row) throw notFound(of.title, id);
        return applyQuery([row], [], { ...chosen, get: true, count: false });
      },
    },
  ];
}

/** Replaces one row of a table by its newer state. */
export function replace<T extends { readonly id: number }>(rows: T[], row: T): T {
  const index = rows.findIndex(({ id }) => id === row.id);
  rows[index] = row;
  return row;
}

/** Takes one row out of a table. */
export function remove<T extends { readonly id: number }>(rows: T[], id: number): void {
  const index = rows.findIndex((row) => row.id === id);
  if (index >= 0) rows.splice(index, 1);
}
