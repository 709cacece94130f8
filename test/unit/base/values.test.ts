import fc from "fast-check";
import { expect, test } from "vitest";
import {
  containsUnknown,
  isUnknown,
  type Properties,
  secret,
  unknown,
  unwrapSecrets,
  wrapSecrets,
} from "../../../providers/base/values.ts";

const sentinels = [
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
];

test("all seven kinds of unknown are recognised, at any depth", () => {
  for (const sentinel of sentinels) {
    expect(isUnknown(sentinel)).toBe(true);
    expect(containsUnknown({ a: [{ b: sentinel }] })).toBe(true);
  }
  expect(isUnknown("text")).toBe(false);
  expect(containsUnknown({ a: [1, null, "text"] })).toBe(false);
});

test("secrets are unwrapped at any depth and remembered by their top-level name", () => {
  const { values, secretKeys } = unwrapSecrets({
    plain: 1,
    key: secret("k"),
    deep: { list: [secret({ inner: secret("x") })] },
  });
  expect(values).toEqual({ plain: 1, key: "k", deep: { list: [{ inner: "x" }] } });
  expect([...secretKeys]).toEqual(["key", "deep"]);
});

test("an output value without a value is unknown", () => {
  const output = { "4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4" };
  expect(unwrapSecrets({ a: output }).values).toEqual({ a: unknown });
});

test("wrapping and unwrapping is the identity", () => {
  const values = fc.dictionary(
    fc.string({ minLength: 1 }).filter((key) => key !== "__proto__"),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(values, (given) => {
      const plain = given as Properties;
      const wrapped = wrapSecrets(plain, Object.keys(plain));
      expect(unwrapSecrets(wrapped).values).toEqual(plain);
    }),
  );
});
