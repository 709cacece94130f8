import { expect, test } from "vitest";
import { loadPlan } from "../../../plan/index.ts";
import { stackConfig } from "../config/stack-file.ts";

const { plan } = loadPlan(stackConfig("homelab"));

test("the dataset tree of the reference environment, parents first, with sizes and owners", () => {
  const tree = plan.datasets.map(({ name, purpose, owner, properties }) => [
    name,
    purpose,
    owner === undefined ? "-" : `${owner.uid}:${owner.gid} ${owner.mode}`,
    properties.recordsize ?? "-",
    properties.refquota === undefined ? "-" : properties.refquota / 2 ** 30,
  ]);
  expect(tree).toEqual([
    ["big/k8s-apps", "apps-root", "568:568 0755", "-", "-"],
    ["big/k8s-apps/backups", "group", "-", "-", "-"],
    ["big/k8s-apps/backups/audiobookshelf", "backup", "1000:1000 0770", "1M", 24],
    ["big/k8s-apps/backups/jellyfin", "backup", "1000:1000 0770", "1M", 40],
    ["big/k8s-apps/databases", "group", "-", "-", "-"],
    ["big/k8s-apps/databases/postgresql-data", "volume", "999:999 0700", "16K", 50],
    ["big/k8s-apps/databases/redis-data", "volume", "999:999 0770", "16K", 5],
    ["big/k8s-apps/karakeep", "app", "-", "-", "-"],
    ["big/k8s-apps/karakeep/backup", "backup", "1000:1000 0770", "1M", 40],
    ["big/k8s-apps/linkding", "app", "-", "-", "-"],
    ["big/k8s-apps/linkding/backup", "backup", "33:33 0770", "1M", 10],
    ["big/k8s-apps/ollama", "app", "-", "-", "-"],
    ["big/k8s-apps/ollama/models", "volume", "1000:1000 0770", "1M", 500],
  ]);
});

test("every dataset of the design is kept when it leaves the program, and shared by NFS with POSIX permissions", () => {
  for (const { onDelete, properties } of plan.datasets) {
    expect(onDelete).toBe("retain");
    expect(properties).toMatchObject({ shareType: "GENERIC", acltype: "POSIX", aclmode: "DISCARD", atime: "OFF" });
  }
});

test("one export per dataset that pods use, to the Kubernetes node alone, with root squashed", () => {
  expect(plan.exports.map(({ key, path }) => [key, path])).toEqual([
    ["apps", "/mnt/big/k8s-apps"],
    ["audiobookshelf-backup", "/mnt/big/k8s-apps/backups/audiobookshelf"],
    ["jellyfin-backup", "/mnt/big/k8s-apps/backups/jellyfin"],
    ["postgresql-data", "/mnt/big/k8s-apps/databases/postgresql-data"],
    ["redis-data", "/mnt/big/k8s-apps/databases/redis-data"],
    ["karakeep-backup", "/mnt/big/k8s-apps/karakeep/backup"],
    ["linkding-backup", "/mnt/big/k8s-apps/linkding/backup"],
    ["ollama-models", "/mnt/big/k8s-apps/ollama/models"],
  ]);
  for (const exported of plan.exports) {
    expect(exported).toMatchObject({ networks: ["10.10.10.30/32"], hosts: [], readOnly: false, security: ["SYS"] });
    expect(exported.maproot).toBeUndefined();
    expect(exported.mapall).toEqual(exported.key === "apps" ? { user: "apps", group: "apps" } : undefined);
  }
  expect(new Set(plan.exports.map(({ comment }) => comment)).size).toBe(plan.exports.length);
});

test("one recursive chain of four on the apps dataset; media has chains of its own", () => {
  const tasks = plan.snapshotTasks.map((task) => [
    task.namingSchema,
    task.dataset,
    `${task.lifetimeValue} ${task.lifetimeUnit}`,
  ]);
  expect(tasks).toEqual([
    ["hs-apps-hourly-%Y-%m-%d_%H-%M", "big/k8s-apps", "24 HOUR"],
    ["hs-apps-daily-%Y-%m-%d_%H-%M", "big/k8s-apps", "7 DAY"],
    ["hs-apps-weekly-%Y-%m-%d_%H-%M", "big/k8s-apps", "4 WEEK"],
    ["hs-apps-monthly-%Y-%m-%d_%H-%M", "big/k8s-apps", "12 MONTH"],
    ["hs-share-audiobooks-daily-%Y-%m-%d_%H-%M", "big/audiobooks", "7 DAY"],
    ["hs-share-audiobooks-weekly-%Y-%m-%d_%H-%M", "big/audiobooks", "4 WEEK"],
    ["hs-share-audiobooks-monthly-%Y-%m-%d_%H-%M", "big/audiobooks", "12 MONTH"],
    ["hs-share-media-daily-%Y-%m-%d_%H-%M", "big/media", "7 DAY"],
    ["hs-share-media-weekly-%Y-%m-%d_%H-%M", "big/media", "4 WEEK"],
    ["hs-share-media-monthly-%Y-%m-%d_%H-%M", "big/media", "3 MONTH"],
  ]);
  expect(plan.snapshotTasks.every((task) => task.recursive && task.exclude.length === 0)).toBe(true);
});

test("the truenas-nfs class is the one of the design", () => {
  expect(plan.storageClasses).toEqual([
    {
      name: "truenas-nfs",
      provisioner: "nfs.csi.k8s.io",
      annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
      parameters: {
        server: "10.10.10.20",
        share: "/mnt/big/k8s-apps",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the driver fills these in
        subDir: "pvc/${pvc.metadata.namespace}/${pvc.metadata.name}",
        onDelete: "retain",
      },
      mountOptions: ["nfsvers=4.1", "hard", "timeo=600", "retrans=2", "rsize=1048576", "wsize=1048576"],
      reclaimPolicy: "Retain",
      volumeBindingMode: "Immediate",
      allowVolumeExpansion: true,
      reason: expect.any(String),
    },
  ]);
});

test("every volume is where section by section of the design wants it", () => {
  const volumes = plan.volumes.map((v) => [
    v.key,
    v.tier,
    v.storageClass,
    v.accessMode,
    v.node ?? v.dataset ?? v.nfs?.path,
  ]);
  expect(volumes).toEqual([
    ["audiobookshelf-audiobooks", "truenas-nfs", "", "ReadOnlyMany", "/mnt/big/audiobooks"],
    ["audiobookshelf-config", "node-local", "local-path", "ReadWriteOnce", "mainkube"],
    ["audiobookshelf-metadata", "node-local", "local-path", "ReadWriteOnce", "mainkube"],
    ["jellyfin-cache", "node-local", "local-path", "ReadWriteOnce", "mainkube"],
    ["jellyfin-config", "node-local", "local-path", "ReadWriteOnce", "mainkube"],
    ["jellyfin-media", "truenas-nfs", "", "ReadOnlyMany", "/mnt/big/media"],
    ["karakeep-data", "node-local", "local-path", "ReadWriteOnce", "mainkube"],
    ["linkding-data", "node-local", "local-path", "ReadWriteOnce", "mainkube"],
    ["ollama-cache", "node-local", "local-path", "ReadWriteOnce", "mainkube"],
    ["ollama-models", "truenas-nfs", "truenas-nfs", "ReadWriteMany", "big/k8s-apps/ollama/models"],
    ["postgresql-data", "truenas-nfs", "truenas-nfs", "ReadWriteOncePod", "big/k8s-apps/databases/postgresql-data"],
    ["redis-data", "truenas-nfs", "truenas-nfs", "ReadWriteOncePod", "big/k8s-apps/databases/redis-data"],
  ]);
});

test("the model volume is described completely", () => {
  expect(plan.volumes.find(({ key }) => key === "ollama-models")).toEqual({
    key: "ollama-models",
    app: "ollama",
    volume: "models",
    kind: "models",
    environment: "production",
    tier: "truenas-nfs",
    storageClass: "truenas-nfs",
    accessMode: "ReadWriteMany",
    readOnly: false,
    size: 500 * 2 ** 30,
    mountPath: "/root/.ollama/models",
    runAs: { uid: 1000, gid: 1000 },
    dataset: "big/k8s-apps/ollama/models",
    export: "ollama-models",
    nfs: {
      server: "10.10.10.20",
      path: "/mnt/big/k8s-apps/ollama/models",
      mountOptions: ["nfsvers=4.1", "hard", "timeo=600", "retrans=2", "rsize=1048576", "wsize=1048576"],
    },
    critical: false,
    protection: { chain: "apps", copy: "none", active: true, reason: "Snapshots of the chain apps." },
    reason: expect.stringContaining("written once"),
    alternatives: expect.arrayContaining([expect.objectContaining({ tier: "node-local", allowed: true })]),
  });
});

test("media is mounted read-only, from the share that exists", () => {
  const media = plan.volumes.find(({ key }) => key === "jellyfin-media");
  expect(media).toMatchObject({
    share: "media",
    readOnly: true,
    critical: false,
    nfs: { server: "10.10.10.20", path: "/mnt/big/media" },
  });
  expect(media?.nfs?.mountOptions.at(-1)).toBe("ro");
  expect(plan.shares.map(({ name, export: made, chain, usedBy }) => [name, made, chain, usedBy])).toEqual([
    ["audiobooks", "existing", "share-audiobooks", ["audiobookshelf.audiobooks"]],
    ["media", "existing", "share-media", ["jellyfin.media"]],
  ]);
});

test("what the owner is told about the reference environment", () => {
  expect(plan.findings.map(({ severity, path }) => [severity, path])).toEqual([
    ["notice", "kubernetes.storageClasses.nfs.default"],
    ["notice", "apps.karakeep"],
    ["notice", "apps.ollama"],
    ["warning", "backup.enabled"],
  ]);
});

test("the plan is plain frozen data", () => {
  expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  expect(Object.isFrozen(plan.datasets)).toBe(true);
  expect(Object.isFrozen(plan.datasets[0]?.properties)).toBe(true);
});

test("the sandbox differs from the homelab in nothing but the endpoint", () => {
  const { plan: sandbox } = loadPlan(stackConfig("sandbox"));
  expect({ ...sandbox, sandbox: false, nas: { ...sandbox.nas, endpoint: plan.nas.endpoint } }).toEqual(plan);
});
