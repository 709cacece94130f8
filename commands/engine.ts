import { homedir } from "node:os";
import { join } from "node:path";
import { buildEngine, hasGo } from "./engine/build.ts";
import { downloadEngine } from "./engine/download.ts";
import { type Engine, engineIn, foldersOnPath } from "./engine/find.ts";
import { withLock } from "./engine/lock.ts";
import { ENGINE_VERSION } from "./engine/version.ts";

export type { Engine } from "./engine/find.ts";

export interface EngineOptions {
  /** Prefer the official download to an own build when no engine is installed. Default: only when Go is missing too. */
  readonly download?: boolean;
  /** What happens now; called often. */
  readonly progress?: (text: string) => void;
  /** What a user should know, once: an engine that was skipped, a build that starts. */
  readonly note?: (text: string) => void;
  /** The environment that decides: PATH, HOME, XDG_CACHE_HOME. Default: this process's. */
  readonly env?: NodeJS.ProcessEnv;
  /** How an engine is made; replaceable for tests. */
  readonly make?: { readonly build: Maker; readonly download: Maker };
}

type Maker = (folder: string, progress: (text: string) => void) => Promise<void>;

/**
 * Obtains a Pulumi engine of at least `ENGINE_VERSION`: one on PATH, one under ~/.pulumi, one in our cache, and otherwise one that is
 * built from source or downloaded into that cache. Never installs anything into the user's Pulumi home.
 *
 * @throws Failure when there is none and none can be made; the message says what is missing and what to do.
 */
export async function obtainEngine(options: EngineOptions = {}): Promise<Engine> {
  const env = options.env ?? process.env;
  const path = env["PATH"] ?? "";
  const note = options.note ?? (() => {});
  const progress = options.progress ?? (() => {});
  const make = options.make ?? { build: buildEngine, download: downloadEngine };
  const home = env["HOME"] ?? homedir();

  for (const folder of await foldersOnPath("pulumi", path)) {
    const engine = await engineIn(folder, "on PATH", path, note);
    if (engine !== undefined) return engine;
  }
  const installed = await engineIn(join(home, ".pulumi", "bin"), "in ~/.pulumi/bin", path, note);
  if (installed !== undefined) return installed;

  const cache = join(env["XDG_CACHE_HOME"] ?? join(home, ".cache"), "homelab-storage");
  const built = { folder: join(cache, `pulumi-${ENGINE_VERSION}`), origin: "built from source" };
  const official = { folder: join(cache, `pulumi-${ENGINE_VERSION}-official`), origin: "downloaded" };
  const cached = async ({ folder, origin }: typeof built) => engineIn(folder, origin, path, note);
  const known = options.download ? await cached(official) : ((await cached(official)) ?? (await cached(built)));
  if (known !== undefined) return known;

  const download = options.download === true || !(await hasGo(path));
  const target = download ? official : built;
  return withLock(
    `${target.folder}.lock`,
    { onBusy: (pid) => progress(`waiting for process ${pid}, which is obtaining the engine`) },
    async () => {
      // Another run may have made it while this one waited for the lock.
      const meanwhile = await cached(target);
      if (meanwhile !== undefined) return meanwhile;
      note(
        download
          ? `no Pulumi engine found: downloading ${ENGINE_VERSION} into ${target.folder}`
          : `no Pulumi engine found: building ${ENGINE_VERSION} from source into ${target.folder} (once, a few minutes)`,
      );
      await (download ? make.download : make.build)(target.folder, progress);
      const engine = await cached(target);
      if (engine === undefined) throw new Error(`the engine in ${target.folder} does not run`);
      return engine;
    },
  );
}
