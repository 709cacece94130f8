import { expect, test } from "vitest";
import { renderStorageMap } from "../../../plan/index.ts";
import { planOf } from "./try-plan.ts";

test("the storage map shows where every volume is, how it is protected and why", () => {
  const plan = planOf({
    apps: {
      linkding: {},
      notes: {
        files: { kind: "config", size: "2Gi", clients: ["10.0.0.3", "fd00::3"] },
        films: { kind: "media", share: "media" },
      },
    },
    shares: { media: { path: "/mnt/tank/media", snapshots: { exempt: "can be ripped again" } } },
    kubernetes: { storageClasses: { nfs: { default: false } } },
  });
  expect(renderStorageMap(plan).split("\n")).toEqual([
    "Storage of 10.0.0.2, pool tank",
    "",
    "VOLUME         KIND    TIER         CLASS        MODE  SIZE  WHERE                      CLIENTS         SNAPSHOTS",
    "linkding/data  sqlite  node-local   local-path   RWO   5Gi   node one                   -               apps (of copies)",
    "      why: SQLite needs the locks and the shared memory of a local disk; copies go to the NAS.",
    "notes/files    config  truenas-nfs  truenas-nfs  RWO   2Gi   tank/k8s-apps/notes/files  10.0.0.3/32 +1  apps",
    "      why: Small files that matter: any node can mount them, snapshots keep their history.",
    "notes/films    media   truenas-nfs  (static)     ROX   -     /mnt/tank/media            (existing)      none",
    "      why: Media is large and read by many: apps mount the share that exists, read-only.",
    "",
    "CHAIN  DATASET        KEEPS",
    "apps   tank/k8s-apps  hourly 24 hours, daily 7 days, weekly 4 weeks, monthly 12 months",
    "",
    "SHARE  PATH             EXPORT    SNAPSHOTS                    USED BY",
    "media  /mnt/tank/media  existing  exempt: can be ripped again  notes.films",
    "",
    "warning: apps.notes.files.clients: fd00::3/128 admits 1 address that is no Kubernetes node.",
    "  Remove clients, so that only the Kubernetes nodes are admitted.",
    "warning: backup.enabled: The datasets for copies of node-local databases are there, but no job writes to them yet: linkding.data.",
    "  Copy them yourself until backup.enabled can be switched on.",
    "",
  ]);
});

test("an empty plan says so, and a simulated one too", () => {
  const text = renderStorageMap(
    planOf({ sandbox: true, nas: { host: "10.0.0.2", pool: "tank", endpoint: "127.0.0.1:1" } }),
  );
  expect(text).toContain("pool tank (simulated)");
  expect(text).toContain("No volumes.");
});
