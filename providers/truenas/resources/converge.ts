import { HalfDoneError, ProviderError } from "../../base/errors.ts";
import type { CreateRequest, DeleteRequest, UpdateRequest } from "../../base/provider.ts";
import { containsUnknown, type Properties, unknown } from "../../base/values.ts";
import { UncertainError } from "../client/errors.ts";
import { changedProperties } from "./compare.ts";
import type { ResourceContext } from "./context.ts";
import { type AnyDefinition, type Change, type Live, type Made, outputTraitsOf, traitsOf } from "./definition.ts";
import { explain } from "./explain.ts";

/** What the state keeps: what is there, what the program alone knows, and of `before` what the NAS tells only once. */
export function stateOf(
  definition: AnyDefinition,
  live: Live<Properties>,
  inputs: Properties,
  before: Properties,
): Properties {
  return { ...toldOnce(definition, before), ...definitionOnly(definition, inputs), ...known(live) };
}

/** Everything that the NAS told about an object. */
const known = ({ inputs, outputs }: Live<Properties>) => ({ ...inputs, ...outputs }) as Properties;

const some = (values: Properties, wanted: (name: string) => boolean | undefined): Properties =>
  Object.fromEntries(Object.entries(values).filter(([name]) => wanted(name)));

/** Outputs that the NAS does not tell again. */
const toldOnce = (definition: AnyDefinition, state: Properties) =>
  some(state, (name) => outputTraitsOf(definition, name).once);

/** Inputs that are never read back; the program's word is all there is. */
export function definitionOnly(definition: AnyDefinition, inputs: Properties): Properties {
  return some(inputs, (property) => {
    const { local, writeOnly, unreadable } = traitsOf(definition, property);
    return local || writeOnly || unreadable;
  });
}

/** Creates an object, or takes back the one that this resource made before; a foreign one is refused. */
export async function converge(definition: AnyDefinition, context: ResourceContext, request: CreateRequest) {
  const { lifecycle } = definition;
  const { inputs } = request;
  // Both only look, so they look at once: many resources are made one after the other, and each look is a way to the NAS and back.
  const locating = lifecycle.locate(context, inputs);
  // Heard below, unless the first look ends it all.
  locating.catch(() => undefined);
  await lifecycle.preflight?.(context, inputs);
  const occupant = await locating;
  if (occupant && !occupant.ours) throw occupied(context, occupant.id, occupant.description);
  if (request.preview) {
    if (occupant && !occupant.standing) context.log("info", `takes back ${occupant.description}`);
    return { id: occupant?.id ?? "", state: previewState(definition, inputs) };
  }
  const made = occupant ? { id: occupant.id, outputs: {} } : await createOnce(definition, context, inputs);
  const { id } = made;
  if (occupant) context.takenBack.add(id);
  // What was just made has what cannot be read back; what was taken back may have had it otherwise.
  const given = occupant ? some(inputs, (property) => !traitsOf(definition, property).unreadable) : inputs;
  const oldInputs = some(given, (property) => traitsOf(definition, property).unreadable);
  try {
    return { id, state: await settle(definition, context, { id, inputs, oldInputs, state: made.outputs }, inputs) };
  } catch (error) {
    const known = { ...made.outputs, ...definitionOnly(definition, given) };
    const live = await readSame(definition, context, id, inputs).catch(() => "unknown" as const);
    // Somebody removed it while it was made: there is nothing to remember.
    if (live === undefined) throw error;
    // The object exists: the engine must remember it, or the next run would find a stranger.
    const state = live === "unknown" ? known : stateOf(definition, live, given, known);
    throw new HalfDoneError({ id, state, inputs: given, reason: explain(error, definition, context).message });
  }
}

/** Changes only what differs from what stands on the NAS now, whatever the state believed. */
export async function update(
  definition: AnyDefinition,
  context: ResourceContext,
  request: UpdateRequest,
): Promise<Properties> {
  if (!request.preview) return settle(definition, context, request);
  const { state, inputs } = request;
  const changed = changedProperties(definition, request);
  refuseFixed(definition, changed, request, state);
  if (changed.size > 0) await lookAhead(definition, context, request, changed);
  const renewed = [...changed].some((property) => traitsOf(definition, property).unreadable);
  const kept = some(state, (name) => {
    const { stable, once } = outputTraitsOf(definition, name);
    return stable || (once && !renewed);
  });
  return { ...state, ...previewState(definition, inputs), ...kept, ...inputs };
}

/** What speaks against a change, and what it would do that the change itself does not show. */
async function lookAhead(
  definition: AnyDefinition,
  context: ResourceContext,
  { id, inputs, oldInputs, state }: UpdateRequest,
  changed: ReadonlySet<string>,
): Promise<void> {
  const { preflight, foresee } = definition.lifecycle;
  if (!preflight && !foresee) return;
  const live = await readExisting(definition, context, id, { ...oldInputs, ...state });
  await preflight?.(context, inputs, live);
  if (!containsUnknown(inputs)) await foresee?.(context, { live, changed, inputs, oldInputs });
}

async function createOnce(definition: AnyDefinition, context: ResourceContext, inputs: Properties): Promise<Made> {
  const { lifecycle } = definition;
  const create = async () => madeOf(await lifecycle.create(context, inputs));
  try {
    return await create();
  } catch (error) {
    // What may still happen is not asked for twice: of some objects the NAS takes a second one that is equal.
    if (!(error instanceof UncertainError) || error.pending) throw error;
    context.log("warning", `${error.message} Looking whether it came to be.`);
    // Nothing stood there before this create, so what stands there now and is as wanted is what it made.
    const found = (await lifecycle.locate(context, inputs)) ?? (await locateLater(definition, context, inputs));
    if (!found) return create();
    if (!found.ours && !found.asWanted) throw occupied(context, found.id, found.description);
    return lifecycle.recover ? lifecycle.recover(context, found.id, inputs) : madeOf(found.id);
  }
}

/** 25.10 lets a call finish after its connection was lost. */
async function locateLater(definition: AnyDefinition, context: ResourceContext, inputs: Properties) {
  await context.nas.aftermath(context.signal);
  return definition.lifecycle.locate(context, inputs);
}

const madeOf = (made: string | Made): Made => (typeof made === "string" ? { id: made, outputs: {} } : made);

type Settling = Pick<UpdateRequest, "id" | "inputs" | "oldInputs" | "state">;

/** From "exists" to "is as wanted". */
async function settle(
  definition: AnyDefinition,
  context: ResourceContext,
  { id, inputs, oldInputs, state }: Settling,
  /** What tells this object from others that may have its number by now. */
  identity: Properties = { ...oldInputs, ...state },
): Promise<Properties> {
  const live = await readExisting(definition, context, id, identity);
  const changed = changedProperties(definition, { inputs, oldInputs, state: known(live) });
  if (changed.size === 0) return stateOf(definition, live, inputs, state);
  refuseFixed(definition, changed, { inputs, oldInputs }, known(live));
  await definition.lifecycle.preflight?.(context, inputs, live);
  const told = await updateOnce(definition, context, { live, changed, inputs, oldInputs });
  const now = { ...state, ...told };
  try {
    return stateOf(definition, await verified(definition, context, { id, inputs, oldInputs, state }), inputs, now);
  } catch (error) {
    // What was told only now would be lost for good.
    if (!told) throw error;
    throw new HalfDoneError({ id, state: now, inputs, reason: explain(error, definition, context).message });
  }
}

/** The NAS may drop a job and answer all the same (TrueNAS middleware job.py), so an answer is no proof. */
async function verified(
  definition: AnyDefinition,
  context: ResourceContext,
  { id, inputs, oldInputs }: Settling,
): Promise<Live<Properties>> {
  // What cannot be read back was given just now.
  const before = { ...oldInputs, ...some(inputs, (property) => traitsOf(definition, property).unreadable) };
  const look = async () => {
    const live = await readExisting(definition, context, id, inputs);
    return { live, changed: changedProperties(definition, { inputs, oldInputs: before, state: known(live) }) };
  };
  const first = await look();
  if (first.changed.size === 0) return first.live;
  await updateOnce(definition, context, { live: first.live, changed: first.changed, inputs, oldInputs: before });
  const second = await look();
  if (second.changed.size > 0) {
    const properties = [...second.changed].join(", ");
    context.log(
      "warning",
      `the NAS accepted ${properties} and tells another value all the same; the next preview shows it`,
    );
  }
  return second.live;
}

async function updateOnce(
  definition: AnyDefinition,
  context: ResourceContext,
  change: Change<Properties>,
): Promise<Properties | undefined> {
  const once = async () => (await definition.lifecycle.update(context, change)) ?? undefined;
  try {
    return await once();
  } catch (error) {
    if (!(error instanceof UncertainError) || error.pending) throw error;
    context.log("warning", `${error.message} Setting it again; every setting may be repeated.`);
    return once();
  }
}

/** What Check could not see: a property that was left to the NAS so far, or that somebody changed there. */
function refuseFixed(
  definition: AnyDefinition,
  changed: ReadonlySet<string>,
  { inputs }: Pick<Settling, "inputs" | "oldInputs">,
  state: Properties,
): void {
  const failures = [...changed].flatMap((property) => {
    const { fixed } = traitsOf(definition, property);
    if (fixed === undefined || inputs[property] === unknown) return [];
    const [is, wanted] = [state[property], inputs[property]].map((value) => JSON.stringify(value));
    return [{ property, reason: `is ${is} on the NAS and cannot become ${wanted}: ${fixed}` }];
  });
  if (failures.length === 0) return;
  const message = failures.map(({ property, reason }) => `${property} ${reason}`).join("; ");
  throw new ProviderError("FAILED_PRECONDITION", message, failures);
}

/** Reads the object that the state means; undefined when it is gone, also when its number is somebody else's now. */
export async function readSame(
  definition: AnyDefinition,
  context: ResourceContext,
  id: string,
  known: Properties,
): Promise<Live<Properties> | undefined> {
  const { lifecycle } = definition;
  const live = (await lifecycle.read(context, id)) as Live<Properties> | undefined;
  if (!live || (lifecycle.isSame?.(live, known) ?? true)) return live;
  const kind = definition.type.split(":").at(-1);
  context.log(
    "warning",
    `${kind} ${id} is gone, and the NAS has given its number to another object; that one is left alone`,
  );
  return undefined;
}

/** Deletes the object that the state means, and nothing that merely has its number by now. */
export async function remove(
  definition: AnyDefinition,
  context: ResourceContext,
  { id, state, oldInputs }: DeleteRequest,
): Promise<void> {
  const { lifecycle } = definition;
  const known = { ...oldInputs, ...state };
  if (lifecycle.isSame && !(await readSame(definition, context, id, known))) return;
  await lifecycle.delete(context, id, { ...state, ...oldInputs });
}

async function readExisting(
  definition: AnyDefinition,
  context: ResourceContext,
  id: string,
  known: Properties,
): Promise<Live<Properties>> {
  const live = await readSame(definition, context, id, known);
  if (live) return live;
  const kind = definition.type.split(":").at(-1);
  throw new ProviderError(
    "NOT_FOUND",
    `${kind} ${id} is in the state of stack ${context.stack}, but no longer on the NAS: somebody removed it. ` +
      `Nothing was changed. If that was meant, run "npm run refresh -- --stack ${context.stack}" and then up again, which makes it anew; ` +
      "if not, restore it first.",
  );
}

function occupied(context: ResourceContext, id: string, description: string): ProviderError {
  return new ProviderError(
    "ALREADY_EXISTS",
    `${description} exists already, and this stack did not make it; it is not taken over silently. ` +
      `Take it over with: ${context.importCommand(id)} - or give it another name. ` +
      `In a stack that was never deployed, make what the command refers to first: ${context.prepareImport()}`,
  );
}

function previewState(definition: AnyDefinition, inputs: Properties): Properties {
  const outputs = Object.keys(definition.outputs.shape).map((property) => [property, unknown]);
  return { ...Object.fromEntries(outputs), ...inputs };
}
