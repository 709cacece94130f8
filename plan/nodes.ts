import type { Config } from "../config/index.ts";
import type { Notes } from "./notes.ts";
import type { NodePlan } from "./storage-plan.ts";
import { checkUnique } from "./unique.ts";

/** The machines, and the address at which each reaches the NAS. */
export function layOutNodes(config: Config, notes: Notes): NodePlan[] {
  checkLinks(config, notes);
  for (const node of config.nodes) {
    for (const address of node.addresses) {
      if (address === config.nas.host) {
        notes.refuse(
          `nodes.${node.name}`,
          address,
          "This is the address of the NAS.",
          "Correct the address, or nas.host.",
        );
      }
    }
  }
  checkUnique(
    config.nodes.flatMap((node) => node.addresses.map((address) => ({ id: address, origin: `nodes.${node.name}` }))),
    "address",
    notes,
  );
  return config.nodes.map((node) => ({
    ...node,
    nasAddress: config.nas.links.find((link) => link.nodes?.includes(node.name))?.address ?? config.nas.host,
  }));
}

function checkLinks(config: Config, notes: Notes): void {
  const { links, nfs } = config.nas;
  const nodes = new Map(config.nodes.map((node) => [node.name, node]));
  const taken = new Map<string, string>();
  for (const [index, link] of links.entries()) {
    const path = `nas.links[${index}]`;
    for (const name of link.nodes ?? []) {
      const node = nodes.get(name);
      if (node === undefined) {
        notes.refuse(
          `${path}.nodes`,
          name,
          "A link ends at a node of the node list.",
          `Use one of: ${[...nodes.keys()].join(", ")}.`,
        );
      } else if (node.addresses.length < 2 && link.address !== config.nas.host) {
        notes.warn(
          `${path}.nodes`,
          `${name} has one address only; exports will not admit the one that it uses on ${link.name}.`,
          `Add it: nodes.${name}.addresses.`,
        );
      }
      const other = taken.get(name);
      if (other !== undefined) {
        notes.refuse(
          `${path}.nodes`,
          name,
          `A node reaches the NAS by one direct link; ${other} is one already.`,
          "Keep one of the two.",
        );
      }
      taken.set(name, link.name);
    }
    if (nfs.bindAddresses.length > 0 && !nfs.bindAddresses.includes(link.address)) {
      notes.refuse(
        "nas.nfs.bindAddresses",
        nfs.bindAddresses,
        `NFS must listen on ${link.address}, the address of the link ${link.name}.`,
        "Add it, or remove bindAddresses to listen on all.",
      );
    }
  }
}
