import type { CatalogueApp } from "./app.ts";

export const postgresql: CatalogueApp = {
  name: "postgresql",
  runAs: { uid: 999, gid: 999 },
  volumes: {
    data: {
      kind: "database",
      engine: "postgresql",
      size: "50Gi",
      mount: "/var/lib/postgresql/data",
      group: "databases",
    },
  },
  source: {
    url: "https://github.com/docker-library/postgres/blob/master/Dockerfile-debian.template",
    found:
      "The Debian image fixes postgres to 999:999 (the Alpine one to 70:70). From version 18 on, set PGDATA to a directory below this mount.",
    date: "2026-11",
  },
};
