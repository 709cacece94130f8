import type { ApiVersion } from "./method.ts";
import type { ApiNames } from "./server.ts";

/** Published names, oldest first, with the version whose schemas they stand for. */
const published: readonly (readonly [name: string, version: ApiVersion])[] = [
  ["v25.10.0", "25.10"],
  ["v25.10.1", "25.10"],
  ["v25.10.2", "25.10"],
  ["v25.10.3", "25.10"],
  ["v25.10.4", "25.10"],
  ["v25.10.5", "25.10"],
  ["v26.0.0", "26.0"],
];

const numbers = (release: string): number[] => (release.match(/\d+/g) ?? []).slice(0, 3).map(Number);

const order = (a: string, b: string): number => {
  const x = numbers(a);
  const y = numbers(b);
  for (let i = 0; i < 3; i += 1) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

/**
 * Names of the API versions that a NAS of this release offers. A release whose API is not among the published ones lists its own
 * name besides, and serves it as what it plays.
 */
export function apiNames(version: ApiVersion, release: string): ApiNames {
  const served = new Map<string, ApiVersion>(published.filter(([name]) => order(name, release) <= 0));
  const isKnown = [...served.values()].includes(version) && order(release, version === "26.0" ? "26.1" : "25.11") < 0;
  if (!isKnown) served.set(`v${numbers(release).join(".")}`, version);
  const listed = [...served.keys()];
  return { listed, served: new Map([...served, ["current", version]]) };
}
