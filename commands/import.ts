import { runCommand } from "./failure.ts";
import { runReal } from "./real.ts";

await runCommand(() => runReal("import", process.argv.slice(2)));
