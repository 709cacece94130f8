/** One thing that is wrong with a configuration, complete enough to be repaired without reading the source. */
export interface Problem {
  /** Where it is, without the project namespace: `apps.linkding.data.size`. */
  readonly path: string;
  /** The offending value as short text; absent when the key is missing, `(not shown)` where it might be a secret. */
  readonly value?: string;
  /** The rule that was broken, as one sentence. */
  readonly rule: string;
  /** What to do instead, as one sentence. */
  readonly fix: string;
}

/** Namespace of all our keys in `Pulumi.<stack>.yaml`. */
export const namespace = "homelab-storage";

/** Text that stands in for a value that could be a secret. */
export const hidden = "(not shown)";

const longestValue = 80;
const longestPath = 200;
const secretName = /pass|secret|token|api.?key|private|credential|kubeconfig/i;
// A PEM block, or the text of a TrueNAS API key (`<id>-<64 characters>`), under whatever name and within whatever text.
const secretText = /-----BEGIN|\d-[A-Za-z0-9]{64}/;

/** Whether a key's name suggests that its value must not be shown. */
export function soundsSecret(name: string): boolean {
  return secretName.test(name);
}

/** Renders a value for a message: compact JSON, without anything that could be a secret, cut to one line. */
export function showValue(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && secretText.test(value)) return hidden;
  const text = printable(JSON.stringify(excerpt(value, "", { left: longestValue })) ?? String(value));
  return text.length > longestValue ? `${text.slice(0, longestValue - 3)}...` : text;
}

/**
 * As much of a value as could be shown, without secrets. A file may hold anything: maps that contain themselves (by a YAML
 * alias), thousands of levels, megabytes of text.
 */
function excerpt(value: unknown, key: string, budget: { left: number }): unknown {
  if (soundsSecret(key) || secretText.test(key)) return hidden;
  if (typeof value === "string") return secretText.test(value) ? hidden : value.slice(0, longestValue + 1);
  if (typeof value !== "object" || value === null) return value;
  if (budget.left <= 0) return "...";
  budget.left -= 1;
  if (Array.isArray(value)) return value.slice(0, longestValue).map((item) => excerpt(item, "", budget));
  const entries = Object.entries(value).slice(0, longestValue);
  return Object.fromEntries(
    entries.map(([name, inner]) => [
      secretText.test(name) ? hidden : name.slice(0, longestValue),
      excerpt(inner, name, budget),
    ]),
  );
}

/** Text without what a terminal would obey or hide: control characters, marks of writing direction, line separators. */
function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu,
    (sign) => `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}

/** Builds a {@link Problem}; `value` is rendered with {@link showValue}. */
export function problem(path: string, value: unknown, rule: string, fix: string): Problem {
  const secret = soundsSecret(path) || secretText.test(path);
  const shown = secret && value !== undefined ? hidden : showValue(value);
  return { path, ...(shown === undefined ? {} : { value: shown }), rule, fix };
}

/** Every problem of a configuration, reported together: a message for the owner, never a stack trace. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(renderProblems(problems));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** The text of a {@link ConfigError}: a headline, then a block of three lines per problem. */
export function renderProblems(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const blocks = problems.map(({ path, value, rule, fix }) =>
    [
      `  ${namespace}:${showPath(path)}${value === undefined ? "" : ` = ${value}`}`,
      `    rule: ${rule}`,
      `    fix:  ${fix}`,
    ].join("\n"),
  );
  return [`The configuration has ${count}; nothing was contacted or changed.`, ...blocks].join("\n\n");
}

function showPath(path: string): string {
  if (secretText.test(path)) return hidden;
  const text = printable(path);
  return text.length > longestPath ? `${text.slice(0, longestPath - 3)}...` : text;
}
