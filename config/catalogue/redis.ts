import type { CatalogueApp } from "./app.ts";

export const redis: CatalogueApp = {
  name: "redis",
  runAs: { uid: 999, gid: 999 },
  volumes: {
    data: { kind: "database", engine: "redis", size: "5Gi", mount: "/data", group: "databases" },
  },
  source: {
    url: "https://github.com/redis/docker-library-redis/blob/master/debian/Dockerfile",
    found: "The Debian image fixes redis to 999:999 and works in /data.",
    date: "2026-11",
  },
};
