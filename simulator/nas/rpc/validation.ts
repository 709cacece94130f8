import { z } from "zod";
import { errno, type Issue, ValidationErrors } from "../errors.ts";
import type { ApiVersion, Method } from "../method.ts";

type ZodIssue = z.core.$ZodIssue;

const quoted = (value: unknown): string =>
  typeof value === "string" ? `'${value}'` : value === null ? "None" : String(value);

const alternatives = (values: readonly unknown[]): string => {
  const names = values.map(quoted);
  const last = names.pop() ?? "";
  return names.length > 0 ? `${names.join(", ")} or ${last}` : last;
};

const integerMessage = "Input should be a valid integer";

/** Says of a value that is no number at all that an integer was wanted, which the finding itself does not tell. */
const wantedInteger: z.core.$ZodErrorMap = ({ code, inst }) =>
  code === "invalid_type" && inst instanceof z.ZodNumber && inst.isInt ? integerMessage : undefined;

const typeMessages: Readonly<Record<string, string>> = {
  string: "Input should be a valid string",
  int: integerMessage,
  number: "Input should be a valid number",
  boolean: "Input should be a valid boolean",
  array: "Input should be a valid list",
  tuple: "Input should be a valid list",
  object: "Input should be a valid dictionary",
  record: "Input should be a valid dictionary",
  date: "Input should be a valid datetime",
  null: "Input should be None",
  never: "Extra inputs are not permitted",
};

const plural = (count: number | bigint, word: string): string => `${count} ${word}${Number(count) === 1 ? "" : "s"}`;

function sizeMessage(issue: Extract<ZodIssue, { code: "too_small" | "too_big" }>, size: unknown): string {
  const [limit, least] = issue.code === "too_small" ? [issue.minimum, true] : [issue.maximum, false];
  const bound = least ? "at least" : "at most";
  switch (issue.origin) {
    case "string":
      return `String should have ${bound} ${plural(limit, "character")}`;
    case "array":
    case "set":
      return `List should have ${bound} ${plural(limit, "item")} after validation, not ${Array.isArray(size) ? size.length : "fewer"}`;
    default: {
      const than = least ? "greater than" : "less than";
      return `Input should be ${than}${issue.inclusive === false ? "" : " or equal to"} ${limit}`;
    }
  }
}

const at = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (found, key) =>
      typeof found === "object" && found !== null ? (found as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );

const attribute = (parts: readonly PropertyKey[]): string => parts.map(String).join(".");

/** Findings of a union: the members' messages joined where they concern the value itself, the nearest member's otherwise. */
function unionIssues(
  issue: Extract<ZodIssue, { code: "invalid_union" }>,
  prefix: readonly PropertyKey[],
  input: unknown,
): Issue[] {
  const nested = issue.errors.filter((member) => member.some((found) => found.path.length > 0));
  const nearest = nested.toSorted((a, b) => a.length - b.length)[0];
  if (nearest) return nearest.flatMap((found) => convert(found, prefix, input));
  const messages = issue.errors.flatMap((member) =>
    member.flatMap((found) => convert(found, prefix, input).map(([, message]) => message)),
  );
  return [[attribute(prefix), [...new Set(messages)].join(" or "), errno.EINVAL]];
}

function convert(issue: ZodIssue, prefix: readonly PropertyKey[], input: unknown): Issue[] {
  const path = [...prefix, ...issue.path];
  const value = at(input, issue.path);
  const one = (message: string): Issue[] => [[attribute(path), message, errno.EINVAL]];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key): Issue => [attribute([...path, key]), "Extra inputs are not permitted", errno.EINVAL]);
  }
  if (value === undefined) return one("Field required");
  switch (issue.code) {
    case "invalid_type":
      return one(issue.message === integerMessage ? integerMessage : (typeMessages[issue.expected] ?? issue.message));
    case "invalid_value":
      return one(`Input should be ${alternatives(issue.values)}`);
    case "too_small":
    case "too_big":
      return one(sizeMessage(issue, value));
    case "invalid_format":
      return one(
        issue.format === "regex" ? `String should match pattern '${issue.pattern?.slice(1, -1) ?? ""}'` : issue.message,
      );
    case "not_multiple_of":
      return one(`Input should be a multiple of ${issue.divisor}`);
    case "invalid_union":
      if ("discriminator" in issue && typeof issue.discriminator === "string") {
        const message = `Input tag '${String(value)}' found using '${issue.discriminator}' does not match any of the expected tags`;
        return [[attribute(path.slice(0, -1)), message, errno.EINVAL]];
      }
      return unionIssues(issue, path, value);
    case "invalid_key":
    case "invalid_element":
      return issue.issues.flatMap((found) => convert(found, path, value));
    default:
      return one(issue.message);
  }
}

/**
 * Checks the positional parameters of a call against the method's schemas, before anything else is known about them
 * (TrueNAS middleware api/base/handler/accept.py).
 *
 * @returns the parsed parameters, defaults filled in.
 * @throws ValidationErrors naming every finding as pydantic words it.
 */
export function validateParams(method: Method, version: ApiVersion, given: readonly unknown[]): unknown[] {
  const params = method.params(version);
  if (given.length > params.length) {
    const message = `Too many arguments (expected ${params.length}, found ${given.length})`;
    throw new ValidationErrors([["", message, errno.EINVAL]]);
  }
  const issues: Issue[] = [];
  const parsed = params.map((param, i) => {
    if (i >= given.length && param.required !== false) {
      issues.push([param.name, "Field required", errno.EINVAL]);
      return undefined;
    }
    const result = param.schema.safeParse(given[i], { error: wantedInteger });
    if (result.success) return result.data;
    // An optional parameter without a default stays away.
    if (i < given.length)
      issues.push(...result.error.issues.flatMap((issue) => convert(issue, [param.name], given[i])));
    return undefined;
  });
  if (issues.length > 0) throw new ValidationErrors(issues);
  return parsed;
}
