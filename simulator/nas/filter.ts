import { invalid, MatchNotFound } from "./errors.ts";

/** Options of a query, as `queryParams` in method.ts parses them. Absent means the default. */
export interface QueryOptions {
  readonly extra?: Record<string, unknown>;
  readonly order_by?: readonly string[];
  readonly select?: readonly (string | readonly unknown[])[];
  readonly count?: boolean;
  readonly get?: boolean;
  readonly offset?: number;
  readonly limit?: number;
}

type Row = Record<string, unknown>;
type Compare = (value: unknown, operand: unknown) => boolean;

const maxLimit = 10_000;
const maxDepth = 8;

const isRow = (value: unknown): value is Row =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Date) &&
  !(value instanceof Set);

const listOf = (value: unknown): readonly unknown[] | undefined =>
  Array.isArray(value) ? value : value instanceof Set ? [...value] : undefined;

/** Values that the server, written in Python, counts as the same number. */
const numeric = (value: unknown): unknown =>
  typeof value === "boolean" ? Number(value) : value instanceof Date ? value.getTime() : value;

function same(a: unknown, b: unknown): boolean {
  const x = numeric(a);
  const y = numeric(b);
  if (x === y) return true;
  const xs = listOf(x);
  const ys = listOf(y);
  if (xs && ys) return xs.length === ys.length && xs.every((item, i) => same(item, ys[i]));
  if (!isRow(x) || !isRow(y)) return false;
  const keys = Object.keys(x);
  return keys.length === Object.keys(y).length && keys.every((key) => key in y && same(x[key], y[key]));
}

const typeName = (value: unknown): string => {
  if (value === null) return "NoneType";
  if (Array.isArray(value)) return "list";
  if (value instanceof Date) return "datetime.datetime";
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  return "dict";
};

/** Negative, zero or positive; values that have no order are an error, as they are on the server. */
function order(a: unknown, b: unknown, operator: string): number {
  const x = numeric(a);
  const y = numeric(b);
  if (typeof x === "number" && typeof y === "number") return x - y;
  if (typeof x === "string" && typeof y === "string") return x < y ? -1 : x > y ? 1 : 0;
  throw new TypeError(`'${operator}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
}

function contains(container: unknown, item: unknown): boolean {
  if (typeof container === "string" && typeof item === "string") return container.includes(item);
  const items = listOf(container) ?? (isRow(container) ? Object.keys(container) : undefined);
  if (!items) throw new TypeError(`argument of type '${typeName(container)}' is not iterable`);
  return items.some((entry) => same(entry, item));
}

const text = (value: unknown): string => {
  if (typeof value === "string") return value;
  throw new TypeError(`'${typeName(value)}' object has no attribute 'startswith'`);
};

const operators: Readonly<Record<string, Compare>> = {
  "=": same,
  "!=": (value, operand) => !same(value, operand),
  ">": (value, operand) => order(value, operand, ">") > 0,
  ">=": (value, operand) => order(value, operand, ">=") >= 0,
  "<": (value, operand) => order(value, operand, "<") < 0,
  "<=": (value, operand) => order(value, operand, "<=") <= 0,
  // The server matches at the start of the text and takes null as an empty one.
  "~": (value, operand) => new RegExp(`^(?:${text(operand)})`, "u").test(value === null ? "" : text(value)),
  in: (value, operand) => contains(operand, value),
  nin: (value, operand) => value !== null && !contains(operand, value),
  rin: (value, operand) => value !== null && contains(value, operand),
  rnin: (value, operand) => value !== null && !contains(value, operand),
  "^": (value, operand) => value !== null && text(value).startsWith(text(operand)),
  "!^": (value, operand) => value !== null && !text(value).startsWith(text(operand)),
  $: (value, operand) => value !== null && text(value).endsWith(text(operand)),
  "!$": (value, operand) => value !== null && !text(value).endsWith(text(operand)),
};

const fold = (value: unknown): unknown => {
  if (value === null) return null;
  if (typeof value === "string") return value.toLowerCase();
  if (Array.isArray(value)) return value.map(fold);
  throw new TypeError(`${typeName(value)}: support for casefolding object type not implemented.`);
};

/** Parts of a dotted path; `\.` is a dot inside a name. */
const pathParts = (path: string): string[] => path.split(/(?<!\\)\./).map((part) => part.replaceAll("\\.", "."));

/** Whether any value at the path passes; a missing key never does. */
function anyAt(value: unknown, parts: readonly string[], test: (found: unknown) => boolean): boolean {
  const [part, ...rest] = parts;
  if (part === undefined) return test(value);
  if (Array.isArray(value)) {
    if (part === "*") return value.some((entry) => anyAt(entry, rest, test));
    if (!/^\d+$/.test(part)) throw new TypeError(`${part}: must be array index or wildcard character`);
    return anyAt(value[Number(part)] ?? null, rest, test);
  }
  if (!isRow(value)) return test(value);
  const found = value[part];
  return found === undefined ? false : anyAt(found, rest, test);
}

const timestamp = ".$date";

function matchesOne(row: unknown, [path, operator, operand]: readonly [string, string, unknown]): boolean {
  const insensitive = operator.startsWith("C");
  const compare = operators[insensitive ? operator.slice(1) : operator];
  if (!compare) return false;
  const dated = path.endsWith(timestamp);
  const right = dated ? new Date(operand as string | number) : insensitive ? fold(operand) : operand;
  const parts = pathParts(dated ? path.slice(0, -timestamp.length) : path);
  return anyAt(row, parts, (found) => compare(insensitive ? fold(found) : found, right));
}

function matches(row: unknown, filter: readonly unknown[]): boolean {
  if (filter.length === 3) return matchesOne(row, filter as readonly [string, string, unknown]);
  const branches = filter[1] as readonly (readonly unknown[])[];
  return branches.some((branch) =>
    Array.isArray(branch[0]) ? branch.every((part) => matches(row, part as readonly unknown[])) : matches(row, branch),
  );
}

function checkFilter(filter: unknown, depth: number): void {
  if (depth > maxDepth) throw invalid("filters", "query-filters max recursion depth exceeded");
  if (!Array.isArray(filter)) throw invalid("filters", `Invalid filter ${JSON.stringify(filter)}`);
  if (filter.length === 2) {
    const [operator, branches] = filter as [unknown, unknown];
    if (operator !== "OR") throw invalid("filters", `Invalid operation: ${String(operator)}`);
    if (!Array.isArray(branches) || branches.length === 0)
      throw invalid("filters", "OR filter requires at least one branch.");
    for (const branch of branches) {
      if (Array.isArray(branch) && Array.isArray(branch[0])) for (const part of branch) checkFilter(part, depth + 1);
      else checkFilter(branch, depth + 1);
    }
    return;
  }
  const [path, operator] = filter as [unknown, unknown];
  if (filter.length !== 3 || typeof path !== "string" || typeof operator !== "string") {
    throw invalid("filters", `Invalid filter ${JSON.stringify(filter)}`);
  }
  const plain = operator.startsWith("C") ? operator.slice(1) : operator;
  if (!(plain in operators)) throw invalid("filters", `Invalid operation: ${operator}`);
  if (plain === "~" && plain !== operator) throw invalid("filters", `Invalid case-insensitive operation: ${operator}`);
}

function selected(row: Row, select: NonNullable<QueryOptions["select"]>): Row {
  const out: Row = {};
  for (const entry of select) {
    const [path, alias] = typeof entry === "string" ? [entry, undefined] : [String(entry[0]), String(entry[1])];
    const parts = pathParts(path);
    let value: unknown = row;
    for (const part of parts) {
      if (Array.isArray(value)) throw new TypeError("Selecting by list index is not supported");
      value = isRow(value) ? value[part] : undefined;
    }
    if (value === undefined) continue;
    if (alias !== undefined) {
      out[alias] = value;
      continue;
    }
    let target = out;
    for (const part of parts.slice(0, -1)) {
      const next = isRow(target[part]) ? { ...(target[part] as Row) } : {};
      target[part] = next;
      target = next;
    }
    target[parts.at(-1) ?? path] = value;
  }
  return out;
}

const valueAt = (row: unknown, path: string): unknown => {
  let value = row;
  for (const part of pathParts(path))
    value = isRow(value) ? value[part] : Array.isArray(value) ? value[Number(part)] : undefined;
  return value ?? null;
};

function sorted(rows: readonly Row[], instruction: string): Row[] {
  const nulls = /^nulls_(first|last):/.exec(instruction);
  const directed = nulls ? instruction.slice(nulls[0].length) : instruction;
  const reverse = directed.startsWith("-");
  const path = reverse ? directed.slice(1) : directed;
  const compare = (a: Row, b: Row): number => {
    try {
      return order(valueAt(a, path), valueAt(b, path), "<") * (reverse ? -1 : 1);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes("NoneType")) throw error;
      throw new TypeError(
        `Cannot sort by '${directed}' because the field contains null values. Please use "nulls_first:${directed}" or ` +
          `"nulls_last:${directed}" to specify null placement.`,
      );
    }
  };
  if (!nulls) return rows.toSorted(compare);
  const absent = rows.filter((row) => valueAt(row, path) === null);
  const present = rows.filter((row) => valueAt(row, path) !== null).toSorted(compare);
  return nulls[1] === "first" ? [...absent, ...present] : [...present, ...absent];
}

/**
 * Rows that pass all filters, in the form the options ask for (TrueNAS middleware utils/filter_list.py). As on the server, `select`
 * comes before `order_by`, and `count` and `get` know neither offset nor limit.
 *
 * @throws ValidationErrors for a malformed filter or a limit above 10000; MatchNotFound for `get` without a row.
 */
export function applyQuery(
  rows: Iterable<Row>,
  filters: readonly unknown[] = [],
  options: QueryOptions = {},
): Row[] | Row | number {
  for (const filter of filters) checkFilter(filter, 0);
  if ((options.limit ?? 0) > maxLimit)
    throw invalid("options.limit", `Options limit must be between 1 and ${maxLimit}`);
  let found = [...rows].filter((row) => filters.every((filter) => matches(row, filter as readonly unknown[])));
  const select = options.select ?? [];
  if (select.length > 0) found = found.map((row) => selected(row, select));
  if (options.count) return found.length;
  for (const instruction of options.order_by ?? []) found = sorted(found, instruction);
  if (options.get) {
    const [first] = found;
    if (!first) throw new MatchNotFound();
    return first;
  }
  if (options.offset) found = found.slice(options.offset);
  return options.limit ? found.slice(0, options.limit) : found;
}
