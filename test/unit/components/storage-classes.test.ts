import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { StorageClasses } from "../../../components/kubernetes/storage-classes.ts";
import type { StorageClassPlan } from "../../../plan/storage-plan.ts";
import { promiseOf, recordResources } from "./recorder.ts";

const plan: StorageClassPlan = {
  name: "nas",
  provisioner: "nfs.csi.k8s.io",
  annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
  parameters: { server: "10.0.0.1", share: "/mnt/tank/apps" },
  mountOptions: ["nfsvers=4.1", "hard"],
  reclaimPolicy: "Retain",
  volumeBindingMode: "Immediate",
  allowVolumeExpansion: true,
  reason: "a test",
};

test("a class is made as planned, its mount options at the top level", async () => {
  const registered = await recordResources();
  const provider = new (await import("@pulumi/kubernetes/provider.js")).Provider("kubernetes", { kubeconfig: "{}" });
  const classes = new StorageClasses("cluster", { classes: [plan] }, { providers: [provider] });
  await promiseOf(classes.urn);
  await pulumi.runtime.disconnect();
  const made = registered.filter(({ type }) => type.startsWith("kubernetes:storage"));
  expect(made).toEqual([
    {
      type: "kubernetes:storage.k8s.io/v1:StorageClass",
      name: "cluster-class-nas",
      inputs: {
        apiVersion: "storage.k8s.io/v1",
        kind: "StorageClass",
        metadata: { name: "nas", annotations: plan.annotations },
        provisioner: "nfs.csi.k8s.io",
        parameters: plan.parameters,
        mountOptions: plan.mountOptions,
        reclaimPolicy: "Retain",
        volumeBindingMode: "Immediate",
        allowVolumeExpansion: true,
      },
    },
  ]);
  expect(classes.names).toEqual(["nas"]);
});
