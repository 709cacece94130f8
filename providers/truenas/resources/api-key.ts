import { z } from "zod";
import { ProviderError } from "../../base/errors.ts";
import type { PropertyValue } from "../../base/values.ts";
import { sdkResource } from "../sdk.ts";
import type { ResourceContext } from "./context.ts";
import { defineResource, type Made, sameBy } from "./definition.ts";
import { accountName } from "./names.ts";
import { byIdOrName, deleteById } from "./rows.ts";

const inputs = z.object({
  name: z.string().min(1).max(200).describe("Name of the key; the NAS has each name once."),
  username: accountName.describe("Account that the key acts as. It needs a privilege. Cannot change."),
  expiresAt: z.iso
    .datetime({ offset: true, error: "must be a time such as 2027-01-31T00:00:00Z" })
    .optional()
    .describe("When the key stops working. Left out: never."),
  rotate: z
    .string()
    .min(1)
    .optional()
    .describe("Any text, such as a date. A new one issues a new key under the same name; the old key stops at once."),
});

interface KeyRow {
  readonly id: number;
  readonly name: string;
  readonly username: string | null;
  readonly expires_at: Date | null;
  readonly revoked: boolean;
}

/** The answer of a creation and of a reissue; nothing else ever tells the key. */
interface KeyRowWithKey extends KeyRow {
  readonly key: string;
}

const time = (value: PropertyValue | undefined) => (typeof value === "string" ? Date.parse(value) : undefined);
const sent = (expiresAt: string | undefined) => (expiresAt === undefined ? null : new Date(expiresAt));

export const apiKey = defineResource({
  type: "truenas:index:ApiKey",
  description:
    "A key with which a program acts as an account of the NAS. Its text is told once, at creation and when it is rotated, " +
    "and is kept encrypted in the state. An imported key works on, but its text is unknown until `rotate` issues another.",
  inputs,
  outputs: z.object({
    key: z.string().optional().describe("The text of the key; a secret. Absent after an import, until it is rotated."),
    revoked: z.boolean().describe("Whether the NAS has made it useless, as after its use without encryption."),
  }),
  traits: {
    username: {
      fixed:
        "a key belongs to one account. Write the old name again, or add a second ApiKey for the other account and then remove this one",
    },
    expiresAt: { whenRemoved: null, same: (wanted, actual) => time(wanted) === time(actual) },
    rotate: { unreadable: true },
  },
  outputTraits: { key: { secret: true, once: true } },
  deletion: "Removes the key; what uses it stops working at once.",
  lifecycle: {
    read: async (context, id) => {
      const row = byIdOrName(await all(context), id, ({ name }) => name);
      if (!row) return undefined;
      const { name, username, expires_at, revoked } = row;
      const expiry = expires_at ? { expiresAt: expires_at.toISOString() } : {};
      return {
        id: String(row.id),
        inputs: { name, ...(username === null ? {} : { username }), ...expiry },
        explicit: ["name", "username", "expiresAt"],
        outputs: { revoked },
      };
    },

    isSame: sameBy("name"),

    locate: async (context, wanted) => {
      const row = (await all(context)).find(({ name }) => name === wanted.name);
      if (!row) return undefined;
      const asWanted = row.username === wanted.username;
      const description = `API key ${row.id} "${row.name}" of ${row.username ?? "a removed account"}`;
      return { id: String(row.id), ours: false, asWanted, description };
    },

    create: async (context, { name, username, expiresAt }) => {
      const request = { name, username, expires_at: sent(expiresAt) };
      const row = await context.nas.call<KeyRowWithKey>("api_key.create", [request], { signal: context.signal });
      return made(row);
    },

    // The key exists, but the answer that told it is lost.
    recover: (context, id) => reissue(context, Number(id), {}),

    update: async (context, { live, changed, inputs: wanted }) => {
      const name = changed.has("name") ? { name: wanted.name } : {};
      const expiry = changed.has("expiresAt") ? { expires_at: sent(wanted.expiresAt) } : {};
      const request = { ...name, ...expiry };
      if (changed.has("rotate")) return (await reissue(context, Number(live.id), request)).outputs;
      await context.nas.call("api_key.update", [Number(live.id), request], { signal: context.signal });
      return undefined;
    },

    delete: (context, id) => deleteById(context, "api_key.delete", Number(id)),
  },
});

const made = ({ id, key }: KeyRowWithKey): Made => ({ id: String(id), outputs: { key } });

async function reissue(context: ResourceContext, id: number, request: object): Promise<Made> {
  const params = [id, { ...request, reset: true }];
  const row = await context.nas.call<Partial<KeyRowWithKey> & KeyRow>("api_key.update", params, {
    signal: context.signal,
  });
  if (row.key !== undefined) return made({ ...row, key: row.key });
  throw new ProviderError("UNKNOWN", `the NAS did not tell the new text of API key ${id}; change rotate and run again`);
}

const all = async ({ nas }: ResourceContext) =>
  (await nas.collection("api_key.query").all()) as unknown as readonly KeyRow[];

/** A key with which a program acts as an account of the NAS. */
export class ApiKey extends sdkResource(apiKey) {}
