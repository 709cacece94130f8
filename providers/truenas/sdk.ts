import type * as pulumi from "@pulumi/pulumi";
// The plugin loads this file too, with the definitions; all of @pulumi/pulumi would double its memory and the time it starts in.
import { CustomResource } from "@pulumi/pulumi/resource.js";
import type { z } from "zod";

type Inputs<I extends z.ZodObject> = {
  readonly [K in keyof z.input<I>]: pulumi.Input<z.input<I>[K]>;
};
type Outputs<T> = { readonly [K in keyof T]: pulumi.Output<T[K]> };

/** The part of a resource definition that the program's side needs. */
interface Described<I extends z.ZodObject, O extends z.ZodObject> {
  readonly type: string;
  readonly inputs: I;
  readonly outputs: O;
}

type ResourceClass<I extends z.ZodObject, O extends z.ZodObject> = new (
  name: string,
  args: Inputs<I>,
  options?: pulumi.CustomResourceOptions,
) => pulumi.CustomResource & Outputs<z.output<I> & z.output<O>>;

/** The typed resource class of a definition: its inputs are the arguments, inputs and outputs are the fields. */
export function sdkResource<I extends z.ZodObject, O extends z.ZodObject>(
  definition: Described<I, O>,
): ResourceClass<I, O> {
  const fields = [...Object.keys(definition.inputs.shape), ...Object.keys(definition.outputs.shape)];
  const Resource = class extends CustomResource {
    constructor(name: string, args: Inputs<I>, options?: pulumi.CustomResourceOptions) {
      // A field that is named but undefined becomes an output that the provider fills.
      const known = Object.fromEntries(fields.map((field) => [field, undefined]));
      super(definition.type, name, { ...known, ...args }, options);
    }
  };
  return Resource as unknown as ResourceClass<I, O>;
}
