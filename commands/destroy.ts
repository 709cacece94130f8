import { runCommand } from "./failure.ts";
import { runReal } from "./real.ts";

await runCommand(() => runReal("destroy", process.argv.slice(2)));
