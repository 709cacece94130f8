import fc from "fast-check";

/** What a value may be replaced by: every wrong type, and what breaks programs that trust their input. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    -0,
    0.1,
    1e21,
    2 ** 53,
    Number.MAX_VALUE,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    "",
    " ",
    "~",
    "yes",
    "0o17",
    "1_000Gi",
    "99999999999999999999Gi",
    "1e3Gi",
    "-5Gi",
    "５Gi",
    "0.0.0.0/0",
    "::/0",
    "10.0.0.0/7",
    "::ffff:0.0.0.0/96",
    "0x7f.1",
    "010.010.010.010",
    "fe80::1%eth0",
    "*",
    "/mnt",
    "/mnt/tank/../../etc",
    "tank/k8s-apps",
    "../x",
    "a\u0000b",
    "line\nbreak",
    "\u202Egnp.exe",
    "İıſK",
    "\uD800",
    "💾".repeat(50),
    "constructor",
    "__proto__",
    "toString",
    "x".repeat(100_000),
  ),
  fc.constantFrom<unknown>([], {}, [[]], [null], { a: [] }, [[[[[[{}]]]]]], Array(300).fill("x")),
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.double(),
  fc.json({ maxDepth: 3 }).map((text): unknown => JSON.parse(text)),
  fc.constantFrom("__proto__", "constructor", "toString", "hasOwnProperty").map((key): unknown => polluted(key)),
  fc.constantFrom(50, 500, 5_000).map(nested),
);

/** Keys that are no keys of ours, or are by accident. */
export const hostileKey: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "valueOf",
    "",
    " ",
    ".",
    "a.b",
    "a[0]",
    "apps",
    "pvc",
    "smb",
    "ix-apps",
    "enabled",
    "Linkding",
    "snapshot",
    "run-as",
    "x".repeat(300),
  ),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);

/** An own property of that name, as JSON.parse makes it; an assignment would set the prototype. */
function polluted(key: string): unknown {
  return JSON.parse(`{"${key}": {"kind": "config", "size": "1Gi", "enabled": true}}`);
}

function nested(depth: number): unknown {
  let value: unknown = "bottom";
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? { a: value } : [value];
  return value;
}

type Parent = Record<string, unknown> | unknown[];
interface Place {
  readonly parent: Parent;
  readonly key: string | number;
}

const isParent = (value: unknown): value is Parent => typeof value === "object" && value !== null;

/** Every place of a value that could hold another one, as far as an ordinary file is deep. */
function placesOf(value: unknown, depth = 12, found: Place[] = []): Place[] {
  if (!isParent(value) || depth === 0) return found;
  const keys: (string | number)[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  for (const key of keys) {
    found.push({ parent: value, key });
    placesOf(Reflect.get(value, key), depth - 1, found);
  }
  return found;
}

/** One thing that goes wrong with a file. */
export type Mutation =
  | { readonly do: "replace"; readonly at: number; readonly value: unknown }
  | { readonly do: "remove"; readonly at: number }
  | { readonly do: "move"; readonly at: number; readonly to: number }
  | { readonly do: "add"; readonly at: number; readonly key: string; readonly value: unknown };

const position = fc.nat(100_000);
export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("replace" as const), at: position, value: hostileValue }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("remove" as const), at: position }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("move" as const), at: position, to: position }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("add" as const), at: position, key: hostileKey, value: hostileValue }),
  },
);

/** A copy of the configuration with these mutations, one after the other. */
export function mutated(raw: unknown, mutations: readonly Mutation[]): unknown {
  const root = { raw: structuredClone(raw) };
  for (const change of mutations) {
    const places = placesOf(root);
    const pick = (index: number) => places[index % places.length] ?? { parent: root, key: "raw" };
    const { parent, key } = pick(change.at);
    const current: unknown = Reflect.get(parent, key);
    if (change.do === "remove")
      Array.isArray(parent) ? parent.splice(Number(key), 1) : Reflect.deleteProperty(parent, key);
    else if (change.do === "move") {
      const from = pick(change.to);
      setOwn(parent, key, copyOf(Reflect.get(from.parent, from.key)));
    } else if (change.do === "add") {
      const target = isParent(current) ? current : parent;
      if (Array.isArray(target)) target.push(copyOf(change.value));
      else setOwn(target, change.key, copyOf(change.value));
    } else setOwn(parent, key, copyOf(change.value));
  }
  return root.raw;
}

/** Values are shared between runs, so each gets its own; thousands of levels cannot be copied, and nobody goes down there. */
function copyOf(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return value;
  }
}

function setOwn(parent: Parent, key: string | number, value: unknown): void {
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}
