import { type Document, isMap, isScalar, parseDocument, type YAMLMap } from "yaml";
import { notYaml } from "./stack-file.ts";

/** What differs between a stack and the same stack on the simulated homelab; secrets are set apart, by the engine. */
export interface SandboxOverlay {
  /** `host:port` of the simulated NAS. */
  readonly endpoint: string;
  /** SHA-256 of its certificate. */
  readonly fingerprint: string;
  readonly username: string;
}

export interface SandboxStack {
  /** The stack file for the sandbox. */
  readonly text: string;
  /** Paths of encrypted values of the original, which are left out and never decrypted. */
  readonly dropped: readonly string[];
}

const PROJECT = "homelab-storage";
/** Settings of a stack file that belong to the original's encryption or to a service outside. */
const FOREIGN = ["encryptionsalt", "encryptedkey", "secretsprovider", "environment"];

/**
 * Points a stack file at the simulated homelab: marks it as sandbox, sets where and how the NAS is reached, drops encrypted values.
 * Everything else stays as it was written, so that the rehearsal deploys exactly what the real environment would.
 */
export function overlayStack(text: string, overlay: SandboxOverlay): SandboxStack {
  // Scalars stay text: YAML readers disagree about what `0770` or `on` means, and that is not ours to decide.
  const document = parseDocument(text, { schema: "failsafe", prettyErrors: false });
  const [flaw] = document.errors;
  if (flaw !== undefined) throw notYaml(text, flaw);
  if (!isMap(document.contents)) document.contents = document.createNode({}) as never;
  for (const key of FOREIGN) document.delete(key);
  if (!isMap(document.get("config"))) document.set("config", document.createNode({}));
  const config = document.get("config") as YAMLMap;
  const dropped = dropSecure(config, "config");

  if (!isMap(config.get(`${PROJECT}:nas`))) config.set(`${PROJECT}:nas`, document.createNode({}));
  const { endpoint, fingerprint, username } = overlay;
  document.setIn(["config", `${PROJECT}:sandbox`], "true");
  document.setIn(["config", `${PROJECT}:nas`, "endpoint"], endpoint);
  document.setIn(["config", `${PROJECT}:nas`, "tls"], document.createNode({ fingerprint }));
  document.setIn(["config", `${PROJECT}:nas`, "username"], username);
  return { text: textOf(document, text), dropped };
}

function textOf(document: Document.Parsed, original: string): string {
  try {
    return String(document);
  } catch (error) {
    throw notYaml(original, error);
  }
}

/** Removes every `{secure: ...}`, at any depth, and names where it stood. */
function dropSecure(map: YAMLMap, path: string): string[] {
  const dropped: string[] = [];
  for (const pair of [...map.items]) {
    const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
    const inner = `${path}.${key}`;
    if (!isMap(pair.value)) continue;
    if (pair.value.items.length === 1 && pair.value.has("secure")) {
      map.delete(pair.key);
      dropped.push(inner);
    } else dropped.push(...dropSecure(pair.value, inner));
  }
  return dropped;
}
