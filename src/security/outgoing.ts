/** The one way out: every call of the service goes to a configured host, over TLS, bounded in time and size. */
import { isLoopback } from "./hosts.ts";

/** A place that may be called. */
export interface Destination {
  readonly allows: (url: URL, method: string) => boolean;
  /** The most that an answer may have, in bytes. */
  readonly maxBytes: number;
}

/** A call that must not be made, or an answer that must not be read. Its message holds no address. */
class OutgoingRefused extends Error {
  override readonly name = "OutgoingRefused";
}

/** The place with exactly this scheme, host and port: over TLS, or on this machine. */
export function exactOrigin(address: string, maxBytes: number): Destination {
  const { origin, protocol, hostname } = new URL(address);
  const isSealed = protocol === "https:" || isLoopback(hostname);
  return { allows: (url) => isSealed && url.origin === origin, maxBytes };
}

/** Hosts below a domain, for what a provider's answer gives the address of: files, which are only read. */
export function filesBelow(domain: string, protocols: readonly ("https:" | "http:")[], maxBytes: number): Destination {
  return {
    allows: ({ protocol, hostname, port }, method) =>
      method === "GET" && port === "" && protocols.some((one) => one === protocol) && hostname.endsWith(`.${domain}`),
    maxBytes,
  };
}

/**
 * A fetch that only reaches these destinations, follows no redirect, and stops reading where an answer is too long.
 * `refused` hears of calls that were not made, by the host. Throws OutgoingRefused.
 */
export function restrictFetch(
  send: typeof fetch,
  destinations: readonly Destination[],
  refused: (host: string) => void,
): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const method = init?.method ?? "GET";
    const destination = destinations.find(({ allows }) => allows(url, method));
    if (!destination || url.username !== "" || url.password !== "") {
      refused(url.host);
      throw new OutgoingRefused("the host is not one that is configured");
    }
    if (!init?.signal) throw new OutgoingRefused("the call has no limit of time");
    return bounded(await send(input, { ...init, redirect: "manual" }), destination.maxBytes);
  };
}

/** An answer of which no more than so many bytes can be read. */
async function bounded(response: Response, maxBytes: number): Promise<Response> {
  const { body, headers } = response;
  if (!body) return response;
  const length = headers.get("Content-Length");
  if (length !== null && Number(length) > maxBytes) {
    await body.cancel();
    throw new OutgoingRefused("the answer is too long");
  }
  // A length that is told is kept by the platform, unless what is counted is packed.
  if (length !== null && !headers.has("Content-Encoding")) return response;
  return new Response(body.pipeThrough(counter(maxBytes)), response);
}

function counter(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let left = maxBytes;
  return new TransformStream({
    transform: (chunk, controller) => {
      left -= chunk.byteLength;
      if (left < 0) controller.error(new OutgoingRefused("the answer is too long"));
      else controller.enqueue(chunk);
    },
  });
}
