import fc from "fast-check";
import { expect, test } from "vitest";
import * as network from "../../../config/network.ts";

test.each([
  ["10.10.10.0/24", "10.10.10.0/24"],
  ["10.10.10.5/24", "10.10.10.0/24"],
  ["10.10.10.5", "10.10.10.5/32"],
  ["fd00::/8", "fd00::/8"],
  ["fd00::1", "fd00::1/128"],
])("%s is stored as %s", (text, stored) => {
  expect(network.normaliseRange(text)).toBe(stored);
});

test.each(["", "10.10.10", "10.10.10.0/33", "10.10.10.0/", "10.10.10.0/24/1", "a/24", "fd00::/129", "10.1"])(
  "%j is no range",
  (text) => {
    expect(network.normaliseRange(text)).toBeUndefined();
  },
);

test("ranges overlap when one contains the other, never across families", () => {
  expect(network.overlaps("10.0.0.0/8", "10.1.2.3/32")).toBe(true);
  expect(network.overlaps("10.1.2.3/32", "10.0.0.0/8")).toBe(true);
  expect(network.overlaps("10.0.0.0/25", "10.0.0.128/25")).toBe(false);
  expect(network.overlaps("0.0.0.0/0", "::/0")).toBe(false);
});

test("overlap agrees with comparing addresses one by one", () => {
  const range = fc
    .tuple(fc.integer({ min: 0, max: 63 }), fc.integer({ min: 26, max: 32 }))
    .map(([last, bits]) => network.normaliseRange(`10.0.0.${last}/${bits}`) ?? "");
  fc.assert(
    fc.property(range, range, (a, b) => {
      const addresses = Array.from({ length: 64 }, (_, last) => `10.0.0.${last}`);
      const shared = addresses.some((address) => network.contains(a, address) && network.contains(b, address));
      expect(network.overlaps(a, b)).toBe(shared);
    }),
  );
});

test("a range counts its addresses", () => {
  expect(network.addressCount("10.10.10.0/24")).toBe(256n);
  expect(network.addressCount("10.10.10.7/32")).toBe(1n);
  expect(network.addressCount("fd00::/64")).toBe(2n ** 64n);
});

test.each([
  ["0.0.0.0/0", true],
  ["0.0.0.0/1", true],
  ["8.0.0.0/7", true],
  ["10.0.0.0/8", false],
  ["::/0", true],
  ["fc00::/7", false],
])("%s is open to everybody: %s", (range, open) => {
  expect(network.isWideOpen(range)).toBe(open);
});

test("ranges are ordered by family, then numerically, then by width", () => {
  const ranges = ["fd00::/8", "10.0.0.0/16", "10.0.0.0/8", "9.0.0.0/8", "100.0.0.0/8"];
  expect(ranges.sort(network.compareRanges)).toEqual([
    "9.0.0.0/8",
    "10.0.0.0/8",
    "10.0.0.0/16",
    "100.0.0.0/8",
    "fd00::/8",
  ]);
});

test.each([
  ["127.0.0.1", true],
  ["127.9.9.9:4443", true],
  ["localhost:4443", true],
  ["::1", true],
  ["[::1]:4443", true],
  ["10.10.10.20", false],
  ["nas.local:443", false],
  ["127.0.0.1.example.org", false],
  ["[fd00::1]:443", false],
])("%s is loopback: %s", (endpoint, loopback) => {
  expect(network.isLoopback(endpoint)).toBe(loopback);
});

test.each(["nas", "nas.home.arpa:444", "10.0.0.1", "10.0.0.1:443", "[fd00::1]:443", "fd00::1"])(
  "%s is an endpoint",
  (text) => {
    expect(network.endpoint.safeParse(text).success).toBe(true);
  },
);

test.each(["", "https://nas", "nas/api", "nas:0", "nas:70000", "nas:", "10.0.0.300", "-nas", "[fd00::1", "a b"])(
  "%j is no endpoint",
  (text) => {
    expect(network.endpoint.safeParse(text).success).toBe(false);
  },
);
