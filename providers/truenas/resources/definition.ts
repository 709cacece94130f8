import { isDeepStrictEqual } from "node:util";
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
  /** It can be set at any time and is never told: only the program's own last word says whether it changed. */
  readonly unreadable?: true;
  /** Stored encrypted whatever the program says of it, and shown nowhere. */
  readonly secret?: true;
  /** Only the entries that the owner names are ours; others on the NAS are left alone. */
  readonly partial?: true;
  /** What removing the property from the program sets; absent: the value on the NAS is left as it is. */
  readonly whenRemoved?: PropertyValue;
  /** Equality as the NAS sees it; default: same JSON. */
  readonly same?: (wanted: PropertyValue, actual: PropertyValue | undefined, state: Properties) => boolean;
  /** The name on the wire, where it is not the snake_case form of ours. */
  readonly wire?: string;
}

/** How one output behaves. Everything that is not said here: it is read back each time, and may change with any update. */
export interface OutputTraits {
  /** Stored encrypted and shown nowhere. */
  readonly secret?: true;
  /** The NAS tells it once, in the answer that made it; the state is the only place that keeps it. */
  readonly once?: true;
  /** No update changes it, so a preview goes on knowing it. */
  readonly stable?: true;
}

/** An object as it stands on the NAS, in the units of the inputs. */
export interface Live<I> {
  readonly id: string;
  /** Every input that can be read back. */
  readonly inputs: Partial<I>;
  /** Those inputs that somebody set on this very object; an import takes these into the program. */
  readonly explicit: readonly (keyof I & string)[];
  readonly outputs: Readonly<Record<string, PropertyValue>>;
  /** It carries the mark of this very resource. */
  readonly ours?: boolean;
}

/** Something already stands where a new object would go. */
export interface Occupant {
  readonly id: string;
  /** Made by this very resource of this stack (a creation that was cut off, or bytes that were kept). */
  readonly ours: boolean;
  /**
   * It carries no mark, but is what these inputs ask for. Believed to be ours only when nothing stood there before a
   * create whose answer was lost.
   */
  readonly asWanted?: boolean;
  /** It is always there, like the settings of a server: nothing is taken back. */
  readonly standing?: boolean;
  /** For the message: "dataset tank/apps, made by hand". */
  readonly description: string;
}

/** What a creation tells besides the id: outputs that the NAS tells only once. */
export interface Made {
  readonly id: string;
  readonly outputs: Properties;
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
  /**
   * Whether this is the object that the state means. The NAS gives the numbers of deleted objects again, so what has a
   * number now may be somebody else's. Absent: an id names one object for good.
   */
  isSame?(live: Live<I>, known: Partial<I>): boolean;
  /** What stands where these inputs would go; called before every create, in preview too. */
  locate(context: ResourceContext, inputs: I): Promise<Occupant | undefined>;
  /**
   * Other reasons why these inputs cannot work on this NAS; reads only, called in preview too. Before a change of
   * something that exists, `live` is how it stands.
   */
  preflight?(context: ResourceContext, inputs: I, live?: Live<I>): Promise<void>;
  /** Tells what a change would do beyond what it shows; reads only, called in preview alone. */
  foresee?(context: ResourceContext, change: Change<I>): Promise<void>;
  /** Makes the object and tells its id. */
  create(context: ResourceContext, inputs: I): Promise<string | Made>;
  /** After a create whose answer was lost, although it happened: gets again what only that answer told. */
  recover?(context: ResourceContext, id: string, inputs: I): Promise<Made>;
  /** Sets only what differs; answers with outputs that the NAS tells only once. */
  // biome-ignore lint/suspicious/noConfusingVoidType: most updates have nothing to tell
  update(context: ResourceContext, change: Change<I>): Promise<Properties | void>;
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
  readonly outputTraits?: { readonly [K in keyof z.output<O> & string]?: OutputTraits };
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

/** The same object as long as one of these properties is as it was; for objects that have numbers. */
export const sameBy =
  (...properties: readonly string[]) =>
  (live: { readonly inputs: object; readonly ours?: boolean }, known: object): boolean => {
    const [now, before] = [new Map(Object.entries(live.inputs)), new Map(Object.entries(known))];
    const told = properties.filter((property) => before.get(property) !== undefined);
    const same = told.some((property) => isDeepStrictEqual(now.get(property), before.get(property)));
    return live.ours === true || told.length === 0 || same;
  };

export function traitsOf(definition: AnyDefinition, property: string): PropertyTraits {
  return definition.traits[property] ?? {};
}

export function outputTraitsOf({ outputTraits }: AnyDefinition, output: string): OutputTraits {
  return outputTraits?.[output] ?? {};
}

/** The names, among inputs and outputs, whose values are secret. */
export function secretProperties({ traits, outputTraits }: AnyDefinition): readonly string[] {
  const secret = (all: Readonly<Record<string, { readonly secret?: true } | undefined>> = {}) =>
    Object.keys(all).filter((name) => all[name]?.secret);
  return [...new Set([...secret(traits), ...secret(outputTraits)])];
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
