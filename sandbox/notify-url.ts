/** Addresses that callbacks may go to. */

const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether a host name, as URL prints it, names this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/** Reads an absolute http or https address. Returns undefined for anything else. */
export function parseAddress(text: string): URL | undefined {
  const url = URL.parse(text);
  return url && (url.protocol === "https:" || url.protocol === "http:") ? url : undefined;
}
