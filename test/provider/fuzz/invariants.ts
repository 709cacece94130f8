import type { Problem } from "../../../config/index.ts";
import type { StoragePlan } from "../../../plan/index.ts";

/** What breaks a rule of the design in a plan, in words; written against the rules and not with the planner's own helpers. */
export function brokenRules(plan: StoragePlan): string[] {
  return [...openExports(plan), ...clashes(plan), ...misplaced(plan), ...coverage(plan)];
}

/** A range as its family, its bits and how many of them count. */
function bitsOf(range: string): { family: 4 | 6; bits: string; prefix: number } {
  const [address = "", length = ""] = range.split("/");
  if (!address.includes(":")) {
    const bits = address.split(".").map((part) => Number(part).toString(2).padStart(8, "0"));
    return { family: 4, bits: bits.join(""), prefix: Number(length || 32) };
  }
  const [head = "", tail] = address.split("::");
  const words = (text: string) => text.split(":").filter((word) => word !== "");
  const [before, after] = [words(head), words(tail ?? "")];
  const gap = tail === undefined ? [] : Array<string>(8 - before.length - after.length).fill("0");
  const bits = [...before, ...gap, ...after].map((word) => Number.parseInt(word, 16).toString(2).padStart(16, "0"));
  return { family: 6, bits: bits.join(""), prefix: Number(length || 128) };
}

function meet(a: string, b: string): boolean {
  const [one, other] = [bitsOf(a), bitsOf(b)];
  const prefix = Math.min(one.prefix, other.prefix);
  return one.family === other.family && one.bits.slice(0, prefix) === other.bits.slice(0, prefix);
}

function openExports({ exports }: StoragePlan): string[] {
  return exports.flatMap(({ key, networks, hosts }) => {
    const wide = networks.filter((range) => bitsOf(range).prefix < (range.includes(":") ? 7 : 8));
    const everybody = [...networks, ...hosts].length === 0 || hosts.some((host) => /[*?]/.test(host));
    return [
      ...wide.map((range) => `export ${key} is open to ${range}`),
      ...(everybody ? [`export ${key} is open`] : []),
    ];
  });
}

/** TrueNAS refuses two exports of one path whose networks meet. */
function clashes({ exports }: StoragePlan): string[] {
  return exports.flatMap((one, i) =>
    exports
      .slice(i + 1)
      .filter((other) => other.path === one.path)
      .filter((other) => one.networks.some((a) => other.networks.some((b) => meet(a, b))))
      .map((other) => `exports ${one.key} and ${other.key} clash on ${one.path}`),
  );
}

function misplaced({ volumes }: StoragePlan): string[] {
  return volumes
    .filter(({ kind }) => kind === "sqlite" || kind === "unverified")
    .filter(({ tier, nfs, smbShare }) => !["node-local", "longhorn"].includes(tier) || nfs || smbShare)
    .map(({ key, kind, tier }) => `${kind} volume ${key} is on ${tier}`);
}

const within = (name: string, root: string) => name === root || name.startsWith(`${root}/`);

function coverage({ datasets, shares, snapshotTasks }: StoragePlan): string[] {
  const all = [...datasets, ...shares.map((share) => ({ ...share, name: share.dataset }))];
  return all.flatMap(({ name, chain, exemption }) => {
    const chains = new Set(
      snapshotTasks
        .filter((task) => within(name, task.dataset) && !task.exclude.some((excluded) => within(name, excluded)))
        .map((task) => task.chain),
    );
    const wanted = exemption === undefined ? 1 : 0;
    if (chains.size === wanted && (chain === undefined) === (wanted === 0)) return [];
    return [`dataset ${name} is covered by ${[...chains].join(", ") || "nothing"}, not by ${chain ?? "nothing"}`];
  });
}

/** Whether a path leads somewhere in the configuration: to a value, or to a key that is missing from a map. */
export function leadsSomewhere(raw: unknown, path: string): boolean {
  if (path === "") return true;
  if (Array.isArray(raw) && !path.startsWith("[")) return isWords(path);
  if (Array.isArray(raw)) {
    const [whole = "", index = ""] = /^\[(\d+)\]/.exec(path) ?? [];
    return whole !== "" && Number(index) < raw.length && leadsSomewhere(raw[Number(index)], afterStep(path, whole));
  }
  // What is no map has no keys yet; the keys that it should have are named in words of the schema.
  const keys = typeof raw === "object" && raw !== null ? Object.keys(raw) : [];
  const held = keys.filter((key) => path.startsWith(key) && /^($|[.[])/.test(path.slice(key.length)));
  const inside = held.some((key) => leadsSomewhere(Reflect.get(raw as object, key), afterStep(path, key)));
  return inside || (held.length === 0 && isWords(path));
}

const isWords = (path: string) => /^[a-zA-Z][\w-]*(\.[a-zA-Z][\w-]*)*$/.test(path);
const afterStep = (path: string, step: string) => path.slice(step.length).replace(/^\./, "");

/** What is wrong with the way in which problems are told. */
export function badlyTold(raw: unknown, problems: readonly Problem[], secrets: readonly string[]): string[] {
  return problems.flatMap((told) => {
    const { path, value = "", rule, fix } = told;
    const text = [path, value, rule, fix].join("\n");
    return [
      ...(leadsSomewhere(raw, path) ? [] : [`path ${path.slice(0, 200)} leads nowhere`]),
      ...(rule.length > 5 && fix.length > 5 ? [] : [`${path}: no rule or no way out: ${rule} / ${fix}`]),
      ...(/\n\s+at |\[native code\]|\[object |undefined|NaN\b.*NaN/.test(`${rule}\n${fix}`)
        ? [`${path}: ${rule} ${fix}`]
        : []),
      ...(value.length <= 200 ? [] : [`${path}: the value is ${value.length} characters long`]),
      ...secrets.filter((secret) => text.includes(secret)).map((secret) => `${path} shows the secret ${secret}`),
    ];
  });
}
