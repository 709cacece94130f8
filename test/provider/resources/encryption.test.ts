import { describe, expect, test } from "vitest";
import type { Properties } from "../../../providers/base/values.ts";
import { onNas } from "./on-nas.ts";

describe.each(["25.10", "26.0"] as const)("encryption on TrueNAS %s", (version) => {
  const on = onNas(version);
  const encrypted = (name: string) =>
    on.nas.admin("pool.dataset.create", {
      name,
      encryption: true,
      inherit_encryption: false,
      encryption_options: { passphrase: "twelve words" },
    });
  /** What happens at a reboot, or when somebody locks it: the dataset and those that share its key. */
  const setLocked = (root: string, locked: boolean) => {
    for (const dataset of on.nas.world.storage.datasets.values())
      if (dataset.encryption?.root === root) dataset.locked = locked;
  };
  const unlock = (root: string) => `Unlock ${root} in the TrueNAS UI (Datasets, ${root}, Unlock) and run this again`;

  test("a dataset below an encrypted one takes on its encryption; others are not encrypted", async () => {
    await encrypted(on.name);
    const { state } = await on.settled("Dataset", { name: `${on.name}/a` }, "a");
    expect(state).toMatchObject({ encrypted: true, locked: false });
    const plain = await on.settled("Dataset", { name: `${on.name}-plain` }, "plain");
    expect(plain.state).toMatchObject({ encrypted: false, locked: false });
  });

  test("below a locked dataset nothing is made, and preview says what to unlock", async () => {
    await encrypted(on.name);
    await on.create("Dataset", { name: `${on.name}/a` }, "a");
    setLocked(on.name, true);
    const { inputs } = await on.plugin.resource("Dataset").check({ name: `${on.name}/a/b` });
    await on.nextRun(async (run) => {
      for (const preview of [true, false]) {
        const message = await on.failure(run.resource("Dataset").create(inputs, preview));
        expect(message).toContain(
          `dataset ${on.name}/a/b cannot be made, because dataset ${on.name}/a is encrypted and locked. Nothing was changed. `,
        );
        expect(message).toContain(unlock(on.name));
      }
    });
    setLocked(on.name, false);
    const made = await on.nextRun((run) => run.resource("Dataset").create(inputs));
    expect(made.state).toMatchObject({ encrypted: true });
  });

  test("a locked dataset is read and shown, and not changed; what only the state keeps still changes", async () => {
    await encrypted(on.name);
    const { resource, inputs, id, state } = await on.create("Dataset", { name: `${on.name}/a` }, "a");
    setLocked(on.name, true);
    await on.nextRun(async (run) => {
      const again = run.resource("Dataset", "a");
      const seen = await again.read(id, state, inputs);
      expect(seen.state).toEqual({ ...state, locked: true });
      expect(await resource.diff(seen.state, seen.inputs, inputs)).toEqual({});
      for (const preview of [true, false]) {
        const message = await on.failure(again.update(id, state, inputs, { ...inputs, sync: "ALWAYS" }, preview));
        expect(message).toContain(`dataset ${id} cannot be changed, because dataset ${id} is encrypted and locked.`);
        expect(message).toContain(unlock(on.name));
      }
      const kept = await again.update(id, state, inputs, { ...inputs, onDelete: "destroy" });
      expect(kept).toMatchObject({ onDelete: "destroy", locked: true });
    });
  });

  const shares: [string, string, Properties, Properties][] = [
    ["NfsShare", "NFS export of", { networks: ["10.0.0.0/24"] }, { networks: ["10.9.0.0/24"] }],
    ["SmbShare", "SMB share", { name: "first" }, { name: "second" }],
  ];
  test.each(shares)(
    "%s: from a locked dataset nothing new is shared, and what was shared can be closed",
    async (...given) => {
      const [type, text, first, second] = given;
      await encrypted(on.name);
      const path = `/mnt/${on.name}`;
      const { resource, inputs, id, state } = await on.create(type, { path, ...first }, "before");
      setLocked(on.name, true);
      const { inputs: another } = await resource.check({ path: `${path}/folder`, ...second });
      await on.nextRun(async (run) => {
        for (const preview of [true, false]) {
          const message = await on.failure(run.resource(type).create(another, preview));
          expect(message).toMatch(
            new RegExp(`^${text} .* cannot be made, because dataset ${on.name} is encrypted and locked`),
          );
          expect(message).toContain(unlock(on.name));
        }
        const before = run.resource(type, "before");
        const closed = await before.update(id, state, inputs, { ...inputs, enabled: false });
        expect(closed).toMatchObject({ enabled: false, locked: true });
        await before.delete(id, closed, inputs);
      });
    },
  );
});
