import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Properties } from "../../../providers/base/values.ts";
import { type SimulatedNas, startNas, type WireRecord } from "../../../simulator/nas/start.ts";
import { configOf, type Plugin, startPlugin } from "../harness.ts";

/** What the NAS is asked while many objects are made: the effort for one must not grow with the number of others. */
let nas: SimulatedNas;
let plugin: Plugin;
const requests: WireRecord[] = [];

beforeAll(async () => {
  nas = await startNas({ datasets: ["tank/apps"], scramIterations: 50_000, record: (entry) => requests.push(entry) });
  plugin = await startPlugin();
  await plugin.configure(configOf(nas));
});
afterAll(async () => {
  await plugin.stop();
  await nas.stop();
});
beforeEach(() => {
  requests.length = 0;
});

const create = async (type: string, name: string, given: Properties) => {
  const resource = plugin.resource(type, name);
  const { inputs } = await resource.check(given);
  return resource.create(inputs);
};
const calls = (method: string) => requests.filter((request) => request.method === method);
/** The filters of each query of a method; none means that everything was listed. */
const filters = (method: string) => calls(method).map(({ params }) => (Array.isArray(params) ? params[0] : undefined));
const many = Array.from({ length: 12 }, (_, i) => i);

test("a dataset asks for its pool and for itself in one query, shared with the datasets made at the same time", async () => {
  await Promise.all(many.map((i) => create("Dataset", `d${i}`, { name: `tank/apps/d${i}` })));
  expect(calls("pool.query")).toEqual([]);
  const [first] = filters("pool.dataset.query") as [string, string, string[]][][];
  expect(first?.[0]?.[2]).toEqual(expect.arrayContaining(["tank/apps/d0", "tank"]));
  expect(calls("pool.dataset.query").length).toBeLessThan(many.length);
});

test("a pool that does not exist is told with the pools that do", async () => {
  const failure = await create("Dataset", "lost", { name: "big/apps" }).catch(({ details }) => details);
  expect(failure).toContain("the NAS has no pool big; its pools are tank.");
  expect(calls("pool.dataset.create")).toEqual([]);
});

test("an export looks for what stands on its own path, however many exports there are", async () => {
  for (const i of many) await nas.admin("pool.dataset.create", { name: `tank/apps/e${i}` });
  const networks = ["10.0.0.0/24"];
  // One after the other: every creation makes what was read before it outdated.
  for (const i of many) await create("NfsShare", `e${i}`, { path: `/mnt/tank/apps/e${i}`, networks });
  for (const asked of filters("sharing.nfs.query")) expect(asked).not.toEqual([]);
  const foreign = await create("NfsShare", "other", { path: "/mnt/tank/apps/e3", networks: ["10.0.1.0/24"] });
  expect(foreign.id).not.toBe("");
});

test("an export that somebody else made on the path is found, also when looked for together with others", async () => {
  const made = await nas.admin<{ id: number }>("sharing.nfs.create", {
    path: "/mnt/tank/apps",
    networks: ["10.0.0.0/24"],
  });
  const [failure, other] = await Promise.all([
    create("NfsShare", "taken", { path: "/mnt/tank/apps", networks: ["10.0.0.0/24"] }).catch(({ details }) => details),
    create("NfsShare", "free", { path: "/mnt/tank", networks: ["10.0.0.0/24"] }),
  ]);
  expect(failure).toContain(`NFS export ${made.id} of /mnt/tank/apps exists already`);
  expect(other.id).not.toBe("");
});
