import type { Notes } from "./notes.ts";

/** Something that is identified by a text, and the place in the configuration that asked for it. */
export interface Identified {
  readonly id: string;
  readonly origin: string;
}

/** Refuses what has the identity of something before it; once per place. */
export function checkUnique(items: readonly Identified[], what: string, notes: Notes): void {
  const owners = new Map<string, string>();
  for (const { id, origin } of items) {
    const other = owners.get(id);
    if (other === undefined) {
      owners.set(id, origin);
    } else if (!notes.problems.some((known) => known.path === origin)) {
      notes.refuse(
        origin,
        id,
        `Every ${what} stands for one thing; ${other} has this one already.`,
        "Change one of the two.",
      );
    }
  }
}
