import type { CatalogueApp } from "./app.ts";

export const audiobookshelf: CatalogueApp = {
  name: "audiobookshelf",
  runAs: { uid: 1000, gid: 1000 },
  volumes: {
    config: { kind: "sqlite", size: "2Gi", mount: "/config" },
    // Covers, logs and its own backups of the database: it belongs on the same disk as the database.
    metadata: { kind: "sqlite", size: "10Gi", mount: "/metadata" },
    audiobooks: { kind: "media", mount: "/audiobooks", optional: true },
    podcasts: { kind: "media", mount: "/podcasts", optional: true },
  },
  source: {
    url: "https://github.com/advplyr/audiobookshelf/blob/master/Dockerfile",
    found:
      "CONFIG_PATH is /config (absdatabase.sqlite) and METADATA_PATH is /metadata; the image names no user, its base image has node as 1000.",
    date: "2026-11",
  },
};
