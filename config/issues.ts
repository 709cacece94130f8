import { closest, distance } from "fastest-levenshtein";
import type { z } from "zod";
import { type SchemaNode, schemaAt } from "./json-schema.ts";
import { namespace, type Problem, problem, soundsSecret } from "./problem.ts";
import { refusedKeys } from "./refused-keys.ts";
import { secretKeys } from "./secrets.ts";

type Issue = z.core.$ZodIssue;

/** A path as an owner reads it: `apps.ollama.models.size`, `nas.clients[0]`. */
export function showPath(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${String(step)}`))
    .join("");
}

/** The known word that a typo probably means; undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const lower = word.toLowerCase();
  const best = closest(
    lower,
    known.map((name) => name.toLowerCase()),
  );
  if (distance(lower, best) > Math.max(2, Math.floor(word.length / 3))) return undefined;
  return known.find((name) => name.toLowerCase() === best);
}

/** Turns what zod found in `value` (which stands at `base`) into problems. */
export function toProblems(issues: readonly Issue[], value: unknown, base: readonly PropertyKey[]): Problem[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path];
    const at = valueAt(value, issue.path);
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => unknownKey([...path, key], valueAt(at, [key]), schemaAt(path)));
    }
    if (issue.code === "invalid_key")
      return [problem(showPath(path), path.at(-1), firstMessage(issue.issues), "Rename it.")];
    return [problem(showPath(path), at, ruleOf(issue, at, schemaAt(path)), fixOf(issue, path, schemaAt(path)))];
  });
}

/** The problem of a key that does not exist, with the nearest one that does. */
export function unknownKey(path: readonly PropertyKey[], value: unknown, parent: SchemaNode | undefined): Problem {
  const key = String(path.at(-1));
  const refused = refusedKeys.get(key);
  if (refused !== undefined) return problem(showPath(path), value, refused.rule, refused.fix);
  if (soundsSecret(key)) {
    return problem(
      showPath(path),
      value,
      "Secrets never stand in the plain configuration.",
      `Remove it (and replace the secret if the file was shared); secrets are set with: pulumi config set --secret ${namespace}:<${secretKeys.join("|")}>`,
    );
  }
  const known = Object.keys(parent?.properties ?? {});
  const guess = nearest(key, known);
  const fix = guess === undefined ? `Remove it; known here: ${known.join(", ")}.` : `Did you mean ${guess}?`;
  return problem(showPath(path), value, "This key does not exist.", fix);
}

function ruleOf(issue: Issue, value: unknown, node: SchemaNode | undefined): string {
  if (value === undefined && issue.code !== "custom") return "This key is required.";
  if (issue.code === "invalid_value" && issue.message.startsWith("Invalid")) {
    return `The value must be one of: ${issue.values.map(String).join(", ")}.`;
  }
  if (issue.code === "too_small" || issue.code === "too_big") return boundsRule(issue, node);
  if (issue.code === "invalid_type" && issue.message.startsWith("Invalid input")) {
    return `The value must be ${article(issue.expected)}.`;
  }
  return issue.message;
}

function boundsRule(issue: Extract<Issue, { code: "too_small" | "too_big" }>, node: SchemaNode | undefined): string {
  if (!issue.message.startsWith("Too ")) return issue.message;
  if (issue.origin === "array") return "The list must have at least one entry.";
  if (issue.origin === "string")
    return issue.code === "too_small"
      ? "The text must not be empty."
      : `The text is too long (at most ${String(issue.maximum)} characters).`;
  const [least, most] = [node?.minimum, node?.maximum];
  if (least === undefined || most === undefined)
    return `The number must be above 0${most === undefined ? "" : ` and at most ${most}`}.`;
  return `The number must be from ${least} to ${most}.`;
}

function fixOf(issue: Issue, path: readonly PropertyKey[], node: SchemaNode | undefined): string {
  if (issue.code === "custom" && typeof issue.params?.["fix"] === "string") return issue.params["fix"];
  const list = typeof path.at(-1) === "number" ? schemaAt(path.slice(0, -1)) : undefined;
  const example = (list ?? node)?.examples?.[0];
  const key = path.findLast((step) => typeof step === "string");
  if (example === undefined) return "See docs/configuration.md.";
  return `Write for example ${String(key)}: ${typeof example === "string" ? example : JSON.stringify(example)}.`;
}

function article(expected: string): string {
  const words: Record<string, string> = {
    array: "a list",
    object: "a map of keys",
    record: "a map of names",
    int: "a whole number",
    boolean: "true or false",
    string: "text",
  };
  return words[expected] ?? `a ${expected}`;
}

function firstMessage(issues: readonly { message: string }[]): string {
  return issues[0]?.message ?? "The name is not valid.";
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, step) => (typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[step] : undefined),
    value,
  );
}
