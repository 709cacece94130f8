/**
 * Whether a snapshot name is one of a naming schema, read the way strptime does: loosely, with one or two digits per field.
 * The retention of TrueNAS goes by names, so a name that two schemas accept would be pruned by both.
 */
export function fitsSchema(name: string, schema: string): boolean {
  const digits: Record<string, string> = { Y: "\\d{4}", m: "\\d{1,2}", d: "\\d{1,2}", H: "\\d{1,2}", M: "\\d{1,2}" };
  const pattern = schema.replace(/%([YmdHM])|[.*+?^${}()|[\]\\]/g, (match, part: string | undefined) =>
    part === undefined ? `\\${match}` : (digits[part] ?? ""),
  );
  return new RegExp(`^${pattern}$`).test(name);
}

/** A name that a schema gives. */
export function nameOf(schema: string): string {
  const parts: Record<string, string> = { Y: "2026", m: "11", d: "23", H: "04", M: "00" };
  return schema.replace(/%([YmdHM])/g, (_, part: string) => parts[part] ?? "");
}
