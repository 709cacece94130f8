import type { CatalogueApp } from "./app.ts";

export const karakeep: CatalogueApp = {
  name: "karakeep",
  runAs: { uid: 1000, gid: 1000 },
  volumes: {
    data: { kind: "sqlite", size: "20Gi", mount: "/data" },
  },
  source: {
    url: "https://github.com/karakeep-app/karakeep/blob/main/docker/Dockerfile",
    found:
      "DATA_DIR is /data and holds db.db (SQLite) beside the assets; the image starts s6-overlay as root and names no user.",
    date: "2026-11",
  },
  verify: "Look into its data directory before relying on this: a *.db file there means SQLite, as assumed.",
};
