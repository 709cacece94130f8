import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { definitions } from "../../../providers/truenas/resources/index.ts";
import { renderReference } from "../../../providers/truenas/server/reference.ts";
import { resourceNotes } from "../../../providers/truenas/server/reference-notes.ts";

const file = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const names = definitions.map(({ type }) => type.split(":").at(-1) ?? type);

test("providers/truenas/README.md is what the definitions render (npm run generate)", () => {
  expect(file("providers/truenas/README.md")).toBe(renderReference());
});

test("every resource has its notes, and there are no others", () => {
  expect(Object.keys(resourceNotes).sort()).toEqual([...names].sort());
});

const reference = "../shared/truenas-api";
const present = existsSync(reference);
if (!present && process.env["CI"]) throw new Error("the reference is missing, and CI needs it");
if (!present) process.stdout.write("SKIPPED: no reference\n");

interface Api {
  readonly methods: Readonly<Record<string, { readonly roles: readonly string[] }>>;
  readonly role_definitions: Readonly<Record<string, { readonly includes: readonly string[] }>>;
}

describe.skipIf(!present)("the documented roles suffice on each version of TrueNAS, and all are needed on one", () => {
  const apis = () =>
    ["25.10", "26.0"].map(
      (version) => JSON.parse(readFileSync(`${reference}/truenas-api-${version}.json`, "utf8")) as Api,
    );

  test.each(names)("%s", (name) => {
    const loaded = apis();
    const refused = (roles: readonly string[], source: string) =>
      loaded.flatMap(({ methods, role_definitions }) => {
        const granted = new Set(roles.flatMap((role) => [role, ...(role_definitions[role]?.includes ?? [])]));
        return methodsIn(source, methods).filter((method) => {
          const allowed = methods[method]?.roles ?? [];
          return allowed.length > 0 && !allowed.some((role) => granted.has(role));
        });
      });
    const { roles, rolesToDestroy = [] } = resourceNotes[name] ?? { roles: [] };
    const everyday = sourceOf(name, false);
    expect(refused(roles, everyday)).toEqual([]);
    for (const role of roles) expect(refused(without(roles, role), everyday), role).not.toEqual([]);
    const whole = sourceOf(name, true);
    const both = [...roles, ...rolesToDestroy];
    expect(refused(both, whole)).toEqual([]);
    for (const role of rolesToDestroy) expect(refused(without(both, role), whole), role).not.toEqual([]);
  });
});

const without = (roles: readonly string[], role: string) => roles.filter((other) => other !== role);

function methodsIn(source: string, methods: Api["methods"]): string[] {
  const quoted = [...source.matchAll(/"([a-z_]+(?:\.[a-z_]+)+)"/g)].map(([, method = ""]) => method);
  return quoted.filter((method) => method in methods);
}

/** The file of a resource and what it uses beside it, where its calls stand, and what the client asks on their way. */
function sourceOf(name: string, destroying: boolean): string {
  const texts = new Map<string, string>();
  const collect = (module: string) => {
    if (texts.has(module)) return;
    const text = file(`providers/truenas/resources/${module}.ts`);
    texts.set(module, text);
    for (const [, imported = ""] of text.matchAll(/from "\.\/([\w-]+)\.ts"/g))
      if (destroying || !imported.endsWith("-destroy")) collect(imported);
  };
  collect(name.replace(/[a-z][A-Z]/g, ([a, b]) => `${a}-${b}`).toLowerCase());
  const source = [...texts.values()].join("\n");
  // Whether other tasks cover the datasets of this one.
  return /"pool\.snapshottask\.(update|delete)"/.test(source) ? `${source}\n"pool.dataset.query"` : source;
}
