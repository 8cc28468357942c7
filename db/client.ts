/** The database as the Worker reaches it: Drizzle over PlanetScale's HTTP driver. */
import { Client } from "@planetscale/database";
import { drizzle, type PlanetScaleDatabase } from "drizzle-orm/planetscale-serverless";

import { checkAnswer } from "./answer.ts";
import { NoAnswer } from "./errors.ts";
import { statementName } from "./statement-name.ts";

export type Database = PlanetScaleDatabase<Record<string, never>>;

export interface DatabaseOptions {
  /** `https://user:password@host`, or `http://…` for a gateway on loopback. */
  readonly url: string;
  /** How long one round trip may take, in milliseconds. The driver itself never gives up. */
  readonly timeoutMs: number;
  readonly fetch: typeof fetch;
  /** Sent along as X-Request-Id, so that round trips can be told apart by the request that made them. */
  readonly requestId?: string | undefined;
  /** Sees how long round trips take. */
  readonly watch?: DatabaseWatch | undefined;
}

export interface DatabaseWatch {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told of each round trip, answered or not: what it was, as statementName says it. Must not throw. */
  readonly took: (operation: string, durationMs: number) => void;
}

/** A database for one request. Each statement is one HTTP round trip on a session of its own. */
export function connectDatabase(options: DatabaseOptions): Database {
  const { url, timeoutMs, requestId, fetch: transport, watch } = options;
  const send: typeof fetch = async (input, init) => {
    const headers = new Headers(init?.headers);
    if (requestId) headers.set("X-Request-Id", requestId);
    // AbortSignal.timeout would keep its timer after the answer, and an isolate has only so many.
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new DOMException("the database is slow", "TimeoutError")), timeoutMs);
    const sentAt = watch?.now() ?? 0;
    try {
      const response = await transport(input, { ...init, headers, signal: limit.signal });
      const answer = new Uint8Array(await response.arrayBuffer());
      if (response.ok) checkAnswer(String(init?.body), answer);
      return new Response(answer, response);
    } catch (error) {
      throw new NoAnswer("the database did not answer", { cause: error });
    } finally {
      clearTimeout(timer);
      watch?.took(statementName(String(init?.body)), watch.now() - sentAt);
    }
  };
  return drizzle({ client: new Client({ url, fetch: send }) });
}
