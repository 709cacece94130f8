import { expect, test } from "vitest";
import { loadPlan } from "../../../plan/load.ts";

const planOf = (nas: object) =>
  loadPlan({
    nas: { host: "10.0.0.2", pool: "tank", ...nas },
    nodes: { one: { address: "10.0.0.3" } },
    apps: {},
    kubernetes: {},
  }).plan;
const switches = (nas: object) => {
  const { nas: planned, findings } = planOf(nas);
  const about = findings
    .filter(({ path }) => path.startsWith("nas."))
    .map(({ path, severity }) => `${severity} ${path}`);
  return { readOnly: planned.readOnly, destroyProtection: planned.destroyProtection, about };
};

test("the NAS may be changed and is protected, without a word about it", () => {
  expect(switches({})).toEqual({ readOnly: false, destroyProtection: true, about: [] });
});

test("a switch that is not as usual is told at every preview", () => {
  expect(switches({ readOnly: true, destroyProtection: false })).toEqual({
    readOnly: true,
    destroyProtection: false,
    about: ["warning nas.readOnly", "warning nas.destroyProtection"],
  });
});
