import { AuthenticationError, type AuthenticationFailure, TooManyCallsError } from "./errors.ts";
import { errno, RpcFault, rpcCode, toError } from "./faults.ts";
import { ScramError, startScram } from "./scram.ts";
import { parseApiKey } from "./settings.ts";

/** Who logs in where. */
export interface LoginAccount {
  readonly host: string;
  readonly username: string;
  readonly apiKey: string;
}

/** Calls a method on the connection that is to be logged in. */
export type RawCall = (method: string, params: readonly unknown[]) => Promise<unknown>;

const explanations: Readonly<Record<string, readonly [AuthenticationFailure, string]>> = {
  AUTH_ERR: [
    "refused",
    "the API key is wrong, was deleted, or belongs to another user. Check nas.username and the secret truenasApiKey.",
  ],
  EXPIRED: [
    "expired",
    "the API key is expired or revoked (the NAS revokes a key for good when it was ever sent unencrypted). Make a new one " +
      "and store it: pulumi config set --secret homelab-storage:truenasApiKey",
  ],
  DENIED: ["denied", "the account may not use the API. Give it a privilege with API access on the NAS."],
  OTP_REQUIRED: ["second-factor", "the NAS asks for a second factor. Use an API key of a service account."],
  REDIRECT: ["redirect", "this is the standby node of a pair. Use the address of the active node or the virtual one."],
};

interface Reply {
  readonly type: string;
  readonly scramType: string;
  readonly message: string;
}

function readReply(result: unknown): Reply {
  const fields = typeof result === "object" && result !== null ? new Map(Object.entries(result)) : new Map();
  const text = (key: string): string => {
    const value: unknown = fields.get(key);
    return typeof value === "string" ? value : "";
  };
  return { type: text("response_type"), scramType: text("scram_type"), message: text("rfc_str") };
}

/** What an unexpected reply to a login means. */
function refusal(account: LoginAccount, reply: Reply): AuthenticationError {
  const [failure, explanation] = explanations[reply.type] ?? [
    "server",
    `it gave an unknown reply "${reply.type.slice(0, 40)}".`,
  ];
  return new AuthenticationError(account.host, account.username, failure, explanation);
}

async function loginWithScram(account: LoginAccount, step: (params: object) => Promise<Reply>): Promise<void> {
  const key = parseApiKey(account.host, account.apiKey);
  const exchange = startScram(account.username, key.id, key.secret);
  const send = async (scramType: string, message: string, expected: string): Promise<string> => {
    const reply = await step({ mechanism: "SCRAM", scram_type: scramType, rfc_str: message });
    if (reply.type !== "SCRAM_RESPONSE" || reply.scramType !== expected) throw refusal(account, reply);
    return reply.message;
  };
  try {
    const serverFirst = await send("CLIENT_FIRST_MESSAGE", exchange.clientFirst, "SERVER_FIRST_RESPONSE");
    const proof = await exchange.prove(serverFirst);
    proof.verify(await send("CLIENT_FINAL_MESSAGE", proof.clientFinal, "SERVER_FINAL_RESPONSE"));
  } catch (error) {
    if (!(error instanceof ScramError)) throw error;
    const explanation = `${error.message}. Something may stand between this machine and the NAS; nothing was changed.`;
    throw new AuthenticationError(account.host, account.username, "server", explanation);
  }
}

async function loginWithKey(account: LoginAccount, step: (params: object) => Promise<Reply>): Promise<void> {
  const reply = await step({ mechanism: "API_KEY_PLAIN", username: account.username, api_key: account.apiKey });
  if (reply.type !== "SUCCESS") throw refusal(account, reply);
}

/**
 * Logs in, with the one way that belongs to the version: there is no downgrade. Throws AuthenticationError, or
 * TooManyCallsError when the NAS refuses for the rate of logins; ConnectionLost passes through.
 */
export async function login(
  call: RawCall,
  account: LoginAccount,
  way: "api-key" | "scram",
  scrub: (text: string) => string,
): Promise<void> {
  const method = "auth.login_ex";
  const step = async (params: object): Promise<Reply> => {
    try {
      return readReply(await call(method, [params]));
    } catch (error) {
      if (!(error instanceof RpcFault)) throw error;
      const limited = error.code === rpcCode.tooManyCalls || error.errno === errno.EBUSY;
      if (limited) throw new TooManyCallsError(account.host, method, scrub(error.reason));
      const told = toError(error, { host: account.host, method, isJob: false, jobId: undefined }, scrub).message;
      throw new AuthenticationError(account.host, account.username, "server", told);
    }
  };
  await (way === "scram" ? loginWithScram(account, step) : loginWithKey(account, step));
}
