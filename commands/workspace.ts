import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { Failure } from "./failure.ts";
import { type PulumiOptions, runPulumi } from "./pulumi.ts";
import { stackFileName } from "./stack-file.ts";

/** Where rehearsals keep everything of their own; git ignores it. */
export const REHEARSAL_FOLDER = ".rehearsal";

/** A private corner for the engine: its home, its state, a passphrase and generated stack files. Nothing of the user's is touched. */
export class Workspace {
  readonly directory: string;
  readonly home: string;
  readonly state: string;
  readonly passphraseFile: string;
  /** A stand-in project of the same name: what the engine writes beside Pulumi.yaml lands here instead of in tracked files. */
  readonly project: string;

  constructor(directory: string) {
    this.directory = directory;
    this.home = join(directory, "home");
    this.state = join(directory, "state");
    this.passphraseFile = join(directory, "passphrase");
    this.project = join(directory, "project");
  }

  /** Makes the folders; the state of an earlier rehearsal is forgotten, for the simulated world that it describes is gone. */
  async prepare(projectName: string): Promise<void> {
    for (const folder of [this.state, this.project]) await rm(folder, { recursive: true, force: true });
    for (const folder of [this.home, this.state, this.project]) await mkdir(folder, { recursive: true });
    if (!existsSync(this.passphraseFile))
      await writeFile(this.passphraseFile, randomBytes(24).toString("base64url"), { mode: 0o600 });
    await writeFile(join(this.project, "Pulumi.yaml"), `name: ${projectName}\nruntime: nodejs\n`);
  }

  configFile(stack: string): string {
    return join(this.project, stackFileName(stack));
  }

  /** The environment of every engine run in this workspace: settings of the user's own Pulumi do not reach it. */
  environment(base: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
    const own = Object.entries(base).filter(([name]) => !name.startsWith("PULUMI_") && name !== "KUBECONFIG");
    return {
      ...Object.fromEntries(own),
      // Plugins that are scripts must find the same Node.js as this process runs on.
      PATH: [dirname(process.execPath), base["PATH"] ?? ""].join(delimiter),
      PULUMI_HOME: this.home,
      PULUMI_BACKEND_URL: `file://${this.state}`,
      PULUMI_CONFIG_PASSPHRASE_FILE: this.passphraseFile,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
    };
  }

  /** Creates a stack whose configuration is `text` plus `secrets` (full keys to values, encrypted with the passphrase). */
  async createStack(
    stack: string,
    text: string,
    secrets: Readonly<Record<string, string>>,
    options: Omit<PulumiOptions, "cwd" | "input">,
  ): Promise<void> {
    const here = { ...options, cwd: this.project };
    await succeed(runPulumi(["stack", "init", stack, "--secrets-provider", "passphrase"], here), "create the stack");
    const file = this.configFile(stack);
    const salt = await readFile(file, "utf8");
    await writeFile(file, `${salt.trimEnd()}\n${text}`);
    for (const [key, value] of Object.entries(secrets))
      await succeed(
        runPulumi(["config", "set", "--secret", key, "--stack", stack], { ...here, input: value }),
        `store the secret ${key}`,
      );
  }
}

async function succeed(run: ReturnType<typeof runPulumi>, what: string): Promise<void> {
  const { code, stderr } = await run;
  if (code !== 0) throw new Failure(`the engine could not ${what}: ${stderr.trim()}`);
}
