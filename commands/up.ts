import { runCommand } from "./failure.ts";
import { runReal } from "./real.ts";

await runCommand(() => runReal("up", process.argv.slice(2)));
