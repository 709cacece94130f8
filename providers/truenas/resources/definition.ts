import type { z } from "zod";
import type { CheckFailure } from "../../base/provider.ts";
import type { Properties, PropertyValue } from "../../base/values.ts";
import type { ResourceContext } from "./context.ts";

export type Inputs<I extends z.ZodObject> = z.output<I>;

/** How one input behaves. Everything that is not said here: it is read back, compared, and changed in place. */
export interface PropertyTraits {
  /** A change is refused at preview; the text is the way out. */
  readonly fixed?: string;
  /** A change replaces the resource. */
  readonly replaces?: true;
  /** Lives in the Pulumi state only; never sent to the NAS nor read from it. */
  readonly local?: true;
  /** The NAS takes it at creation and never tells it again. */
  readonly writeOnly?: true;
  /** Only the entries that the owner names are ours; others on the NAS are left alone. */
  readonly partial?: true;
  /** What removing the property from the program sets; absent: the value on the NAS is left as it is. */
  readonly whenRemoved?: PropertyValue;
  /** Equality as the NAS sees it; default: same JSON. */
  readonly same?: (wanted: PropertyValue, actual: PropertyValue | undefined, state: Properties) => boolean;
  /** The name on the wire, where it is not the snake_case form of ours. */
  readonly wire?: string;
}

/** An object as it stands on the NAS, in the units of the inputs. */
export interface Live<I> {
  readonly id: string;
  /** Every input that can be read back. */
  readonly inputs: Partial<I>;
  /** Those inputs that somebody set on this very object; an import takes these into the program. */
  readonly explicit: readonly (keyof I & string)[];
  readonly outputs: Readonly<Record<string, PropertyValue>>;
}

/** Something already stands where a new object would go. */
export interface Occupant {
  readonly id: string;
  /** Made by this very resource of this stack (a creation that was cut off, or bytes that were kept). */
  readonly ours: boolean;
  /** For the message: "dataset tank/apps, made by hand". */
  readonly description: string;
}

/** From an object as it stands to the object as wanted. */
export interface Change<I> {
  readonly live: Live<I>;
  /** The inputs that differ. */
  readonly changed: ReadonlySet<keyof I & string>;
  readonly inputs: I;
  /** What the program said before; empty when the object is new to it. */
  readonly oldInputs: Partial<I>;
}

/** The steps behind Create, Read, Update and Delete. Each can be repeated after a crash. */
export interface Lifecycle<I> {
  /** The id alone is enough. `undefined` only when the NAS says that it does not exist. */
  read(context: ResourceContext, id: string): Promise<Live<I> | undefined>;
  /** What stands where these inputs would go; called before every create, in preview too. */
  locate(context: ResourceContext, inputs: I): Promise<Occupant | undefined>;
  /** Other reasons why these inputs cannot work on this NAS; reads only, called in preview too. */
  preflight?(context: ResourceContext, inputs: I): Promise<void>;
  /** Makes the object and tells its id. */
  create(context: ResourceContext, inputs: I): Promise<string>;
  /** Sets only what differs. */
  update(context: ResourceContext, change: Change<I>): Promise<void>;
  /** Counts "does not exist" as done. */
  delete(context: ResourceContext, id: string, inputs: I): Promise<void>;
}

export interface ResourceDefinition<I extends z.ZodObject = z.ZodObject, O extends z.ZodObject = z.ZodObject> {
  readonly type: `truenas:index:${string}`;
  readonly description: string;
  /** Every property of the program's side, with its description. */
  readonly inputs: I;
  /** Further properties that only the NAS knows. */
  readonly outputs: O;
  readonly traits: { readonly [K in keyof Inputs<I> & string]?: PropertyTraits };
  /** Rules across properties; called only when no involved value is unknown. */
  readonly rules?: (inputs: Inputs<I>) => readonly CheckFailure[];
  /** What Delete does, for the documentation. */
  readonly deletion: string;
  readonly lifecycle: Lifecycle<Inputs<I>>;
}

/** Keeps the precise types of a definition; `AnyDefinition` is what the server works with. */
export function defineResource<I extends z.ZodObject, O extends z.ZodObject>(
  definition: ResourceDefinition<I, O>,
): ResourceDefinition<I, O> {
  return definition;
}

// Method parameters are bivariant, so each precise definition is also one of these.
export type AnyDefinition = ResourceDefinition<z.ZodObject>;

export function traitsOf(definition: AnyDefinition, property: string): PropertyTraits {
  return definition.traits[property] ?? {};
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The name of a property in requests and answers of the NAS. */
export function wireName(definition: AnyDefinition, property: string): string {
  return traitsOf(definition, property).wire ?? snake(property);
}

/** The property that a path in a validation error of the NAS speaks of: `sharingnfs_create.ro` -> `readOnly`. */
export function propertyOfAttribute(definition: AnyDefinition, attribute: string | null): string | undefined {
  const parts = attribute?.split(".") ?? [];
  return Object.keys(definition.inputs.shape).find((property) => parts.includes(wireName(definition, property)));
}
