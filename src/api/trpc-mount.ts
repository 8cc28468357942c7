import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { createApiContext } from "./context.ts";
import { logFault } from "./errors.ts";
import type { AppContext } from "./http.ts";
import { appRouter } from "./router.ts";

/** As many calls as one request may carry; the client is built to the same number. */
const MAX_BATCH_SIZE = 10;

/** Serves the procedures at /trpc. */
export function serveTrpc(c: AppContext): Promise<Response> {
  return fetchRequestHandler({
    endpoint: "/trpc",
    req: c.req.raw,
    router: appRouter,
    createContext: () => createApiContext(c.get("services"), c.get("payments"), c.req.raw, c.get("scope")),
    onError: ({ error, path }) => logFault(c.get("log"), error, path ?? c.req.path),
    maxBatchSize: MAX_BATCH_SIZE,
    allowMethodOverride: false,
  });
}
