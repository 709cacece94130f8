import ipaddr from "ipaddr.js";
import { z } from "zod";

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = readonly [Address, number];

// The library finds the family of an address by trying, and every failure is an exception: the colon tells it for nothing.
const isV6 = (text: string): boolean => text.includes(":");
const parse = (address: string): Address => (isV6(address) ? ipaddr.IPv6.parse(address) : ipaddr.IPv4.parse(address));
const fourNumbers = /^\d{1,3}(\.\d{1,3}){3}$/;

function range(cidr: string): Range {
  const text = cidr.includes("/") ? cidr : hostRange(cidr);
  return isV6(text) ? ipaddr.IPv6.parseCIDR(text) : ipaddr.IPv4.parseCIDR(text);
}

/** Whether the text is an IPv4 or IPv6 address in full notation. */
export function isAddress(text: string): boolean {
  return isV6(text) ? ipaddr.IPv6.isValid(text) : fourNumbers.test(text) && ipaddr.IPv4.isValidFourPartDecimal(text);
}

/** Whether the text is a loopback address, the name `localhost`, or either with a port. */
export function isLoopback(endpoint: string): boolean {
  const host = endpointHost(endpoint);
  if (host === "localhost") return true;
  return isAddress(host) && parse(host).range() === "loopback";
}

/** The host of `host[:port]`, without the brackets of an IPv6 address. */
export function endpointHost(endpoint: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(endpoint);
  if (bracketed?.[1] !== undefined) return bracketed[1];
  return isAddress(endpoint) ? endpoint : endpoint.replace(/:\d+$/, "");
}

/** The range that holds exactly one address: `10.10.10.30` is `10.10.10.30/32`. */
export function hostRange(address: string): string {
  const parsed = parse(address);
  return `${parsed.toString()}/${parsed.kind() === "ipv4" ? 32 : 128}`;
}

/** A range in the spelling that TrueNAS stores: network address, prefix; undefined when it is not a range. */
export function normaliseRange(text: string): string | undefined {
  if (isAddress(text)) return hostRange(text);
  const [address, bits, more] = text.split("/");
  if (address === undefined || bits === undefined || more !== undefined) return undefined;
  if (!isAddress(address) || !/^\d{1,3}$/.test(bits)) return undefined;
  const v4 = !isV6(address);
  if (Number(bits) > (v4 ? 32 : 128)) return undefined;
  const network = v4 ? ipaddr.IPv4.networkAddressFromCIDR(text) : ipaddr.IPv6.networkAddressFromCIDR(text);
  return `${network.toString()}/${Number(bits)}`;
}

/** Whether two ranges of the same family have an address in common. */
export function overlaps(a: string, b: string): boolean {
  const [addressA, bitsA] = range(a);
  const [addressB, bitsB] = range(b);
  if (addressA.kind() !== addressB.kind()) return false;
  const bits = Math.min(bitsA, bitsB);
  return (addressA as ipaddr.IPv4).match(addressB as ipaddr.IPv4, bits);
}

/** Whether the range contains the address. */
export function contains(cidr: string, address: string): boolean {
  return overlaps(cidr, hostRange(address));
}

/** How many addresses a range has. */
export function addressCount(cidr: string): bigint {
  const [address, bits] = range(cidr);
  return 2n ** BigInt((address.kind() === "ipv4" ? 32 : 128) - bits);
}

/** Whether a range is wider than any private network (10.0.0.0/8, fc00::/7), and so as good as open to everyone. */
export function isWideOpen(cidr: string): boolean {
  const [address, bits] = range(cidr);
  return bits < (address.kind() === "ipv4" ? 8 : 7);
}

/** Orders ranges by family, then numerically, so that a list is the same whatever order it was written in. */
export function compareRanges(a: string, b: string): number {
  const [addressA, bitsA] = range(a);
  const [addressB, bitsB] = range(b);
  const bytesA = addressA.toByteArray();
  const bytesB = addressB.toByteArray();
  if (bytesA.length !== bytesB.length) return bytesA.length - bytesB.length;
  for (const [index, byte] of bytesA.entries()) {
    const difference = byte - (bytesB[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return bitsA - bitsB;
}

const addressRule = "An address is written in full as IPv4 or IPv6.";
/** One IP address. */
export const address = z.string(addressRule).refine(isAddress, addressRule);

const rangeRule = "A network is written as CIDR (10.10.10.0/24), with the network's own address and without host bits.";
/** One CIDR range or address; ranges with host bits are refused, because TrueNAS would store something else. */
export const network = z
  .string(rangeRule)
  .refine((text) => isAddress(text) || normaliseRange(text) === text, rangeRule);

const hostRule = "A host is a DNS name or an IP address, without scheme, port or path.";
const label = "[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?";
const dnsName = new RegExp(`^(?=.{1,253}$)${label}(\\.${label})*$`);

/** A DNS name or address. Digits and dots alone are an address that went wrong. */
export const host = z
  .string(hostRule)
  .refine((text) => isAddress(text) || (dnsName.test(text) && !/^[\d.]+$/.test(text)), hostRule);

const endpointRule = "An endpoint is host or host:port, without scheme or path; IPv6 stands in brackets before a port.";
/** `host[:port]`. */
export const endpoint = z.string(endpointRule).refine((text) => {
  const port = /:(\d+)$/.exec(isAddress(text) ? "" : text)?.[1];
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65535)) return false;
  return host.safeParse(endpointHost(text)).success;
}, endpointRule);
