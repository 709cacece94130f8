import { onTestFinished, test } from "vitest";
import { TrueNasClient } from "../../../providers/truenas/client/client.ts";
import { UnreachableError } from "../../../providers/truenas/client/errors.ts";
import type { Timing } from "../../../providers/truenas/client/settings.ts";
import { type NasOptions, type SimulatedNas, startNas } from "../../../simulator/nas/start.ts";
import { quick, rejection } from "./fixture.ts";

/** A simulated NAS and a client for it; both end with the test. */
async function connected(
  options: NasOptions = {},
  timing: Partial<Timing> = {},
): Promise<{ nas: SimulatedNas; client: TrueNasClient; lines: string[] }> {
  const nas = await startNas({ scramIterations: 50_000, penaltyMs: 1, bootMs: 5, ...options });
  const lines: string[] = [];
  const { endpoint, username, apiKey, fingerprint } = nas;
  const settings = { endpoint, username, apiKey, fingerprint, log: (line: string) => void lines.push(line) };
  const client = new TrueNasClient(settings, { ...quick, ...timing });
  onTestFinished(async () => {
    await client.close();
    await nas.stop();
  });
  return { nas, client, lines };
}

test("a NAS that accepts the connection and never tells its versions is unreachable, not waited for", async ({
  expect,
}) => {
  const silent = { on: { method: "GET /api/versions", times: 99 }, do: { kind: "silent", ran: false } } as const;
  const { client } = await connected({ faults: [silent] }, { connect: 60, firstConnection: 100 });
  const { message } = await rejection(client.version(), UnreachableError);
  expect(message).toContain("it does not answer within 0.06 s");
});
