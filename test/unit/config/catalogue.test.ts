import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { catalogue, parseConfig } from "../../../config/index.ts";
import { minimal } from "./stack-file.ts";

test("every file of the catalogue is listed under its own name", () => {
  const files = readdirSync(new URL("../../../config/catalogue", import.meta.url))
    .map((file) => file.replace(/\.ts$/, ""))
    .filter((file) => file !== "index" && file !== "app");
  expect([...catalogue.keys()].sort()).toEqual(files.sort());
});

test("the seven apps of the reference environment are known", () => {
  expect([...catalogue.keys()].sort()).toEqual([
    "audiobookshelf",
    "jellyfin",
    "karakeep",
    "linkding",
    "ollama",
    "postgresql",
    "redis",
  ]);
});

test.each([...catalogue.values()])(
  "$name is complete: it parses with its defaults, and says where its facts come from",
  (app) => {
    const [parsed] = parseConfig(minimal({ apps: { [app.name]: {} } })).apps;
    const expected = Object.entries(app.volumes).filter(([, volume]) => volume.optional !== true);
    expect(parsed?.volumes.map((volume) => volume.name)).toEqual(expected.map(([name]) => name).sort());
    expect(parsed?.volumes.every((volume) => volume.size !== undefined && volume.mount?.startsWith("/"))).toBe(true);
    expect(app.source.url).toMatch(/^https:\/\/\S+$/);
    expect(app.source.found.length).toBeGreaterThan(20);
    expect(app.source.date).toMatch(/^20\d\d-\d\d$/);
    expect(app.runAs.uid).toBeGreaterThan(0);
  },
);
