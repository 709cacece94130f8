import { z } from "zod";
import { field } from "./field.ts";
import { datasetPath, name, nodeName } from "./names.ts";
import { address, endpoint, host, network } from "./network.ts";

const poolRule = "A pool name starts with a letter and has letters, digits, hyphens, underscores and dots.";
const fingerprintRule = "A fingerprint is the SHA-256 of the certificate: 32 bytes in hexadecimal, joined by colons.";
const pemRule = "A CA is one or more PEM certificates, including the BEGIN and END lines.";

export const securityFlavours = ["SYS", "KRB5", "KRB5I", "KRB5P"] as const;

const clients = z.array(network).min(1);

/** CIDR ranges that may mount an export. */
export function clientsField(description: string, fallback: string) {
  return field(clients, { description, fallback, example: ["10.10.10.0/24"] });
}

/** Security flavours of NFS. */
export function securityField(description: string, fallback?: string) {
  const info = { description, example: ["SYS"] };
  return field(z.array(z.enum(securityFlavours)).min(1), fallback === undefined ? info : { ...info, fallback });
}

const tls = z
  .strictObject({
    ca: field(z.string(pemRule).regex(/-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/, pemRule), {
      description: "Certificate authority that signed the NAS's certificate, as PEM text.",
    }).optional(),
    fingerprint: field(z.string(fingerprintRule).regex(/^([0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$/, fingerprintRule), {
      description: "SHA-256 fingerprint of the NAS's own certificate, for a self-signed one.",
    }).optional(),
  })
  .refine((value) => value.ca === undefined || value.fingerprint === undefined, {
    error: "A certificate is trusted by its CA or by its fingerprint, not by both.",
    params: { fix: "Keep the one that you check when the certificate is renewed, and remove the other." },
  });

const link = z.strictObject({
  name: field(name, { description: "Name of the link.", example: "direct-media" }),
  address: field(address, { description: "Address of the NAS on this link.", example: "10.10.20.20" }),
  speedGbps: field(z.number().positive().max(800), {
    description: "Speed of the link at the NAS.",
    unit: "Gbit/s",
    fallback: "unknown",
    example: 5,
  }).optional(),
  nodes: field(z.array(nodeName).min(1), {
    description: "Nodes on a direct cable. They reach the NAS at this address.",
    fallback: "every node (the ordinary network)",
    example: ["mainkube"],
  }).optional(),
});

const nfs = z.strictObject({
  servers: field(z.int().min(1).max(256), {
    description: "Server threads of the NFS service.",
    unit: "threads",
    fallback: "chosen by the NAS",
    example: 8,
  }).optional(),
  bindAddresses: field(z.array(address), {
    description: "Addresses of the NAS that the NFS service listens on.",
    fallback: "all",
    example: ["10.10.10.20"],
  }).default([]),
  protocols: field(z.array(z.enum(["NFSV3", "NFSV4"])).min(1), {
    description: "Protocol versions offered. Volumes of this design are mounted with NFS 4.1.",
    example: ["NFSV4"],
  }).default(["NFSV4"]),
  domain: field(host, {
    description: "NFSv4 id mapping domain.",
    fallback: "left to the NAS",
    example: "home.arpa",
  }).optional(),
  security: securityField("Security flavour of every export. Kerberos needs a realm and keytab on the NAS.").default([
    "SYS",
  ]),
});

/** The NAS. */
export const nas = z.strictObject({
  host: field(host, {
    description: "Identity of the NAS, as Kubernetes manifests name it.",
    example: "10.10.10.20",
  }),
  endpoint: field(endpoint, {
    description: "Where its API is reached, as host[:port].",
    fallback: "host, port 443",
    example: "10.10.10.20:443",
  }).optional(),
  pool: field(z.string(poolRule).regex(/^[A-Za-z][-_.A-Za-z0-9]*$/, poolRule), {
    description: "The pool that holds everything. It must exist.",
    example: "big",
  }),
  appsDataset: field(datasetPath, {
    description: "Dataset below the pool in which every app gets its own.",
    example: "k8s-apps",
  }).default("k8s-apps"),
  username: field(z.string().min(1), {
    description: "User of the NAS that the API key belongs to. The key itself is the secret `truenasApiKey`.",
    example: "truenas_admin",
  }).default("truenas_admin"),
  tls: field(tls, {
    description: "How the NAS's certificate is trusted: by its CA or by its fingerprint.",
    fallback: "the authorities that the system trusts",
  }).optional(),
  readOnly: field(z.boolean(), {
    description: "Whether nothing that changes the NAS is sent to it: preview and refresh work, up fails.",
    example: true,
  }).default(false),
  destroyProtection: field(z.boolean(), {
    description:
      "Whether nothing is sent that takes away data, snapshots, encryption keys, or the last backup task of a dataset. Switch it off for one `up` where that is meant.",
    example: false,
  }).default(true),
  clients: clientsField(
    "Networks that may mount exports.",
    "the addresses of the nodes with the role kubernetes, one by one",
  ).optional(),
  nfs: field(nfs, { description: "Settings of the NFS service." }).prefault({}),
  links: field(z.array(link), {
    description: "Network links of the NAS; a direct cable to a node is one more link.",
    fallback: "one, at host",
    example: [{ name: "lan", address: "10.10.10.20", speedGbps: 5 }],
  }).default([]),
});
