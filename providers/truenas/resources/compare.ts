import { isDeepStrictEqual } from "node:util";
import type { DiffResult, PropertyDiff, PropertyDiffKind } from "../../base/provider.ts";
import { containsUnknown, isObject, type Properties, type PropertyValue } from "../../base/values.ts";
import { type AnyDefinition, type PropertyTraits, traitsOf } from "./definition.ts";

const absent = (value: PropertyValue | undefined): value is null | undefined => value === undefined || value === null;

/** Whether the NAS would see no difference between a wanted and an actual value. */
export function sameValue(
  traits: PropertyTraits,
  wanted: PropertyValue,
  actual: PropertyValue | undefined,
  state: Properties,
): boolean {
  if (traits.same) return traits.same(wanted, actual, state);
  if (traits.partial && isObject(wanted)) {
    const entries = isObject(actual) ? actual : {};
    return Object.entries(wanted).every(([key, value]) => isDeepStrictEqual(value, entries[key]));
  }
  return isDeepStrictEqual(wanted, actual);
}

/** Two lists with the same members in any order. */
export function sameSet(wanted: PropertyValue, actual: PropertyValue | undefined): boolean {
  if (!Array.isArray(wanted) || !Array.isArray(actual)) return isDeepStrictEqual(wanted, actual);
  const sorted = (list: PropertyValue[]) => list.map((item) => JSON.stringify(item)).sort();
  return isDeepStrictEqual(sorted(wanted), sorted(actual));
}

export interface Comparison {
  readonly inputs: Properties;
  readonly oldInputs: Properties;
  /** What the state knows of the real object. */
  readonly state: Properties;
  readonly ignoreChanges?: readonly string[];
}

/** What an update would change, path by path: what the owner changed since the last run, and what drifted on the NAS. */
export function diffProperties(definition: AnyDefinition, comparison: Comparison): DiffResult {
  const paths = new Map<string, PropertyDiff>();
  const ignored = new Set(comparison.ignoreChanges);
  for (const property of Object.keys(definition.inputs.shape)) {
    if (ignored.has(property)) continue;
    const traits = traitsOf(definition, property);
    for (const [path, kind] of propertyPaths(property, traits, comparison)) {
      if (ignored.has(path)) continue;
      const wanted = comparison.inputs[property];
      const before = comparison.oldInputs[property];
      const inputDiff = !isDeepStrictEqual(wanted, before);
      paths.set(path, { kind, inputDiff, ...(traits.replaces ? { replace: true } : {}) });
    }
  }
  return { paths };
}

function propertyPaths(property: string, traits: PropertyTraits, comparison: Comparison): [string, PropertyDiffKind][] {
  const wanted = comparison.inputs[property];
  const before = comparison.oldInputs[property];
  if (absent(wanted)) {
    if (absent(before) || traits.whenRemoved === undefined) return [];
    const actual = comparison.state[property] ?? before;
    return sameValue(traits, traits.whenRemoved, actual, comparison.state) ? [] : [[property, "delete"]];
  }
  const untold = traits.local || traits.writeOnly || traits.unreadable;
  const actual = untold ? before : (comparison.state[property] ?? before);
  // The NAS never tells a write-only property: without a known old value there is nothing to compare with.
  if (traits.writeOnly && absent(actual)) return [];
  if (absent(actual)) return [[property, "add"]];
  if (containsUnknown(wanted)) return [[property, "update"]];
  const removed = removedEntries(traits, wanted, before, actual);
  if (sameValue(traits, wanted, actual, comparison.state) && removed.length === 0) return [];
  if (!isObject(wanted) || !isObject(actual)) return [[property, "update"]];
  return entryPaths(property, traits, wanted, actual, removed);
}

/** Entries of a partially managed map that the owner had and has no longer. */
function removedEntries(
  traits: PropertyTraits,
  wanted: PropertyValue,
  before: PropertyValue | undefined,
  actual: PropertyValue,
) {
  if (!traits.partial || !isObject(wanted) || !isObject(before) || !isObject(actual)) return [];
  return Object.keys(before).filter((key) => !(key in wanted) && key in actual);
}

function entryPaths(
  property: string,
  traits: PropertyTraits,
  wanted: Properties,
  actual: Properties,
  removed: readonly string[],
): [string, PropertyDiffKind][] {
  const paths: [string, PropertyDiffKind][] = removed.map((key) => [entryPath(property, key), "delete"]);
  const keys = new Set([...Object.keys(wanted), ...(traits.partial ? [] : Object.keys(actual))]);
  for (const key of keys) {
    if (isDeepStrictEqual(wanted[key], actual[key])) continue;
    const kind = !(key in actual) ? "add" : key in wanted ? "update" : "delete";
    paths.push([entryPath(property, key), kind]);
  }
  return paths.length > 0 ? paths : [[property, "update"]];
}

const entryPath = (property: string, key: string) =>
  /^\w+$/.test(key) ? `${property}.${key}` : `${property}["${key}"]`;

/** The properties in which an object on the NAS differs from what is wanted. */
export function changedProperties(definition: AnyDefinition, comparison: Comparison): Set<string> {
  const { paths } = diffProperties(definition, comparison);
  const changed = new Set([...paths.keys()].map((path) => /^\w+/.exec(path)?.[0] ?? path));
  for (const property of changed) {
    const traits = traitsOf(definition, property);
    if (traits.local || traits.writeOnly) changed.delete(property);
  }
  return changed;
}
