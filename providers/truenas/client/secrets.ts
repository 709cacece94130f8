import { bulkMethod } from "./methods.ts";
import { scrubber } from "./scrub.ts";

const mark = "[secret]";

/**
 * Names of properties whose values are secret: what TrueNAS marks so (x-secret of its API schemas) and what it forgets to
 * mark. Wide on purpose, for a log is better read with a gap than with a password.
 */
const secretName = new RegExp(
  [
    "pass(word|wd|phrase)?s?$|^pass|pw$|monpwd|^pin$",
    "secret|token|private_?key|^key$|_key$|_key_|authkey|privkey|keyhash|hash$|^salt$|_salt$|^stored_key|^server_key",
    "community|oauth|cookie|service_account_credentials|rfc_str|application_credential_id",
  ].join("|"),
  "i",
);
/** Look like names of secrets and are none. */
const plainNames: ReadonlySet<string> = new Set([
  ...["encryption_key_format", "encryption_key_location", "public_key", "api_key_id", "random_key", "generate_key"],
  ...["password_disabled", "password_age", "password_change_required", "passthrough", "has_encrypted_dataset_keys"],
]);
/** Properties of which TrueNAS treats every field as secret, whatever its name. */
const secretWithin: readonly (readonly [namespace: RegExp, property: RegExp])[] = [
  [/^(cloudsync|cloud_backup|rsynctask|replication)/, /^(provider|credentials|ssh_credentials)$/],
  [/^(keychaincredential|alertservice|acme\.dns)/, /^attributes$/],
  [/^app(\.|$)/, /^(values|custom_compose_config|custom_compose_config_string|config)$/],
  [/^system\.general/, /^ui_certificate$/],
];
/** Methods whose whole result, or all of whose parameters, are kept out of the log. */
const hiddenResult =
  /^(api_key\.(create|update)|auth\.login.*|keychaincredential\.(generate_|setup_|remote_ssh_semi).*|user\.renew_2fa_secret|app\.config|tn_connect\..*|core\.download)$/;
const hiddenParams = /^(auth\.(login.*|set_attribute)|user\.set_password)$/;
/** Methods whose result, or parameters, are nothing but secrets. */
const secretResult = /^(auth\.generate_.*|pool\.dataset\.export_keys?(_for_replication)?|nvmet\.host\.generate_key)$/;
const secretParams = /^api_key\.convert_raw_key$/;

/** How a value is treated: shown, hidden, or hidden and remembered. */
type Treatment = "show" | "hide" | "secret";

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** User properties of datasets are given as `{ key, value }`; their names are no secrets. */
const isPair = (value: Readonly<Record<string, unknown>>): boolean => "value" in value || "remove" in value;

/** Everything that this process knows to be secret: the key that it logs in with, and what passes through calls. */
export class Secrets {
  readonly #known: Set<string>;
  #scrubber: ((text: string) => string) | undefined;

  constructor(known: readonly string[]) {
    this.#known = new Set(known);
  }

  /** Replaces each known secret in a text, in every form that it may take. */
  scrub(text: string): string {
    this.#scrubber ??= scrubber([...this.#known]);
    return this.#scrubber(text);
  }

  /** Remembers the secrets among the parameters of a call, so that no error message or log line repeats them. */
  learn(method: string, params: readonly unknown[]): void {
    this.redactParams(method, params);
  }

  /** The parameters of a call without their secrets, which are remembered. */
  redactParams(method: string, params: unknown): unknown {
    const inner = method === bulkMethod && Array.isArray(params) ? String(params[0]) : method;
    return this.#redact(
      params,
      inner,
      secretParams.test(inner) ? "secret" : hiddenParams.test(inner) ? "hide" : "show",
    );
  }

  /** The result of a call without its secrets, which are remembered. */
  redactResult(method: string, result: unknown): unknown {
    return this.#redact(
      result,
      method,
      secretResult.test(method) ? "secret" : hiddenResult.test(method) ? "hide" : "show",
    );
  }

  #redact(value: unknown, method: string, treatment: Treatment): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#redact(item, method, treatment));
    if (isRecord(value)) {
      const pair = isPair(value);
      const entries = Object.entries(value).map(([name, inner]) => {
        const own = pair && name === "key" ? treatment : treatmentOf(name, method, treatment);
        return [name, this.#redact(inner, method, own)];
      });
      return Object.fromEntries(entries);
    }
    if (treatment === "show" || value === null || value === undefined || typeof value === "boolean") return value;
    if (treatment === "secret") this.#remember(value);
    return mark;
  }

  #remember(value: unknown): void {
    // Shorter ones would tear ordinary text apart; what the NAS redacted already is none.
    if (typeof value !== "string" || value.length < 4 || /^\*+$/.test(value) || this.#known.has(value)) return;
    this.#known.add(value);
    this.#scrubber = undefined;
  }
}

function treatmentOf(name: string, method: string, above: Treatment): Treatment {
  if (above === "secret" || (secretName.test(name) && !plainNames.has(name))) return "secret";
  const within = secretWithin.some(([namespace, property]) => namespace.test(method) && property.test(name));
  return within ? "hide" : above;
}
