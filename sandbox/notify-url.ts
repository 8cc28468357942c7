/** Addresses that callbacks may go to. */

const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether a host name, as URL prints it, names this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

const PRIVATE = /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|\[f[cde])/;

/** Whether a host name, as URL prints it, is an address that only exists within some network. */
export function isPrivateHost(hostname: string): boolean {
  return PRIVATE.test(hostname);
}

/** Reads an absolute http or https address. Returns undefined for anything else. */
export function parseAddress(text: string): URL | undefined {
  const url = URL.parse(text);
  return url && (url.protocol === "https:" || url.protocol === "http:") ? url : undefined;
}
