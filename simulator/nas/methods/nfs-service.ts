import { z } from "zod";
import { errno, type Issue, ValidationErrors } from "../errors.ts";
import { applyQuery, type QueryOptions } from "../filter.ts";
import { type CallContext, type Method, queryParams, text } from "../method.ts";
import type { NfsConfig } from "../world/sharing.ts";
import { type Row, reader } from "./crud.ts";
import { nfsClients, nfsRead, nfsWrite } from "./roles.ts";

const port = z.int().min(1).max(65535).nullable();

const updateSchema = z
  .strictObject({
    servers: z.int().min(1).max(256).nullable(),
    allow_nonroot: z.boolean(),
    protocols: z.array(z.enum(["NFSV3", "NFSV4"])),
    v4_krb: z.boolean(),
    v4_domain: text(),
    bindip: z.array(text().min(1)),
    mountd_port: port,
    rpcstatd_port: port,
    rpclockd_port: port,
    mountd_log: z.boolean(),
    statd_lockd_log: z.boolean(),
    userd_manage_gids: z.boolean(),
    rdma: z.boolean(),
  })
  .partial();

/** How many threads the NAS takes where nobody said it: one per core, here two. */
const automaticServers = 2;

const row = ({ world }: CallContext): Row => {
  const config = world.nfsConfig;
  return {
    id: 1,
    ...config,
    servers: config.servers ?? automaticServers,
    managed_nfsd: config.servers === null,
    v4_krb_enabled: config.v4_krb,
    keytab_has_nfs_spn: false,
  };
};

function problems(call: CallContext, config: NfsConfig, given: Partial<NfsConfig>): Issue[] {
  const issues: Issue[] = [];
  const add = (field: string, message: string): void => {
    issues.push([`nfs_update.${field}`, message, errno.EINVAL]);
  };
  if (given.protocols?.length === 0) {
    add("protocols", 'Must specify at least one value ("NFSV3", "NFSV4") in the "protocols" list.');
    return issues;
  }
  config.bindip.forEach((address, index) => {
    if (!call.world.addresses.includes(address))
      add(`bindip.${index}`, `Cannot use ${address}. Please provide a valid ip address.`);
  });
  if (!config.protocols.includes("NFSV4") && config.v4_domain !== "")
    add("v4_domain", "This option does not apply to NFSv3");
  if (config.rdma) add("rdma", "This platform cannot support NFS over RDMA or is missing an RDMA capable NIC.");
  return issues;
}

function update(call: CallContext, given: Partial<NfsConfig>): Row {
  const config: NfsConfig = { ...call.world.nfsConfig, ...given };
  const issues = problems(call, config, given);
  if (issues.length > 0) throw new ValidationErrors(issues);
  call.world.nfsConfig = config;
  return row(call);
}

const emptyQuery = (name: string): Method => ({
  name,
  access: nfsClients,
  params: () => queryParams,
  run: (_call, [filters, options]) => applyQuery([], filters as readonly unknown[], options as QueryOptions),
});

export const nfsServiceMethods: readonly Method[] = [
  reader("nfs.config", nfsRead, row),
  {
    name: "nfs.update",
    access: nfsWrite,
    params: (version) => [{ name: "nfs_update", schema: updateSchema.prefault({}), required: version === "25.10" }],
    run: (call, [data]) => update(call, data as Partial<NfsConfig>),
  },
  reader("nfs.bindip_choices", nfsRead, ({ world }) =>
    Object.fromEntries(world.addresses.map((address) => [address, address])),
  ),
  reader("nfs.client_count", nfsRead, () => 0),
  emptyQuery("nfs.get_nfs3_clients"),
  emptyQuery("nfs.get_nfs4_clients"),
];
