import { runCommand } from "./failure.ts";
import { runReal } from "./real.ts";

await runCommand(() => runReal("refresh", process.argv.slice(2)));
