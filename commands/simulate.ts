import { Command, InvalidArgumentError, Option } from "commander";
import type { ApiVersion } from "../simulator/nas/method.ts";
import { type NasOptions, startNas } from "../simulator/nas/start.ts";

const units: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40, P: 2 ** 50 };

/** Bytes of a size such as `500G` or `10TiB`; units are powers of 1024. */
function bytes(text: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*(?:([KMGTP])(?:i?B)?)?$/i.exec(text) ?? [];
  const factor = units[unit.toUpperCase()];
  if (number === undefined || factor === undefined || Number(number) === 0) {
    throw new InvalidArgumentError(`"${text}" is no size. Write a number and a unit, for example 500G or 10T.`);
  }
  return Math.round(Number(number) * factor);
}

type Pool = NonNullable<NasOptions["pools"]>[number];

function pool(text: string, before: readonly Pool[] | undefined): Pool[] {
  const [name = "", size, ...rest] = text.split(":");
  if (!/^[a-z][a-z0-9_.-]*$/i.test(name) || size === undefined || rest.length > 0) {
    throw new InvalidArgumentError(`"${text}" is no pool. Write its name and size, for example big:10T.`);
  }
  return [...(before ?? []), { name, size: bytes(size) }];
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`"${text}" is outside ${least} to ${most}.`);
    }
    return value;
  };
}

const collect = (text: string, before: readonly string[] = []): string[] => [...before, text];

interface Flags {
  readonly version: ApiVersion;
  readonly port: number;
  readonly insecurePort?: number;
  readonly pool?: Pool[];
  readonly dataset?: string[];
  readonly name?: string[];
  readonly address?: string[];
  readonly latency: number;
  readonly json?: boolean;
}

const program = new Command("simulate")
  .description(
    "Starts one simulated TrueNAS on 127.0.0.1 and runs it until it is interrupted. Its address and credentials go to standard output as " +
      "one JSON object; any client may use it at wss://ADDRESS/api/current once it trusts the certificate.",
  )
  .addOption(new Option("--version <version>", "API version that it speaks").choices(["25.10", "26.0"]).default("26.0"))
  .option("--port <number>", "port for HTTPS; 0 takes any that is free", whole(0, 65_535), 0)
  .option("--insecure-port <number>", "port for plain HTTP besides; keys sent over it are revoked", whole(0, 65_535))
  .option("--pool <name:size>", "pool, for example big:10T; may be repeated (default: tank:10T)", pool)
  .option("--dataset <name>", "file system that exists already, with its ancestors; may be repeated", collect)
  .option(
    "--name <name>",
    "name or address of its certificate besides 127.0.0.1 and localhost; may be repeated",
    collect,
  )
  .option(
    "--address <address>",
    "address of its own that services may bind to; may be repeated (default: 127.0.0.1)",
    collect,
    [],
  )
  .option("--latency <ms>", "milliseconds added to each answer", whole(0, 60_000), 0)
  .option("--json", "print the JSON object on one line")
  .helpOption("--help", "show this text");

program.parse();
const flags = program.opts<Flags>();
const nas = await startNas({
  version: flags.version,
  port: flags.port,
  ...(flags.insecurePort === undefined ? {} : { insecurePort: flags.insecurePort }),
  ...(flags.pool ? { pools: flags.pool } : {}),
  datasets: flags.dataset ?? [],
  certificateNames: flags.name ?? [],
  ...(flags.address ? { addresses: flags.address } : {}),
  latency: flags.latency,
}).catch((error: unknown) => program.error(`simulate: ${error instanceof Error ? error.message : String(error)}`));
const facts = {
  address: nas.endpoint,
  url: `wss://${nas.endpoint}/api/current`,
  ...(nas.insecureEndpoint === undefined ? {} : { insecureUrl: `ws://${nas.insecureEndpoint}/api/current` }),
  certificate: nas.certificate,
  fingerprint: nas.fingerprint,
  username: nas.username,
  apiKey: nas.apiKey,
  password: nas.password,
  version: nas.version,
};
process.stdout.write(`${JSON.stringify(facts, null, flags.json ? 0 : 2)}\n`);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    void nas.stop().then(() => process.exit(0));
  });
}
