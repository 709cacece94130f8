import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { PROJECT_FOLDER } from "../../../commands/project.ts";

const read = (path: string) => readFileSync(join(PROJECT_FOLDER, path), "utf8");
const tracked = execFileSync("git", ["ls-files", "*.md"], { cwd: PROJECT_FOLDER, encoding: "utf8" });
const pages = tracked.split("\n").filter((path) => path !== "" && existsSync(join(PROJECT_FOLDER, path)));
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

/** Text without fenced blocks and code spans, in which brackets are no links. */
const prose = (text: string) => text.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]*`/g, "");

/** The anchor that a forge makes of a heading. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");

function brokenLinks(page: string): string[] {
  const targets = [...prose(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets.filter((target) => {
    if (/^https?:/.test(target)) return false;
    const [path = "", fragment] = target.split("#");
    const file = path === "" ? page : join(dirname(page), path);
    if (!existsSync(join(PROJECT_FOLDER, file))) return true;
    if (fragment === undefined) return false;
    const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchor(heading));
    return !headings.includes(fragment);
  });
}

test("there are pages to check", () => {
  expect(pages).toEqual(expect.arrayContaining(["README.md", "docs/getting-started.md", "docs/decisions/README.md"]));
});

test.each(pages)("%s: every link inside the repository leads somewhere", (page) => {
  expect(brokenLinks(page)).toEqual([]);
});

test.each(pages)("%s: every npm script that it names exists", (page) => {
  // `npm run preview|up` names several.
  const named = [...read(page).matchAll(/npm run ([\w:|]+)/g)].flatMap(([, names = ""]) => names.split("|"));
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

test("the list of decisions names each of them, in order", () => {
  const numbered = pages.filter((page) => /^docs\/decisions\/\d/.test(page)).map((page) => page.split("/").at(-1));
  const listed = [...read("docs/decisions/README.md").matchAll(/\]\((\d[^)]+)\)/g)].map(([, file]) => file);
  expect(listed).toEqual(numbered.sort());
});

test("a decision has its four parts and fits on a page", () => {
  for (const page of pages.filter((path) => /^docs\/decisions\/\d/.test(path))) {
    const text = read(page);
    const parts = [...text.matchAll(/^## (.+)$/gm)].map(([, part]) => part);
    expect(parts, page).toEqual(["Context", "Decision", "Consequences", "Rejected"]);
    expect(text.split("\n").length, page).toBeLessThanOrEqual(60);
  }
});
