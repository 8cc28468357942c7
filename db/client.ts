/** The database as the Worker reaches it: Drizzle over PlanetScale's HTTP driver. */
import { Client } from "@planetscale/database";
import { drizzle, type PlanetScaleDatabase } from "drizzle-orm/planetscale-serverless";

export type Database = PlanetScaleDatabase<Record<string, never>>;

export interface DatabaseOptions {
  /** `https://user:password@host`, or `http://…` for a gateway on loopback. */
  readonly url: string;
  /** How long one round trip may take, in milliseconds. The driver itself never gives up. */
  readonly timeoutMs: number;
  readonly fetch: typeof fetch;
  /** Sent along as X-Request-Id, so that round trips can be told apart by the request that made them. */
  readonly requestId?: string | undefined;
}

/** A database for one request. Each statement is one HTTP round trip on a session of its own. */
export function connectDatabase(options: DatabaseOptions): Database {
  const { url, timeoutMs, requestId, fetch: transport } = options;
  const send: typeof fetch = async (input, init) => {
    const headers = new Headers(init?.headers);
    if (requestId) headers.set("X-Request-Id", requestId);
    // AbortSignal.timeout would keep its timer after the answer, and an isolate has only so many.
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new DOMException("the database is slow", "TimeoutError")), timeoutMs);
    try {
      const response = await transport(input, { ...init, headers, signal: limit.signal });
      return new Response(await response.arrayBuffer(), response);
    } finally {
      clearTimeout(timer);
    }
  };
  return drizzle({ client: new Client({ url, fetch: send }) });
}
