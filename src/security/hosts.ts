/** What kind of host an address names. Hosts are taken as the URL standard spells them: `new URL(…).hostname`. */

/** Whether a host is this machine. */
export function isLoopback(hostname: string): boolean {
  const host = withoutDot(hostname);
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}

/**
 * Whether a host can be on the public internet. The URL standard has turned every spelling of an IPv4 address
 * (decimal, octal, hexadecimal, full-width) into the usual one before.
 */
export function isPublicHost(hostname: string): boolean {
  const host = withoutDot(hostname);
  if (host.startsWith("[")) return isPublicIPv6(host.slice(1, -1));
  if (/^\d+(\.\d+){3}$/.test(host)) return !isReserved(host);
  return host.includes(".") && !PRIVATE_NAMES.test(host);
}

/** Names that private networks use, some of them reserved for that (RFC 6762, 8375), some by custom. */
const PRIVATE_NAMES = /\.(?:localhost|local|localdomain|internal|intranet|private|corp|home|lan|home\.arpa)$/;

/** IPv4 networks that nobody reaches from outside (RFC 6890), as address and length of the prefix. */
const RESERVED: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
];

function isReserved(address: string): boolean {
  return RESERVED.some(([network, length]) => {
    const size = 2 ** (32 - length);
    return Math.floor(numberOf(address) / size) === Math.floor(numberOf(network) / size);
  });
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Global unicast only (2000::/3), without what carries an IPv4 address inside: 6to4, Teredo. */
function isPublicIPv6(address: string): boolean {
  const [first = "", second = ""] = groupsOf(address);
  if (!/^[23][0-9a-f]{3}$/.test(first) || first === "2002") return false;
  return first !== "2001" || (second !== "0" && second !== "db8");
}

/** The eight groups of an IPv6 address as the URL standard spells it: without leading zeros, once shortened by `::`. */
export function groupsOf(address: string): readonly string[] {
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  if (tail === undefined) return before;
  const after = tail === "" ? [] : tail.split(":");
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => "0"), ...after];
}

/** `shop.example.` and `shop.example` are the same host. */
function withoutDot(hostname: string): string {
  return hostname.replace(/\.$/, "");
}
