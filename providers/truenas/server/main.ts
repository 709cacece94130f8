import { readFileSync } from "node:fs";
import { serve } from "../../base/server.ts";
import { endWithParent } from "./orphan.ts";
import { TrueNasProvider } from "./provider.ts";

// The engine starts the plugin with its own address as the last argument and reads the port from the first line.
const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
  version: string;
};
const engineAddress = process.argv.slice(2).find((argument) => !argument.startsWith("-"));
endWithParent();
const { port } = await serve({
  provider: (log) => new TrueNasProvider(version, log),
  ...(engineAddress === undefined ? {} : { engineAddress }),
});
console.log(port);
