import type { CatalogueApp } from "./app.ts";

export const linkding: CatalogueApp = {
  name: "linkding",
  runAs: { uid: 33, gid: 33 },
  volumes: {
    data: { kind: "sqlite", size: "5Gi", mount: "/etc/linkding/data" },
  },
  source: {
    url: "https://github.com/sissbruecker/linkding/blob/master/bootstrap.sh",
    found:
      "The start script hands /etc/linkding/data to www-data, which is 33 in the Debian base image; SQLite by default.",
    date: "2026-11",
  },
};
