import { HalfDoneError, ProviderError } from "../../base/errors.ts";
import type { CreateRequest, UpdateRequest } from "../../base/provider.ts";
import { type Properties, unknown } from "../../base/values.ts";
import { UncertainError } from "../client/errors.ts";
import { changedProperties } from "./compare.ts";
import type { ResourceContext } from "./context.ts";
import { type AnyDefinition, type Change, type Live, traitsOf } from "./definition.ts";
import { explain } from "./explain.ts";

/** What the state keeps of an object: what is there, what the program alone knows, and what only the NAS tells. */
export function stateOf(definition: AnyDefinition, live: Live<Properties>, inputs: Properties): Properties {
  return { ...definitionOnly(definition, inputs), ...known(live) };
}

/** Everything that the NAS told about an object. */
const known = ({ inputs, outputs }: Live<Properties>) => ({ ...inputs, ...outputs }) as Properties;

/** Inputs that are never read back; the program's word is all there is. */
export function definitionOnly(definition: AnyDefinition, inputs: Properties): Properties {
  return Object.fromEntries(
    Object.entries(inputs).filter(([property]) => {
      const { local, writeOnly } = traitsOf(definition, property);
      return local || writeOnly;
    }),
  );
}

/** Creates an object, or takes back the one that this resource made before; a foreign one is refused. */
export async function converge(definition: AnyDefinition, context: ResourceContext, request: CreateRequest) {
  const { lifecycle } = definition;
  const { inputs } = request;
  await lifecycle.preflight?.(context, inputs);
  const occupant = await lifecycle.locate(context, inputs);
  if (occupant && !occupant.ours) throw occupied(context, occupant.id, occupant.description);
  if (request.preview) {
    if (occupant) context.log("info", `takes back ${occupant.description}`);
    return { id: occupant?.id ?? "", state: previewState(definition, inputs) };
  }
  const id = occupant?.id ?? (await createOnce(definition, context, inputs));
  if (occupant) context.takenBack.add(id);
  try {
    return { id, state: await settle(definition, context, id, inputs, {}) };
  } catch (error) {
    // The object exists: the engine must remember it, or the next run would find a stranger.
    const live = await definition.lifecycle.read(context, id).catch(() => undefined);
    const state = live ? stateOf(definition, live as Live<Properties>, inputs) : definitionOnly(definition, inputs);
    throw new HalfDoneError({ id, state, inputs, reason: explain(error, definition, context).message });
  }
}

/** Changes only what differs from what stands on the NAS now, whatever the state believed. */
export async function update(
  definition: AnyDefinition,
  context: ResourceContext,
  request: UpdateRequest,
): Promise<Properties> {
  if (request.preview) return { ...request.state, ...previewState(definition, request.inputs) };
  return settle(definition, context, request.id, request.inputs, request.oldInputs);
}

async function createOnce(definition: AnyDefinition, context: ResourceContext, inputs: Properties): Promise<string> {
  try {
    return await definition.lifecycle.create(context, inputs);
  } catch (error) {
    if (!(error instanceof UncertainError)) throw error;
    context.log("warning", `${error.message} Looking whether it came to be.`);
    // Nothing stood there before this create, so what stands there now and is ours is what it made.
    const made = await definition.lifecycle.locate(context, inputs);
    if (made && !made.ours) throw occupied(context, made.id, made.description);
    return made ? made.id : definition.lifecycle.create(context, inputs);
  }
}

/** From "exists" to "is as wanted". */
async function settle(
  definition: AnyDefinition,
  context: ResourceContext,
  id: string,
  inputs: Properties,
  oldInputs: Properties,
): Promise<Properties> {
  const live = await readExisting(definition, context, id);
  const changed = changedProperties(definition, { inputs, oldInputs, state: known(live) });
  if (changed.size === 0) return stateOf(definition, live, inputs);
  await updateOnce(definition, context, { live, changed, inputs, oldInputs });
  return stateOf(definition, await readExisting(definition, context, id), inputs);
}

async function updateOnce(
  definition: AnyDefinition,
  context: ResourceContext,
  change: Change<Properties>,
): Promise<void> {
  try {
    await definition.lifecycle.update(context, change);
  } catch (error) {
    if (!(error instanceof UncertainError)) throw error;
    context.log("warning", `${error.message} Setting it again; every setting may be repeated.`);
    await definition.lifecycle.update(context, change);
  }
}

async function readExisting(
  definition: AnyDefinition,
  context: ResourceContext,
  id: string,
): Promise<Live<Properties>> {
  const live = await definition.lifecycle.read(context, id);
  if (live) return live as Live<Properties>;
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
      "A stack that has never been deployed needs one up first, which stops here too; the command then finds its provider.",
  );
}

function previewState(definition: AnyDefinition, inputs: Properties): Properties {
  const outputs = Object.keys(definition.outputs.shape).map((property) => [property, unknown]);
  return { ...Object.fromEntries(outputs), ...inputs };
}
