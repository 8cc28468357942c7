/** Serves the table of routes: each request becomes the input of its procedure, whose schema does all the checking. */
import { callTRPCProcedure } from "@trpc/server";
import { Hono } from "hono";
import { PayError } from "../../errors.ts";
import { PROVIDERS } from "../../providers/methods.ts";
import { createApiContext } from "../context.ts";
import type { AppContext, AppEnv } from "../http.ts";
import { appRouter } from "../router.ts";
import { countingJunk, decodeText, isJson, parseStrictly } from "../strict-json.ts";
import { type RestRoute, ROUTES, type Success } from "./routes.ts";

/** The REST facade, to be mounted at /api/v1. */
export function restRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  for (const route of ROUTES) {
    app.on(route.verb, route.path.replaceAll(/\{(\w+)\}/g, ":$1"), (c) => serve(route, c));
  }
  return app;
}

async function serve(route: RestRoute, c: AppContext): Promise<Response> {
  const input = await countingJunk(c, () => readInput(c));
  const output = await callTRPCProcedure({
    router: appRouter,
    path: route.procedure,
    type: route.verb === "GET" ? "query" : "mutation",
    ctx: createApiContext(c.get("services"), c.get("payments"), c.req.raw, c.get("scope"), c.get("limits")),
    getRawInput: async () => input,
    signal: c.req.raw.signal,
    batchIndex: 0,
  });
  return c.json(output, STATUS[route.success ?? "done"](output));
}

/** Query, body and path together, as one input. Throws NOT_FOUND for a provider nobody knows, BAD_INPUT for no JSON. */
async function readInput(c: AppContext): Promise<Record<string, unknown>> {
  const path = c.req.param();
  if (path.provider !== undefined && !PROVIDERS.some((name) => name === path.provider)) throw new PayError("NOT_FOUND");
  const given = { ...readQuery(c), ...(await readBody(c)) };
  const twice = Object.keys(path).filter((name) => Object.hasOwn(given, name));
  if (twice.length > 0) {
    throw new PayError("BAD_INPUT", { issues: twice.map((name) => ({ path: name, message: "is given by the path" })) });
  }
  return { ...given, ...path };
}

/** A parameter that comes more than once stays a list, which no schema takes. */
function readQuery(c: AppContext): Record<string, unknown> {
  const parameters = Object.entries(c.req.queries());
  return Object.fromEntries(parameters.map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

async function readBody(c: AppContext): Promise<object> {
  const text = c.req.method === "POST" ? decodeText(await c.req.arrayBuffer()) : "";
  if (text === "") return {};
  if (!isJson(c.req.header("Content-Type"))) {
    throw new PayError("BAD_INPUT", { issues: [{ path: "Content-Type", message: "must be application/json" }] });
  }
  const body = parseStrictly(text);
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body;
  throw new PayError("BAD_INPUT", { issues: [{ path: "", message: "the body must be a JSON object" }] });
}

const STATUS: Readonly<Record<Success, (output: unknown) => 200 | 201 | 202>> = {
  done: () => 200,
  made: () => 201,
  madeOrFound: (output) => (member(output, "created") === true ? 201 : 200),
  closed: (output) => (["CLOSING", "PENDING", "CANCELLING"].includes(String(member(output, "status"))) ? 202 : 200),
};

function member(output: unknown, name: string): unknown {
  return typeof output === "object" && output !== null ? Reflect.get(output, name) : undefined;
}
