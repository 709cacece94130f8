import { expect, test } from "vitest";
import { chunksOf } from "../../../providers/truenas/resources/path-stats.ts";

const paths = (count: number, tail = "") =>
  Array.from({ length: count }, (_, i) => `/mnt/big/k8s-apps/a${i}/data${tail}`);

test("a thousand ordinary paths are asked for in one request", () => {
  expect(chunksOf(paths(1000))).toEqual([paths(1000)]);
  expect(chunksOf([])).toEqual([]);
});

test("no request grows beyond what the NAS takes, and none of the paths is lost", () => {
  const long = paths(300, '/ä"'.repeat(200));
  const chunks = chunksOf(long);
  expect(chunks.flat()).toEqual(long);
  expect(chunks.length).toBeGreaterThan(2);
  for (const chunk of chunks) {
    expect(chunk).not.toEqual([]);
    expect(Buffer.byteLength(JSON.stringify(chunk.map((path) => [path])))).toBeLessThan(60_100);
  }
});

test("a path that is too long by itself is a request of its own, for the client to refuse", () => {
  const huge = `/mnt/${"x".repeat(70_000)}`;
  expect(chunksOf(["/mnt/a", huge, "/mnt/b"])).toEqual([["/mnt/a"], [huge], ["/mnt/b"]]);
});
