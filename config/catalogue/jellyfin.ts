import type { CatalogueApp } from "./app.ts";

export const jellyfin: CatalogueApp = {
  name: "jellyfin",
  runAs: { uid: 1000, gid: 1000 },
  volumes: {
    config: { kind: "sqlite", size: "20Gi", mount: "/config" },
    cache: { kind: "cache", size: "50Gi", mount: "/cache" },
    media: { kind: "media", mount: "/media", optional: true },
  },
  source: {
    url: "https://github.com/jellyfin/jellyfin-packaging/blob/master/docker/Dockerfile",
    found:
      "JELLYFIN_DATA_DIR is /config (its library is SQLite) and JELLYFIN_CACHE_DIR is /cache (transcodes); both are open to any user, and none is named.",
    date: "2026-11",
  },
};
