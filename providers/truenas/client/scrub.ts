const mark = "[secret]";

/** The letters of a base64 text that depend on the secret alone, for each place it can start at within a longer text. */
function base64Cores(secret: string): string[] {
  const bytes = Buffer.from(secret, "utf8");
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    // The first letters also carry the bytes before, the last ones those after or the padding.
    const from = before === 0 ? 0 : before + 1;
    const to = Math.floor(((before + bytes.length) * 8) / 6);
    const core = encoded.slice(from, to);
    return [core, core.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

function formsOf(secret: string): string[] {
  const url = encodeURIComponent(secret);
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    url,
    url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    url.replaceAll("%20", "+"),
    ...base64Cores(secret),
  ];
}

/** Makes a function that replaces each secret, also in base64, URL-encoded and JSON-escaped form, by `[secret]`. */
export function scrubber(secrets: readonly string[]): (text: string) => string {
  // Longest first: a secret may contain another one. Fewer than four letters would tear ordinary text apart.
  const forms = [...new Set(secrets.flatMap(formsOf))].filter((form) => form.length >= 4);
  forms.sort((a, b) => b.length - a.length);
  return (text) => forms.reduce((scrubbed, form) => scrubbed.replaceAll(form, mark), text);
}

/** Replaces each secret in `text`, in every form that {@link scrubber} knows. */
export const scrub = (text: string, secrets: readonly string[]): string => scrubber(secrets)(text);

/** Letters that a message repeats of one text of the NAS. */
const longestText = 1_000;

/** The beginning of a text that may have any length. */
export const shortened = (text: string): string =>
  text.length > longestText ? `${text.slice(0, longestText)}...` : text;
