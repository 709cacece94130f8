import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../../", import.meta.url);

/** Every module that a folder's files import, with the file. */
function importsOf(folder: string): [string, string][] {
  const files = readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  return files.flatMap((file) => {
    const text = readFileSync(new URL(`${folder}/${file}`, root), "utf8");
    return [...text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map(([, module]): [string, string] => [
      file,
      module ?? "",
    ]);
  });
}

test.each([
  [
    "config",
    ["zod", "ipaddr.js", "fastest-levenshtein"],
    /^\.\.?\/(?!.*\.\.\/(?:plan|stacks|components|providers|commands|simulator))/,
  ],
  ["plan", [], /^(\.\/|\.\.\/config\/)/],
] as const)("%s/ is pure: no Pulumi, no input or output, nothing from above", (folder, packages, own) => {
  const strangers = importsOf(folder).filter(
    ([, module]) => !own.test(module) && !packages.some((name) => name === module),
  );
  expect(strangers).toEqual([]);
  expect(importsOf(folder).length).toBeGreaterThan(20);
});
