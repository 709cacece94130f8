import type { CatalogueApp } from "./app.ts";
import { audiobookshelf } from "./audiobookshelf.ts";
import { jellyfin } from "./jellyfin.ts";
import { karakeep } from "./karakeep.ts";
import { linkding } from "./linkding.ts";
import { ollama } from "./ollama.ts";
import { postgresql } from "./postgresql.ts";
import { redis } from "./redis.ts";

export type { CatalogueApp, CatalogueVolume } from "./app.ts";

/** The known apps, by name. */
export const catalogue: ReadonlyMap<string, CatalogueApp> = new Map(
  [audiobookshelf, jellyfin, karakeep, linkding, ollama, postgresql, redis].map((app) => [app.name, app]),
);
