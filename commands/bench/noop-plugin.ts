import { serve } from "../../providers/base/server.ts";
import { NoopProvider } from "./noop-provider.ts";

// A process of its own, as the real provider is: what it does must not slow down the one that measures.
const complete = process.argv.includes("--complete");
const { port } = await serve({ provider: () => new NoopProvider(complete) });
process.stdout.write(`${port}\n`);
// Its input ends when the process that measures does, however that happens.
process.stdin.on("end", () => process.exit()).resume();
