import type { TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { PayError } from "../errors.ts";
import { createApiContext } from "./context.ts";
import { answerTo, logFault } from "./errors.ts";
import type { AppContext } from "./http.ts";
import { appRouter } from "./router.ts";
import { countingJunk, decodeText, isJson, parseStrictly } from "./strict-json.ts";

/** As many calls as one request may carry; the client is built to the same number. */
const MAX_BATCH_SIZE = 10;

/** Serves the procedures at /trpc. Throws BAD_INPUT for what could be read in two ways. */
export async function serveTrpc(c: AppContext): Promise<Response> {
  const req = await countingJunk(c, () => checked(c));
  return fetchRequestHandler({
    endpoint: "/trpc",
    req,
    router: appRouter,
    createContext: () => createApiContext(c.get("services"), c.get("payments"), req, c.get("scope"), c.get("limits")),
    onError: ({ error, path }) => logFault(c.get("log"), error, path ?? c.req.path),
    responseMeta: ({ errors }) => ({ headers: retryHeaders(errors) }),
    maxBatchSize: MAX_BATCH_SIZE,
    allowMethodOverride: false,
  });
}

/** The request, once its JSON is known to be plain. What is no JSON at all is left for tRPC to refuse. */
async function checked(c: AppContext): Promise<Request> {
  const inputs = new URL(c.req.url).searchParams.getAll("input");
  if (inputs.length > 1) throw new PayError("BAD_INPUT", { issues: [{ path: "input", message: "is given twice" }] });
  for (const input of inputs) parseStrictly(input);
  if (c.req.method !== "POST") return c.req.raw;
  const type = c.req.header("Content-Type") ?? "";
  if (!isJson(type)) {
    // tRPC would take these, whatever stands behind them, and browsers send forms from any page without asking.
    if (!/^\s*application\/json|form|octet-stream/i.test(type)) return c.req.raw;
    throw new PayError("BAD_INPUT", { issues: [{ path: "Content-Type", message: "must be application/json" }] });
  }
  const body = await c.req.arrayBuffer();
  parseStrictly(decodeText(body));
  return new Request(c.req.raw, { body });
}

/** When a repeat makes sense, at the latest of all calls. */
function retryHeaders(errors: readonly TRPCError[]): Record<string, string> {
  const seconds = errors.map((error) => answerTo(error).details.retryAfter ?? 0);
  const longest = Math.max(0, ...seconds);
  return longest > 0 ? { "Retry-After": String(longest) } : {};
}
