import { randomInt } from "node:crypto";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** The secret part of a new API key; its text is `<id>-<secret>`. */
export const newKeySecret = (): string =>
  Array.from({ length: 64 }, () => alphabet[randomInt(alphabet.length)]).join("");
