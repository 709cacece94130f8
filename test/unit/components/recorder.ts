import * as pulumi from "@pulumi/pulumi";

export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

const secretSignature = "4dabf18193072939515e22adb298388d";

/** Secrets arrive wrapped; a test compares the values inside. */
function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== "object" || value === null) return value;
  if (secretSignature in value && "value" in value) return { secret: unwrap(value.value) };
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrap(inner)]));
}

/** Registers what a program creates, without an engine. Set anew for each test: settings persist between calls. */
export async function recordResources(): Promise<Registered[]> {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, id }) => {
        registered.push({ type, name, inputs: unwrap(inputs) as Record<string, unknown> });
        return { id: id || `${name}-id`, state: inputs };
      },
      call: ({ inputs }) => inputs,
    },
    "homelab-storage",
    "test",
    false,
    "organization",
  );
  return registered;
}

/** The value of an output, once everything that it waits for is registered. */
export const promiseOf = <T>(output: pulumi.Output<T>): Promise<T> => new Promise((resolve) => output.apply(resolve));
