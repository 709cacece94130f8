import { parse } from "./ejson.ts";

const anonymousLimit = 8192;
const sessionLimit = 65_536;
const fileLimit = 2_097_152;
const extended = new Set(["filesystem.file_receive"]);

/** The message is longer than allowed: the connection is closed. */
export class MessageTooLong extends Error {
  readonly closeCode: number;
  constructor(anonymous: boolean) {
    super(anonymous ? "Anonymous connection max message length is 8 kB" : "Max message length is 64 kB");
    this.closeCode = anonymous ? 1007 : 1009;
  }
}

/** The message is no JSON object; the text says what it is instead. */
export class NotAMessage extends Error {}

/** Characters of a text, as Python counts them. */
function length(text: string): number {
  let pairs = 0;
  for (let i = 0; i < text.length; i += 1) if ((text.charCodeAt(i) & 0xfc00) === 0xd800) pairs += 1;
  return text.length - pairs;
}

/**
 * Reads a message within its limits (TrueNAS middleware utils/limits.py).
 *
 * @throws MessageTooLong, NotAMessage
 */
export function readMessage(text: string, loggedIn: boolean): Record<string, unknown> {
  const size = length(text);
  if (!loggedIn && size > anonymousLimit) throw new MessageTooLong(true);
  if (size > fileLimit) throw new MessageTooLong(false);
  let message: unknown;
  try {
    message = parse(text);
  } catch (error) {
    throw new NotAMessage(error instanceof Error ? error.message : String(error));
  }
  if (Array.isArray(message)) throw new NotAMessage("Batch messages are not supported yet");
  if (typeof message !== "object" || message === null) throw new NotAMessage("Invalid Message Format");
  const row = message as Record<string, unknown>;
  if (size > sessionLimit && !extended.has(String(row["method"]))) throw new MessageTooLong(false);
  return row;
}
