import { z } from "zod";
import { appSettings, settingNames, volume } from "./apps.ts";
import { type CatalogueApp, catalogue } from "./catalogue/index.ts";
import { nearest, unknownKey } from "./issues.ts";
import { isBadName, isMap, sorted } from "./map.ts";
import { name } from "./names.ts";
import { type Problem, problem, soundsSecret } from "./problem.ts";
import { refusedKeys } from "./refused-keys.ts";
import { salvage } from "./salvage.ts";

const settings = z.strictObject(appSettings);

/** An app as it was written, with what the catalogue adds. */
export interface ReadApp {
  readonly name: string;
  readonly settings: z.output<typeof settings>;
  readonly known: CatalogueApp | undefined;
  readonly volumes: readonly ReadVolume[];
}

export type ReadVolume = { readonly name: string } & z.output<typeof volume>;

/** Reads `apps`: every app and every volume by itself. */
export function readApps(value: unknown, problems: Problem[]): ReadApp[] {
  if (value === undefined || value === null) return [];
  if (!isMap(value)) {
    problems.push(
      problem("apps", value, "The value must be a map of names.", "Write for example apps: { linkding: {} }."),
    );
    return [];
  }
  return sorted(value).flatMap(([app, inner]) => {
    if (isBadName(name, ["apps", app], problems)) return [];
    if (inner !== null && !isMap(inner)) {
      problems.push(
        problem(`apps.${app}`, inner, "An app is a map of volumes and settings.", "Write {} for a known app."),
      );
      return [];
    }
    return [readApp(app, inner ?? {}, problems)];
  });
}

function readApp(app: string, written: Readonly<Record<string, unknown>>, problems: Problem[]): ReadApp {
  const known = catalogue.get(app);
  const path = ["apps", app];
  const own = Object.fromEntries(Object.entries(written).filter(([key]) => settingNames.includes(key)));
  const volumes: ReadVolume[] = [];
  for (const [key, value] of sorted(written)) {
    if (settingNames.includes(key) || value === false) continue;
    if (isMisspeltSetting(key, value, known)) {
      problems.push(unknownKey([...path, key], value, { properties: appSettingsNode }));
    } else if (!isBadName(name, [...path, key], problems)) {
      const parsed = salvage(volume, value ?? {}, [...path, key], problems);
      if (parsed !== undefined) volumes.push({ name: key, ...parsed });
    }
  }
  for (const [key, { optional }] of Object.entries(known?.volumes ?? {})) {
    if (optional !== true && !Object.hasOwn(written, key)) volumes.push({ name: key });
  }
  if (known === undefined && volumes.length === 0 && !Object.values(written).some(isMap)) {
    problems.push(unknownApp(app, written));
  }
  return {
    name: app,
    settings: salvage(settings, own, path, problems) ?? {},
    known,
    volumes: volumes.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

const appSettingsNode = Object.fromEntries(settingNames.map((key) => [key, {}]));

/** A word that is no volume and looks like a setting: `runas`, `snapshot`, or a key that is refused on purpose. */
function isMisspeltSetting(key: string, value: unknown, known: CatalogueApp | undefined): boolean {
  if (known && Object.hasOwn(known.volumes, key)) return false;
  if (refusedKeys.has(key) || (soundsSecret(key) && !isMap(value))) return true;
  const hasVolumeKey =
    isMap(value) && Object.keys(value).some((inner) => Object.hasOwn(volume.shape, inner) && inner !== "group");
  return nearest(key, settingNames) !== undefined && !hasVolumeKey;
}

function unknownApp(app: string, written: unknown): Problem {
  const guess = nearest(app, [...catalogue.keys()]);
  return problem(
    `apps.${app}`,
    written,
    "An app has at least one volume, unless the catalogue knows it.",
    guess === undefined
      ? `Give it a volume, such as data: { kind: config, size: 1Gi, mount: /data }; known apps: ${[...catalogue.keys()].join(", ")}.`
      : `Did you mean ${guess}? Otherwise give it a volume, such as data: { kind: config, size: 1Gi, mount: /data }.`,
  );
}
