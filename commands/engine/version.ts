/** The Pulumi release that the program is made for; the SDK in package.json has the same number. */
export const ENGINE_VERSION = "3.250.0";

/** Whether `version` ("v3.251.0", "3.251.0-alpha.1") is at least `floor` ("3.250.0"); a pre-release comes before its release. */
export function isAtLeast(version: string, floor: string): boolean {
  const match = /^v?(\d+)\.(\d+)\.(\d+)(-[^+]*)?/.exec(version.trim());
  if (match === null) return false;
  const wanted = floor.split(".").map(Number);
  for (const [index, part] of wanted.entries()) {
    const actual = Number(match[index + 1]);
    if (actual !== part) return actual > part;
  }
  return match[4] === undefined;
}
