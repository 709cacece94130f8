import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
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
