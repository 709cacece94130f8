import { Command } from "commander";
import { renderStorageMap } from "../plan/index.ts";
import { runCommand } from "./failure.ts";
import { PROJECT_FOLDER, PROJECT_NAME } from "./project.ts";
import { readStackConfig } from "./stack-config.ts";
import { readStackFile } from "./stack-file.ts";

const program = new Command("npm run map --")
  .description("Shows where every volume of a stack goes and why. Nothing is contacted.")
  .option("--stack <name>", "stack to show", "homelab");

await runCommand(async () => {
  const { stack } = program.parse().opts<{ stack: string }>();
  const { plan } = readStackConfig(await readStackFile(PROJECT_FOLDER, stack), PROJECT_NAME);
  process.stdout.write(renderStorageMap(plan));
  return 0;
});
