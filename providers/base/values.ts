/**
 * Property values as the engine sends them: plain JSON in which a secret is an object that carries a signature, and an
 * unknown value (preview only) is one of seven sentinel strings.
 * Source: pulumi/pulumi sdk/go/common/resource/plugin/rpc.go.
 */

export type PropertyValue = null | boolean | number | string | PropertyValue[] | { [key: string]: PropertyValue };
export type Properties = { [key: string]: PropertyValue };

const signature = "4dabf18193072939515e22adb298388d";
const secretMark = "1b47061264138c4ac30d75fd1eb44270";
const outputMark = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** One sentinel per kind of value; only the string one is what this side sends for "not known yet". */
const sentinels = {
  boolean: "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  number: "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  string: "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  array: "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  asset: "030794c1-ac77-496b-92df-f27374a8bd58",
  archive: "e48ece36-62e2-4504-bad9-02848725956a",
  object: "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
} as const;
const sentinelValues: ReadonlySet<unknown> = new Set(Object.values(sentinels));

/** Stands for a value that is not known before the real run. */
export const unknown: string = sentinels.string;

export function isUnknown(value: unknown): boolean {
  return sentinelValues.has(value);
}

/** Whether an unknown stands anywhere in the value. */
export function containsUnknown(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(containsUnknown);
  if (isObject(value)) return Object.values(value).some(containsUnknown);
  return isUnknown(value);
}

export function isObject(value: unknown): value is { [key: string]: PropertyValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value without its secret wrappings, and the top-level names under which a secret stood at any depth. */
export interface Unwrapped {
  readonly values: Properties;
  readonly secretKeys: ReadonlySet<string>;
}

export function unwrapSecrets(properties: Properties): Unwrapped {
  const secretKeys = new Set<string>();
  const values: Properties = {};
  for (const [key, wrapped] of Object.entries(properties)) {
    values[key] = strip(wrapped, () => secretKeys.add(key));
  }
  return { values, secretKeys };
}

function strip(value: PropertyValue, onSecret: () => void): PropertyValue {
  if (Array.isArray(value)) return value.map((item) => strip(item, onSecret));
  if (!isObject(value)) return value;
  if (value[signature] === secretMark) {
    onSecret();
    return strip(value["value"] ?? null, onSecret);
  }
  if (value[signature] === outputMark) {
    if (value["secret"] === true) onSecret();
    return "value" in value ? strip(value["value"] ?? null, onSecret) : unknown;
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, strip(item, onSecret)]));
}

export function secret(value: PropertyValue): PropertyValue {
  return { [signature]: secretMark, value };
}

/** Wraps the named top-level properties, so that the engine stores them encrypted whatever the schema says. */
export function wrapSecrets(properties: Properties, secretKeys: Iterable<string>): Properties {
  const wrapped = { ...properties };
  for (const key of secretKeys) {
    const value = wrapped[key];
    if (value !== undefined && value !== null) wrapped[key] = secret(value);
  }
  return wrapped;
}
