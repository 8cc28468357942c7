/** One HTTP exchange with a provider: bounded in time and size, redirects not followed, never throwing. */
import type { Bytes } from "../crypto/bytes.ts";
import { concatBytes } from "../crypto/bytes.ts";
import type { UnknownCause } from "./outcome.ts";
import type { RecordCall } from "./record.ts";
import type { ReportTrouble } from "./trouble.ts";

export const USER_AGENT = "zhongdao-pay/0.1.0";

const MAX_REPLY_BYTES = 1024 * 1024;

/** Texts kept between isolates, as a Workers KV namespace keeps them. `expirationTtl` is in seconds, at least 60. */
export interface TextCache {
  get(key: string): Promise<string | null>;
  put(key: string, value: string, options: { readonly expirationTtl: number }): Promise<void>;
}

/** What a provider class needs from its surroundings. */
export interface ProviderRuntime {
  readonly fetch: typeof fetch;
  /** Unpredictable bytes; the platform's own generator when absent. */
  readonly random?: (length: number) => Uint8Array;
  /** For what can be fetched again; without it each isolate keeps its own. */
  readonly cache?: TextCache;
  /** Told of each send that is no success, unless the call brings a hook of its own. */
  readonly report?: ReportTrouble;
  /** Given each send with what came back, unless the call brings a hook of its own. */
  readonly record?: RecordCall;
}

/** The default for ProviderRuntime.random. */
export function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as it is, as UTF-8. */
  readonly body?: string;
}

/** Why there is no answer. */
export interface Silence {
  readonly kind: "unknown";
  readonly cause: UnknownCause;
  readonly message: string;
}

/** A complete answer, or why there is none. */
export type HttpReply =
  | { readonly kind: "answered"; readonly status: number; readonly headers: Headers; readonly body: Bytes }
  | Silence;

/** An answer whose body has not been read, or why there is none. */
export type OpenReply = { readonly kind: "opened"; readonly response: Response } | Silence;

/**
 * Sends a request and reads the whole answer, at most 1 MiB of it. `signal` bounds both.
 * Messages never carry the address or the error's own text, which could show parameters.
 */
export async function exchange(send: typeof fetch, request: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
  const reply = await openExchange(send, request, signal);
  return reply.kind === "opened" ? readReply(reply.response, signal) : reply;
}

/** Sends a request and leaves the answer's body to be read. `signal` bounds the reading too. */
export async function openExchange(send: typeof fetch, request: HttpRequest, signal: AbortSignal): Promise<OpenReply> {
  try {
    const response = await send(request.url, {
      method: request.method,
      headers: { ...request.headers, "User-Agent": USER_AGENT },
      redirect: "manual",
      signal,
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    if (!isUnreachable(response.status)) return { kind: "opened", response };
    await response.body?.cancel();
    return silence(signal);
  } catch {
    return silence(signal);
  }
}

/** Reads an answer's body. */
export async function readReply(response: Response, signal: AbortSignal): Promise<HttpReply> {
  try {
    const body = await readBounded(response);
    if (!body) return { kind: "unknown", cause: "unlisted", message: `the answer exceeds ${MAX_REPLY_BYTES} bytes` };
    return { kind: "answered", status: response.status, headers: response.headers, body };
  } catch {
    return silence(signal);
  }
}

/** On Workers a host that can't be reached is answered for by the platform, with a status from 520 to 530. */
function isUnreachable(status: number): boolean {
  return status >= 520 && status <= 530;
}

function silence(signal: AbortSignal): Silence {
  if (signal.aborted) return { kind: "unknown", cause: "timeout", message: "no answer in time" };
  return { kind: "unknown", cause: "network", message: "the connection failed" };
}

async function readBounded(response: Response): Promise<Bytes | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    length += part.value.length;
    if (length > MAX_REPLY_BYTES) {
      await reader?.cancel();
      return undefined;
    }
    parts.push(part.value);
  }
  return concatBytes(...parts);
}
