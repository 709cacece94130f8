export type NfsSecurity = "SYS" | "KRB5" | "KRB5I" | "KRB5P";

export interface NfsShare {
  readonly id: number;
  readonly path: string;
  readonly comment: string;
  readonly networks: readonly string[];
  readonly hosts: readonly string[];
  readonly ro: boolean;
  readonly maproot_user: string | null;
  readonly maproot_group: string | null;
  readonly mapall_user: string | null;
  readonly mapall_group: string | null;
  readonly security: readonly NfsSecurity[];
  readonly enabled: boolean;
  readonly expose_snapshots: boolean;
}

export interface NfsConfig {
  /** null: the NAS decides. */
  readonly servers: number | null;
  readonly allow_nonroot: boolean;
  readonly protocols: readonly ("NFSV3" | "NFSV4")[];
  readonly v4_krb: boolean;
  readonly v4_domain: string;
  readonly bindip: readonly string[];
  readonly mountd_port: number | null;
  readonly rpcstatd_port: number | null;
  readonly rpclockd_port: number | null;
  readonly mountd_log: boolean;
  readonly statd_lockd_log: boolean;
  readonly userd_manage_gids: boolean;
  readonly rdma: boolean;
}

export interface SmbShare {
  readonly id: number;
  readonly purpose: string;
  readonly name: string;
  readonly path: string;
  readonly enabled: boolean;
  readonly comment: string;
  readonly readonly: boolean;
  readonly browsable: boolean;
  readonly access_based_share_enumeration: boolean;
  readonly audit: {
    readonly enable: boolean;
    readonly watch_list: readonly string[];
    readonly ignore_list: readonly string[];
  };
  /** Those of the purpose, where any were given. */
  readonly options: Readonly<Record<string, unknown>> | null;
}

export interface SmbConfig {
  readonly netbiosname: string;
  readonly netbiosalias: readonly string[];
  readonly workgroup: string;
  readonly description: string;
  /** 26 shows it as it is; 25.10 as `enable_smb1`. */
  readonly minimum_protocol: "SMB1" | "SMB2" | "SMB3";
  readonly unixcharset: string;
  readonly localmaster: boolean;
  readonly syslog: boolean;
  readonly aapl_extensions: boolean;
  readonly search_protocols: readonly string[];
  readonly admin_group: string | null;
  readonly guest: string;
  readonly filemask: string;
  readonly dirmask: string;
  readonly ntlmv1_auth: boolean;
  readonly multichannel: boolean;
  readonly encryption: string;
  readonly bindip: readonly string[];
  readonly server_sid: string | null;
  readonly smb_options: string;
  readonly debug: boolean;
  readonly stateful_failover: boolean;
}

/** The NFS service as a fresh TrueNAS has it. */
export const initialNfsConfig: NfsConfig = {
  servers: null,
  allow_nonroot: false,
  protocols: ["NFSV3", "NFSV4"],
  v4_krb: false,
  v4_domain: "",
  bindip: [],
  mountd_port: null,
  rpcstatd_port: null,
  rpclockd_port: null,
  mountd_log: true,
  statd_lockd_log: false,
  userd_manage_gids: false,
  rdma: false,
};

/** The SMB service as a fresh TrueNAS has it. */
export const initialSmbConfig = (hostname: string): SmbConfig => ({
  netbiosname: hostname.split(".")[0] ?? hostname,
  netbiosalias: [],
  workgroup: "WORKGROUP",
  description: "TrueNAS Server",
  minimum_protocol: "SMB2",
  unixcharset: "UTF-8",
  localmaster: true,
  syslog: false,
  aapl_extensions: false,
  search_protocols: [],
  admin_group: null,
  guest: "nobody",
  filemask: "DEFAULT",
  dirmask: "DEFAULT",
  ntlmv1_auth: false,
  multichannel: false,
  encryption: "DEFAULT",
  bindip: [],
  server_sid: "S-1-5-21-3141592653-2718281828-1618033988",
  smb_options: "",
  debug: false,
  stateful_failover: false,
});

export interface Service {
  readonly id: number;
  readonly service: string;
  enable: boolean;
  running: boolean;
  readonly pids: number[];
  /** Plays a service that does not come up, with what its journal would say. Set by tests. */
  startFailure: string | undefined;
}

const services: readonly (readonly [id: number, name: string, versions?: readonly string[]])[] = [
  [1, "ftp"],
  [2, "iscsitarget"],
  [4, "cifs"],
  [7, "nfs"],
  [9, "snmp"],
  [10, "ssh"],
  [14, "ups"],
  [19, "nvmet"],
  [20, "webshare", ["26.0"]],
];

export const initialServices = (version: string): Service[] =>
  services
    .filter(([, , versions]) => versions?.includes(version) ?? true)
    .map(([id, service]) => ({ id, service, enable: false, running: false, pids: [], startFailure: undefined }));
