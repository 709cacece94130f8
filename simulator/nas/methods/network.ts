import { z } from "zod";
import { type CallContext, type Method, text } from "../method.ts";
import { collection, type Row, reader, textId } from "./crud.ts";
import { interfaceRead, networkRead } from "./roles.ts";

const link = "enp1s0";
const isV6 = (address: string): boolean => address.includes(":");
const isLoopback = (address: string): boolean => address.startsWith("127.") || address === "::1";

const alias = (address: string): Row =>
  isV6(address) ? { type: "INET6", address, netmask: 64 } : { type: "INET", address, netmask: 24 };

/** The addresses of the NAS on its network; a NAS that only has the loopback address shows that one. */
const addresses = ({ world }: CallContext, loopback: boolean): string[] => {
  const outside = world.addresses.filter((address) => !isLoopback(address));
  return outside.length > 0 && !loopback ? outside : [...world.addresses];
};

function networkInterface(call: CallContext): Row {
  const aliases = call.world.addresses.filter((address) => !isLoopback(address)).map(alias);
  const fec = call.version === "26.0" ? { fec_mode: "AUTO" } : {};
  return {
    id: link,
    name: link,
    fake: false,
    type: "PHYSICAL",
    aliases,
    ipv4_dhcp: false,
    ipv6_auto: false,
    description: "",
    mtu: null,
    ...fec,
    state: {
      name: link,
      orig_name: link,
      description: link,
      mtu: 1500,
      cloned: false,
      flags: ["UP", "BROADCAST", "RUNNING", "MULTICAST"],
      nd6_flags: [],
      capabilities: [],
      link_state: "LINK_STATE_UP",
      media_type: "Ethernet",
      media_subtype: "5000Mb/s Twisted Pair",
      active_media_type: "Ethernet",
      active_media_subtype: "5000Mb/s Twisted Pair",
      supported_media: [],
      media_options: null,
      link_address: "02:00:00:00:00:20",
      permanent_link_address: "02:00:00:00:00:20",
      hardware_link_address: "02:00:00:00:00:20",
      rx_queues: 4,
      tx_queues: 4,
      aliases,
      vrrp_config: [],
      ...fec,
    },
  };
}

function summary(call: CallContext): Row {
  const all = addresses(call, false);
  const slash = (address: string): string => `${address}/${isV6(address) ? 64 : 24}`;
  const ips: Row = {};
  const [v4, v6] = [all.filter((each) => !isV6(each)), all.filter(isV6)];
  if (v4.length > 0) ips["IPV4"] = v4.map(slash);
  if (v6.length > 0) ips["IPV6"] = v6.map(slash);
  return { ips: { [link]: ips }, default_routes: [], nameservers: [] };
}

const inUseSchema = z
  .strictObject({
    ipv4: z.boolean().default(true),
    ipv6: z.boolean().default(true),
    ipv6_link_local: z.boolean().default(false),
    loopback: z.boolean().default(false),
    any: z.boolean().default(false),
    static: z.boolean().default(false),
    interfaces: z.array(text().min(1)).optional(),
  })
  .prefault({});

type InUse = z.infer<typeof inUseSchema>;

const any: readonly Row[] = [{ type: "INET", address: "0.0.0.0", netmask: 0 }];

const inUse = (call: CallContext, options: InUse): Row[] => [
  ...(options.any ? any : []),
  ...addresses(call, options.loopback)
    .filter((address) => (isV6(address) ? options.ipv6 : options.ipv4))
    .map((address) =>
      isV6(address) ? alias(address) : { ...alias(address), broadcast: address.replace(/\d+$/, "255") },
    ),
];

export const networkMethods: readonly Method[] = [
  reader("network.general.summary", networkRead, summary),
  {
    name: "interface.ip_in_use",
    access: interfaceRead,
    params: () => [{ name: "options", schema: inUseSchema, required: false }],
    run: (call, [options]) => inUse(call, options as InUse),
  },
  ...collection({
    name: "interface",
    title: "Interface",
    access: interfaceRead,
    id: textId,
    rows: (call) => [networkInterface(call)],
  }),
];
