import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, YAMLError } from "yaml";
import { Failure } from "./failure.ts";

/** The text of Pulumi.<stack>.yaml; a missing one is answered with the stacks that exist. */
export async function readStackFile(project: string, stack: string): Promise<string> {
  try {
    return await readFile(join(project, stackFileName(stack)), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const known = await stacksOf(project);
    const list = known.length > 0 ? `these exist: ${known.join(", ")}` : "no stack exists here";
    throw new Failure(`there is no stack "${stack}" (${stackFileName(stack)} is missing); ${list}`);
  }
}

export function stackFileName(stack: string): string {
  return `Pulumi.${stack}.yaml`;
}

/** The names of the stacks that have a file in the project's folder. */
export async function stacksOf(project: string): Promise<string[]> {
  const files = await readdir(project);
  return files.flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []).sort();
}

/** What a stack file holds. @throws Failure when it is not valid YAML. */
export function parseStackText(text: string): unknown {
  try {
    return parse(text, { prettyErrors: false, logLevel: "error" });
  } catch (error) {
    throw notYaml(text, error);
  }
}

/** Says where a file stops being YAML, but not what stands there: the parser would quote the line, and a line may hold a secret. */
export function notYaml(text: string, error: unknown): Failure {
  if (!(error instanceof YAMLError))
    return new Failure(
      "the stack file cannot be read as YAML: it is nested too deeply, or its aliases lead nowhere or repeat themselves too often",
    );
  const before = text.slice(0, error.pos[0]).split("\n");
  const what = error.code.toLowerCase().replaceAll("_", " ");
  return new Failure(
    `the stack file is not valid YAML: ${what} at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`,
  );
}
