import { expect, test } from "vitest";
import { bytes, createTerminal, duration, table, wrap } from "../../../commands/terminal.ts";

function output(isTTY: boolean) {
  const written: string[] = [];
  return { written, isTTY, columns: 30, write: (text: string) => written.push(text) };
}

test("a terminal replaces its status line; a pipe gets one now and then, without colour", () => {
  const live = output(true);
  const terminal = createTerminal(live);
  terminal.status("working on something that is rather long");
  terminal.line("done");
  expect(live.written).toEqual(["working on something that is r".slice(0, 29), "\r\u001b[2K", "done\n"]);

  let clock = 0;
  const piped = output(false);
  const log = createTerminal(piped, () => clock);
  log.status("first");
  clock = 15_000;
  log.status("second");
  log.status("third");
  log.line(log.style("green", "done"));
  clock = 20_000;
  log.status("too early after a line");
  expect(piped.written).toEqual(["second\n", "done\n"]);
});

test("tables, durations and sizes are short", () => {
  expect(
    table(
      [
        ["a", "long", ""],
        ["longer", "b", "c"],
      ],
      "",
    ),
  ).toEqual(["a       long", "longer  b     c"]);
  expect([850.4, 3120, 125_000].map(duration)).toEqual(["850 ms", "3.1 s", "2 min 5 s"]);
  expect(bytes(294_913)).toBe("288 KiB");
  expect(wrap("one two three\n  fourandmore five", 8)).toEqual(["one two", "three", "  fourandmore", "five"]);
  expect([0, 1023, 1536, 500 * 1024 ** 3, 10 * 1024 ** 4].map(bytes)).toEqual([
    "0 B",
    "1023 B",
    "1.5 KiB",
    "500 GiB",
    "10 TiB",
  ]);
});
