import type { Engine, Kind } from "../config.ts";

/** What is known about a volume of a known app. */
export interface CatalogueVolume {
  readonly kind: Kind;
  readonly engine?: Engine;
  /** Default size, such as `5Gi`; an owner's own wins. */
  readonly size?: string;
  readonly mount: string;
  readonly group?: string;
  /** True for a volume that exists only when the owner names it, because something about it cannot be guessed. */
  readonly optional?: boolean;
}

/** A known app: enough to write `linkding: {}`. To add one, add a file like the others and its line in index.ts. */
export interface CatalogueApp {
  readonly name: string;
  /** User and group that its official image runs as, or that it can be told to run as. */
  readonly runAs: { readonly uid: number; readonly gid: number };
  readonly volumes: Readonly<Record<string, CatalogueVolume>>;
  /** Where volumes, kinds and user were found. */
  readonly source: { readonly url: string; readonly found: string; readonly date: string };
  /** What the owner should check before relying on it. */
  readonly verify?: string;
}
