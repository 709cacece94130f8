import { z } from "zod";
import type { CallContext, Method } from "../method.ts";
import { type Row, reader } from "./crud.ts";
import { administratorRead, alertRead, generalRead, productRead } from "./roles.ts";

const GiB = 2 ** 30;

/** "3 days, 4:05:06.000000", as Python writes a time span. */
function uptime(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const rest = Math.floor(seconds % 86_400);
  const two = (number: number): string => String(number).padStart(2, "0");
  const clock = `${Math.floor(rest / 3600)}:${two(Math.floor((rest % 3600) / 60))}:${two(rest % 60)}`;
  return days > 0 ? `${days} day${days === 1 ? "" : "s"}, ${clock}` : clock;
}

function info({ world }: CallContext): Row {
  const seconds = (world.clock.now() - world.bootedAt) / 1000;
  return {
    version: world.serverVersion,
    buildtime: new Date(Date.UTC(2026, 7, 4)),
    hostname: world.hostname,
    physmem: 32 * GiB,
    model: "Intel(R) N100",
    cores: 4,
    physical_cores: 4,
    loadavg: [0.1, 0.1, 0.1],
    uptime: uptime(seconds),
    uptime_seconds: seconds,
    system_serial: null,
    system_product: "Simulated NAS",
    system_product_version: null,
    license: null,
    boottime: new Date(world.bootedAt),
    datetime: world.clock.date(),
    timezone: "UTC",
    system_manufacturer: null,
    ecc_memory: false,
  };
}

const certificate: Row = { id: 1, name: "truenas_default", type: 8 };

const general = ({ version }: CallContext): Row => ({
  id: 1,
  ui_certificate: version === "25.10" ? certificate : 1,
  ui_httpsport: 443,
  ui_httpsredirect: true,
  ui_httpsprotocols: ["TLSv1.2", "TLSv1.3"],
  ui_port: 80,
  ui_address: ["0.0.0.0"],
  ui_v6address: ["::"],
  ui_allowlist: [],
  ui_consolemsg: false,
  ui_x_frame_options: "SAMEORIGIN",
  kbdmap: "us",
  timezone: "UTC",
  usage_collection: false,
  wizardshown: true,
  usage_collection_is_set: true,
  ds_auth: false,
  ...(version === "26.0" && { ui_certificate_name: "truenas_default" }),
});

export const systemMethods: readonly Method[] = [
  reader("system.info", administratorRead, info),
  reader("system.version", "authenticated", ({ world }) => world.serverVersion),
  reader("system.version_short", "authenticated", ({ world }) => world.serverVersion.replace(/-.*$/, "")),
  reader("system.ready", generalRead, ({ world }) => world.state === "READY"),
  reader("system.state", generalRead, ({ world }) => world.state),
  reader("system.host_id", administratorRead, ({ world }) => world.hostId),
  reader("system.product_type", productRead, () => "COMMUNITY_EDITION"),
  {
    name: "system.feature_enabled",
    access: productRead,
    params: (version) => {
      const features =
        version === "25.10"
          ? ["DEDUP", "FIBRECHANNEL", "VM"]
          : ["APPS", "DEDUP", "FIBRECHANNEL", "SED", "SUPPORT", "VMS", "ZFSTIER"];
      return [{ name: "feature", schema: z.enum(features) }];
    },
    run: (_call, [feature]) => ["APPS", "DEDUP", "VM", "VMS"].includes(feature as string),
  },
  {
    ...reader("system.general.config", generalRead, general),
    secrets: ["ui_certificate"],
    secretRoles: ["SYSTEM_GENERAL_WRITE"],
  },
  reader("alert.list", alertRead, () => []),
];
