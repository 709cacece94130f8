import { expect, onTestFinished, test } from "vitest";
import { describeDeletions, destroyable } from "../../commands/consequences.ts";
import { TrueNasClient } from "../../providers/truenas/client/client.ts";
import { startNas } from "../../simulator/nas/start.ts";

const type = "truenas:index:Dataset";

test("only a dataset that was given up in words is named, and not one that the engine keeps", () => {
  const resources = [
    { urn: "a", type, id: "tank/a", inputs: { onDelete: "destroy" } },
    { urn: "b", type, id: "tank/b", inputs: { onDelete: "retain" } },
    { urn: "c", type, id: "tank/c", inputs: { onDelete: "destroy" }, retainOnDelete: true },
    { urn: "d", type: "truenas:index:Snapshot", id: "tank/d@s", inputs: { onDelete: "destroy" } },
  ];
  expect([...destroyable({ deployment: { resources } })]).toEqual([["a", "tank/a"]]);
  expect(destroyable({}).size).toBe(0);
});

test("what goes along is named, and asking for it changes nothing", async () => {
  const nas = await startNas({ datasets: ["tank/a", "tank/b"], scramIterations: 50_000 });
  const { endpoint, username, apiKey, fingerprint } = nas;
  const client = new TrueNasClient({ endpoint, username, apiKey, fingerprint, readOnly: true });
  onTestFinished(async () => {
    await client.close();
    await nas.stop();
  });
  await nas.admin("pool.snapshot.create", { dataset: "tank/a", name: "s" });
  await nas.admin("sharing.nfs.create", { path: "/mnt/tank/a", networks: ["10.0.0.0/24"] });
  expect(await describeDeletions(client, ["tank/a", "tank/b", "tank/none"])).toEqual([
    "tank/a is to be destroyed, and its destruction will be refused because it still has 1 snapshots, 1 NFS exports " +
      "(NFS exports: /mnt/tank/a); the NAS would remove all of that without asking",
    "tank/b is to be destroyed; it is empty and nothing uses it",
    "tank/none is to be destroyed, and is gone already",
  ]);
  await client.close();
  expect(await describeDeletions(client, ["tank/a"])).toEqual([
    expect.stringMatching(/^tank\/a is to be destroyed; what goes along cannot be read: /),
  ]);
});
