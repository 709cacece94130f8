import { appendFileSync, closeSync, openSync } from "node:fs";
import { bulkMethod } from "./methods.ts";
import type { Secrets } from "./secrets.ts";

/** Writes down what is said over the wire, for finding defects. */
export interface WireLog {
  /** A request that leaves, as its text. */
  sent(text: string): void;
  /** An answer or a notification that came. */
  received(message: unknown): void;
  /** Something about the connection itself. */
  note(text: string): void;
}

/** Characters of a line; lists of thousands of datasets are cut. */
const maxLine = 64 * 1024;

type Message = Readonly<Record<string, unknown>>;

const isMessage = (value: unknown): value is Message =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Opens a log of the wire: one JSON object per line, with the time, `>` for what was sent and `<` for what came. Secrets are
 * taken out before a line is written, by the names of properties and wherever a known one shows up in other text. The file
 * is made readable for its owner only. A log that cannot be written never stops a call: `warn` is told once.
 */
export function openWireLog(path: string, secrets: Secrets, warn: (line: string) => void): WireLog {
  const methods = new Map<unknown, string>();
  let broken = false;
  const write = (entry: Readonly<Record<string, unknown>>): void => {
    if (broken) return;
    const line = secrets.scrub(JSON.stringify({ at: new Date().toISOString(), pid: process.pid, ...entry }));
    const cut = line.length > maxLine ? `${line.slice(0, maxLine)}... (${line.length} characters)` : line;
    try {
      const file = openSync(path, "a", 0o600);
      try {
        appendFileSync(file, `${cut}\n`);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      broken = true;
      warn(`the log of the wire cannot be written (${error instanceof Error ? error.message : String(error)})`);
    }
  };
  return {
    sent: (text) => {
      const { jsonrpc: _, ...message } = JSON.parse(text) as {
        method: string;
        id: unknown;
        params: unknown[];
      } & Message;
      methods.set(message.id, resultOf(message.method, message.params));
      write({ ">": { ...message, params: secrets.redactParams(message.method, message.params) } });
    },
    received: (message) => {
      if (!isMessage(message)) return write({ "<": "(no message)" });
      const method = methods.get(message["id"]) ?? "";
      methods.delete(message["id"]);
      const { jsonrpc: _, result, ...rest } = message;
      const shown = secrets.redactResult("", withoutTrace(rest)) as Message;
      write({ "<": { ...shown, ...(result === undefined ? {} : { result: secrets.redactResult(method, result) }) } });
    },
    note: (text) => write({ note: text }),
  };
}

/** The method whose result an answer holds: of a bulk, that of its calls. */
const resultOf = (method: string, params: readonly unknown[]): string =>
  method === bulkMethod ? String(params[0]) : method;

/** A trace holds the arguments of the call, in Python's spelling; of it only the class is told. */
function withoutTrace(message: Message): Message {
  const { error } = message;
  if (!isMessage(error) || !isMessage(error["data"])) return message;
  const { trace, ...data } = error["data"];
  const kind = isMessage(trace) ? { class: trace["class"] } : {};
  return { ...message, error: { ...error, data: { ...data, ...kind } } };
}
