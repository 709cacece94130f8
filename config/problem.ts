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
const secretName = /pass|secret|token|api.?key|private|credential/i;
// A PEM block, or the text of a TrueNAS API key (`<id>-<64 characters>`), under whatever name it stands.
const secretText = /-----BEGIN|^\d+-[A-Za-z0-9]{64}$/;

/** Whether a key's name suggests that its value must not be shown. */
export function soundsSecret(name: string): boolean {
  return secretName.test(name);
}

/** Renders a value for a message: compact JSON, without anything that could be a secret, cut to one line. */
export function showValue(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && secretText.test(value)) return hidden;
  const text = JSON.stringify(value, (key, inner: unknown) =>
    soundsSecret(key) || (typeof inner === "string" && secretText.test(inner)) ? hidden : inner,
  );
  return text.length > longestValue ? `${text.slice(0, longestValue - 3)}...` : text;
}

/** Builds a {@link Problem}; `value` is rendered with {@link showValue}. */
export function problem(path: string, value: unknown, rule: string, fix: string): Problem {
  const secret = soundsSecret(path.slice(path.lastIndexOf(".") + 1));
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
    [`  ${namespace}:${path}${value === undefined ? "" : ` = ${value}`}`, `    rule: ${rule}`, `    fix:  ${fix}`].join(
      "\n",
    ),
  );
  return [`The configuration has ${count}; nothing was contacted or changed.`, ...blocks].join("\n\n");
}
