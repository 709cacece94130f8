import { afterEach, beforeEach, expect, vi } from "vitest";

// A test that prints has either found a warning nobody reads or leaks something: it fails.
const levels = ["log", "info", "warn", "error"] as const;

beforeEach(() => {
  for (const level of levels) vi.spyOn(console, level);
});

afterEach(() => {
  const printed = levels.flatMap((level) => vi.mocked(console[level]).mock.calls.map((args) => `${level}: ${args}`));
  vi.restoreAllMocks();
  expect(printed, "unexpected console output").toEqual([]);
});
