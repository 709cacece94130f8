import { z } from "zod";
import type {
  CheckRequest,
  CheckResult,
  CreateRequest,
  DiffResult,
  Provider,
  ReadRequest,
  ResourceState,
  UpdateRequest,
} from "../../providers/base/provider.ts";
import type { Properties, PropertyValue } from "../../providers/base/values.ts";
import { checkInputs } from "../../providers/truenas/resources/check.ts";
import { definitions } from "../../providers/truenas/resources/index.ts";

/** Values that stand in for what only a NAS would tell, by the types of JSON Schema. */
const standIns: Readonly<Record<string, PropertyValue>> = {
  string: "",
  number: 0,
  integer: 0,
  boolean: false,
  array: [],
};

function outputsOf(outputs: z.ZodObject): Properties {
  const { properties = {} } = z.toJSONSchema(outputs, { unrepresentable: "any" });
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => {
      const type = typeof schema === "object" ? schema.type : undefined;
      return [name, standIns[String(type)] ?? {}];
    }),
  );
}

/**
 * What the engine and the program cost by themselves: the resource types of the TrueNAS provider, with inputs as given, the
 * same outputs, no checks, no differences, and nobody contacted.
 */
export class NoopProvider implements Provider {
  readonly version = "0.0.0";
  readonly #complete: boolean;
  readonly #outputs = new Map<string, Properties>(definitions.map(({ type, outputs }) => [type, outputsOf(outputs)]));
  readonly #definitions = new Map(definitions.map((definition) => [definition.type as string, definition]));
  #lastId = 0;

  /** @param complete fills in defaults as the real provider does, so that it finds no difference to what this one made */
  constructor(complete: boolean) {
    this.#complete = complete;
  }

  schema(): string {
    return JSON.stringify({ name: "truenas", version: this.version });
  }

  checkConfig(inputs: Properties): CheckResult {
    return { inputs };
  }

  diffConfig(): DiffResult {
    return { paths: new Map() };
  }

  configure(): void {}

  check({ type, inputs }: CheckRequest): CheckResult {
    const definition = this.#complete ? this.#definitions.get(type) : undefined;
    return definition === undefined ? { inputs } : checkInputs(definition, {}, inputs);
  }

  diff(): DiffResult {
    return { paths: new Map() };
  }

  async create({ type, inputs, preview }: CreateRequest): Promise<ResourceState> {
    this.#lastId += 1;
    return { id: preview ? "" : String(this.#lastId), state: { ...this.#outputs.get(type), ...inputs } };
  }

  async read({ id, state, inputs }: ReadRequest): Promise<ResourceState & { readonly inputs: Properties }> {
    return { id, state, inputs };
  }

  async update({ type, inputs }: UpdateRequest): Promise<Properties> {
    return { ...this.#outputs.get(type), ...inputs };
  }

  async delete(): Promise<void> {}

  async invoke(): Promise<Properties> {
    return {};
  }

  cancel(): void {}
}
