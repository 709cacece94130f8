import { afterAll, beforeAll, expect, test } from "vitest";
import { Rehearsal, steps, succeeded } from "./harness.ts";

interface Share {
  readonly name: string;
  readonly path: string;
  readonly comment: string;
}

interface Service {
  readonly enable: boolean;
  readonly state: string;
}

let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await Rehearsal.start({
    edit: (config) => {
      config["homelab-storage:smb"] = { documents: { size: "20Gi", share: "Documents", comment: "Scans" } };
    },
  });
});
afterAll(() => rehearsal?.stop());

const shares = () => rehearsal.nas.admin<Share[]>("sharing.smb.query");
const server = async () => (await rehearsal.nas.admin<Service[]>("service.query", [["service", "=", "cifs"]]))[0];

test("a share for people is made with its dataset and the SMB server, and goes without its bytes", async () => {
  succeeded(await rehearsal.up());
  const path = "/mnt/big/k8s-apps/smb/documents";
  expect(await shares()).toMatchObject([
    { name: "Documents", path, comment: "Scans [pulumi homelab-storage/homelab/nas-share-smb-documents]" },
  ]);
  expect(await server()).toMatchObject({ enable: true, state: "RUNNING" });
  expect(steps(succeeded(await rehearsal.preview()))).toEqual([]);

  await rehearsal.configure((config) => {
    delete config["homelab-storage:smb"];
  });
  succeeded(await rehearsal.up());
  expect(await shares()).toEqual([]);
  expect(await rehearsal.nas.admin("filesystem.stat", path)).toMatchObject({ type: "DIRECTORY" });
  expect(await server()).toMatchObject({ enable: true, state: "RUNNING" });
});
