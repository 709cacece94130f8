/** A key that only ever exists encrypted (`pulumi config set --secret`), and is read apart from the plain configuration. */
export interface SecretKey {
  readonly key: string;
  readonly description: string;
}

export const secrets: readonly SecretKey[] = [
  { key: "truenasApiKey", description: "API key of the user `nas.username` on the NAS." },
  { key: "kubeconfig", description: "Kubeconfig of the cluster, as YAML text." },
];

/** Names of the secret keys, without the namespace. */
export const secretKeys: readonly string[] = secrets.map(({ key }) => key);
