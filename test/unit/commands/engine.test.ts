import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { archiveName, checksumOf } from "../../../commands/engine/download.ts";
import { withLock } from "../../../commands/engine/lock.ts";
import { ENGINE_VERSION, isAtLeast } from "../../../commands/engine/version.ts";
import { obtainEngine } from "../../../commands/engine.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "homelab-engine-test-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A folder with an executable that answers `version`. */
async function fakeEngine(folder: string, version: string, extra: readonly string[] = []): Promise<string> {
  const path = join(root, folder);
  await mkdir(path, { recursive: true });
  for (const name of ["pulumi", ...extra]) {
    await writeFile(join(path, name), `#!/bin/sh\necho ${version}\n`);
    await chmod(join(path, name), 0o755);
  }
  return path;
}

const refuse = async () => {
  throw new Error("nothing may be made here");
};

function environment(...path: string[]): NodeJS.ProcessEnv {
  return {
    PATH: [...path, "/usr/bin", "/bin"].join(":"),
    HOME: join(root, "home"),
    XDG_CACHE_HOME: join(root, "cache"),
  };
}

describe("version comparison", () => {
  test.each([
    ["v3.250.0", true],
    ["3.250.1", true],
    ["3.251.0", true],
    ["4.0.0", true],
    ["3.250.0+build.7", true],
    ["3.250.0-alpha.1", false],
    ["3.249.9", false],
    ["2.999.0", false],
    ["nonsense", false],
  ])("%s is recent enough: %s", (version, expected) => {
    expect(isAtLeast(version, "3.250.0")).toBe(expected);
  });
});

describe("the order in which an engine is looked for", () => {
  test("one on PATH comes first", async () => {
    const onPath = await fakeEngine("bin", "v3.250.0", ["pulumi-language-nodejs"]);
    await fakeEngine("home/.pulumi/bin", "v3.300.0");
    const engine = await obtainEngine({ env: environment(onPath), make: { build: refuse, download: refuse } });
    expect(engine).toEqual({
      path: join(onPath, "pulumi"),
      version: "3.250.0",
      origin: "on PATH",
      hasLanguageHost: true,
    });
  });

  test("an older one on PATH is skipped with a note, for a newer one further down PATH", async () => {
    const old = await fakeEngine("old", "v3.100.0");
    const recent = await fakeEngine("new", "v3.260.0");
    const notes: string[] = [];
    const engine = await obtainEngine({
      env: environment(old, recent),
      note: (text) => notes.push(text),
      make: { build: refuse, download: refuse },
    });
    expect(engine.path).toBe(join(recent, "pulumi"));
    expect(notes).toEqual([`skipped ${join(old, "pulumi")}: version 3.100.0 is older than ${ENGINE_VERSION}`]);
  });

  test("then the user's Pulumi home, then our cache", async () => {
    await fakeEngine(`cache/homelab-storage/pulumi-${ENGINE_VERSION}`, "v3.250.0");
    const env = environment();
    const make = { build: refuse, download: refuse };
    expect((await obtainEngine({ env, make })).origin).toBe("built from source");
    await fakeEngine("home/.pulumi/bin", "v3.250.0");
    expect((await obtainEngine({ env, make })).origin).toBe("in ~/.pulumi/bin");
  });

  test("a missing one is built when Go is there, and found again the next time", async () => {
    const go = await fakeEngine("go", "go1.26");
    await rm(join(go, "pulumi"));
    await writeFile(join(go, "go"), "#!/bin/sh\n");
    await chmod(join(go, "go"), 0o755);
    const notes: string[] = [];
    let builds = 0;
    const options = {
      env: environment(go),
      note: (text: string) => notes.push(text),
      make: {
        build: async (folder: string) => {
          builds++;
          await fakeEngine(folder.slice(root.length), "v3.250.0");
        },
        download: refuse,
      },
    };
    const [first, second] = await Promise.all([obtainEngine(options), obtainEngine(options)]);
    expect(first).toEqual(second);
    expect(first.hasLanguageHost).toBe(false);
    expect(builds).toBe(1);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain("building 3.250.0 from source");
  });

  test("without Go, or when asked for, the official release is downloaded", async () => {
    const go = await fakeEngine("go", "x");
    await rm(join(go, "pulumi"));
    const download = async (folder: string) => {
      await fakeEngine(folder.slice(root.length), "v3.250.0", ["pulumi-language-nodejs"]);
    };
    const env = { ...environment(), PATH: "/nonexistent" };
    const engine = await obtainEngine({
      env: { ...env, PATH: "/bin" },
      download: true,
      make: { build: refuse, download },
    });
    expect(engine.origin).toBe("downloaded");
    await rm(join(root, "cache"), { recursive: true });
    // Only /bin/sh is needed to run the fake engine; no go is in sight.
    await expect(obtainEngine({ env, make: { build: refuse, download } })).resolves.toMatchObject({
      origin: "downloaded",
    });
  });
});

describe("official release", () => {
  test("the archive is named after the platform", () => {
    expect(archiveName("linux", "x64")).toBe("pulumi-v3.250.0-linux-x64.tar.gz");
    expect(archiveName("darwin", "arm64")).toBe("pulumi-v3.250.0-darwin-arm64.tar.gz");
    expect(archiveName("win32", "x64")).toBe("pulumi-v3.250.0-windows-x64.zip");
    expect(archiveName("freebsd", "x64")).toBeUndefined();
  });

  test("a checksum is read from the published list", () => {
    const hash = "ab".repeat(32);
    const list = `${"00".repeat(32)}  other.tar.gz\n${hash.toUpperCase()}  pulumi.tar.gz\nnothex  third\n`;
    expect(checksumOf(list, "pulumi.tar.gz")).toBe(hash);
    expect(checksumOf(list, "third")).toBeUndefined();
    expect(checksumOf(list, "absent")).toBeUndefined();
  });
});

describe("the lock", () => {
  test("runs one body after the other and disappears", async () => {
    const file = join(root, "lock");
    const order: string[] = [];
    const body = (name: string) => async () => {
      order.push(`${name} in`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push(`${name} out`);
    };
    await Promise.all([withLock(file, { pollMs: 2 }, body("a")), withLock(file, { pollMs: 2 }, body("b"))]);
    expect(order).toEqual(["a in", "a out", "b in", "b out"]);
    await expect(readFile(file)).rejects.toThrow("ENOENT");
  });

  test("a lock of a process that is gone is taken over, one of a living process is reported", async () => {
    const file = join(root, "lock");
    await writeFile(file, "999999999\n");
    await expect(withLock(file, { pollMs: 2 }, async () => "done")).resolves.toBe("done");
    await writeFile(file, `${process.pid}\n`);
    const giveUp = (pid: number) => {
      throw new Error(`held by ${pid}`);
    };
    await expect(withLock(file, { onBusy: giveUp }, async () => "done")).rejects.toThrow(`held by ${process.pid}`);
  });
});
