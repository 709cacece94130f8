/** What the engine reports while it works (`--event-log`, one JSON object per line), as far as the commands use it. */
export interface EngineEvent {
  readonly diagnosticEvent?: {
    readonly severity: "debug" | "info" | "info#err" | "warning" | "error";
    readonly message: string;
    readonly urn?: string;
    readonly ephemeral?: boolean;
  };
  readonly resourcePreEvent?: { readonly metadata: StepMetadata };
  readonly resOutputsEvent?: { readonly metadata: StepMetadata };
  readonly resOpFailedEvent?: { readonly metadata: StepMetadata };
  readonly summaryEvent?: { readonly resourceChanges?: Readonly<Record<string, number>>; readonly result?: string };
}

interface StepMetadata {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly old?: ResourceSnapshot | null;
  readonly new?: ResourceSnapshot | null;
  readonly detailedDiff?: Readonly<Record<string, { readonly diffKind: string; readonly inputDiff: boolean }>> | null;
}

interface ResourceSnapshot {
  readonly id?: string;
  /** False for components, which exist in the program only. */
  readonly custom?: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** One step that changes something. */
export interface Step {
  /** `create`, `update`, `delete`, `replace`, `import`, `refresh` ... */
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly id: string;
  /** Whether it stands for something outside the program: neither a component nor a provider. */
  readonly real: boolean;
  /** Property paths that differ, sorted. */
  readonly paths: readonly string[];
}

export interface Message {
  readonly severity: "info" | "warning" | "error";
  readonly text: string;
  readonly urn?: string;
}

/** The engine puts its own verdict before what a provider said. */
const ENGINE_PREFIX = /^(Preview|Update|Refresh|Destroy|Import) failed: /;

/** What one run of the engine did or would do. */
export class RunReport {
  readonly steps: Step[] = [];
  readonly messages: Message[] = [];
  /** Number of resources per kind of change, as the engine counts them. */
  changes: Readonly<Record<string, number>> = {};

  add(event: EngineEvent): void {
    const done = event.resOutputsEvent?.metadata;
    if (done !== undefined && done.op !== "same" && done.op !== "read") this.steps.push(stepOf(done));
    const said = event.diagnosticEvent;
    if (said !== undefined && said.severity !== "debug" && said.ephemeral !== true)
      this.messages.push({
        severity: said.severity === "info#err" ? "info" : said.severity,
        text: said.message.trim().replace(ENGINE_PREFIX, ""),
        ...(said.urn ? { urn: said.urn } : {}),
      });
    if (event.summaryEvent !== undefined) this.changes = event.summaryEvent.resourceChanges ?? {};
  }

  /** The number of resources that are not as they were. */
  get changed(): number {
    return Object.entries(this.changes).reduce((sum, [kind, count]) => (kind === "same" ? sum : sum + count), 0);
  }

  /** What went wrong, once each; without the engine's own closing line, which only repeats that it did. */
  get errors(): string[] {
    const texts = this.messages.filter(({ severity }) => severity === "error").map(({ text }) => text);
    return [...new Set(texts)].filter((text) => !/^(preview|update|refresh|destroy|import) failed$/.test(text));
  }

  get warnings(): string[] {
    return [...new Set(this.messages.filter(({ severity }) => severity === "warning").map(({ text }) => text))];
  }
}

function stepOf(metadata: StepMetadata): Step {
  const { op, urn, type } = metadata;
  return {
    op,
    urn,
    type,
    name: nameOf(urn),
    id: metadata.new?.id || metadata.old?.id || "",
    real: (metadata.new ?? metadata.old)?.custom === true && !type.startsWith("pulumi:"),
    paths: Object.keys(metadata.detailedDiff ?? {}).sort(),
  };
}

/** The logical name at the end of a URN. */
export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** Splits a growing text into complete lines of JSON; what is no JSON (a torn write) is left out. */
export class EventReader {
  #rest = "";

  push(chunk: string): EngineEvent[] {
    const lines = `${this.#rest}${chunk}`.split("\n");
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => {
      try {
        return line.trim() === "" ? [] : [JSON.parse(line) as EngineEvent];
      } catch {
        return [];
      }
    });
  }
}
