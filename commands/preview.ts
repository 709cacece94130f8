import { runCommand } from "./failure.ts";
import { runReal } from "./real.ts";

await runCommand(() => runReal("preview", process.argv.slice(2)));
