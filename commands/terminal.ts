import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** What the commands print to; plain lines on anything that is not a terminal. */
export interface Terminal {
  /** A finished line. */
  line(text?: string): void;
  /** What is going on now: one line that the next call replaces; without a terminal, a line now and then. */
  status(text: string): void;
  /** Text in a style, or as it is where colours are not wanted (NO_COLOR, no terminal). */
  style(style: Style, text: string): string;
}

interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const SILENCE_MS = 15_000;

/** A terminal on `output`; `now` is the clock in milliseconds. */
export function createTerminal(output: Output = process.stdout, now: () => number = Date.now): Terminal {
  const live = output.isTTY === true;
  let shown = false;
  let lastStatus = now();
  const clear = () => {
    if (shown) output.write("\r\u001b[2K");
    shown = false;
  };
  return {
    line: (text = "") => {
      clear();
      lastStatus = now();
      output.write(`${text}\n`);
    },
    status: (text) => {
      if (live) {
        clear();
        output.write(text.slice(0, Math.max(20, (output.columns ?? 80) - 1)));
        shown = true;
      } else if (now() - lastStatus >= SILENCE_MS) {
        lastStatus = now();
        output.write(`${text}\n`);
      }
    },
    style: (style, text) =>
      live && !process.env["NO_COLOR"] ? styleText(style, text, { validateStream: false }) : text,
  };
}

/** A terminal that shows nothing, for `--json` and for tests. */
export const silentTerminal: Terminal = { line: () => {}, status: () => {}, style: (_style, text) => text };

/** A table with columns as wide as their widest cell; the last column is not padded. */
export function table(rows: readonly (readonly string[])[], indent = "  "): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  return rows.map((row) =>
    `${indent}${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
  );
}

/** "850 ms", "3.1 s" or "2 min 5 s". */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** Bytes in the largest binary unit that leaves a short number: "500 GiB", "1.5 KiB". */
export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  const unit = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  const value = count / 1024 ** unit;
  return `${value.toFixed(1).replace(/\.0$/, "")} ${units[unit]}`;
}

/** Breaks a text between words so that no line is longer than `width`, unless a single word is; its own line breaks stay. */
export function wrap(text: string, width: number): string[] {
  return text.split("\n").flatMap((paragraph) => {
    const [first = "", ...words] = paragraph.split(/(?<=\S) +/);
    const lines = [first];
    for (const word of words) {
      const line = lines.at(-1) ?? "";
      if (line.length + 1 + word.length > width) lines.push(word);
      else lines[lines.length - 1] = `${line} ${word}`;
    }
    return lines;
  });
}
