/** WeChat Pay's endpoints: who calls is checked first, then the request, then it is carried out and signed. */
import { Hono } from "hono";
import * as z from "zod";
import { carryOut, type SandboxContext, type SandboxEnv } from "../http.ts";
import type { World } from "../world.ts";
import { abnormalRefundEndpoints } from "./abnormal-refunds.ts";
import { answer, orRefuse, refusal, requestedFailure } from "./answers.ts";
import { authenticate, type WireRequest } from "./authorization.ts";
import { billEndpoints } from "./bills.ts";
import { parseBody } from "./body.ts";
import { certificateEndpoints } from "./certificates.ts";
import { combineEndpoints } from "./combine.ts";
import { createEndpoints } from "./create.ts";
import { echoEndpoints } from "./echo.ts";
import type { Endpoint, Input } from "./endpoint.ts";
import { orderEndpoints } from "./orders.ts";
import { refundEndpoints } from "./refunds.ts";
import { opened } from "./sealed-fields.ts";
import { transferEndpoints } from "./transfers.ts";

const ENDPOINTS: readonly Endpoint[] = [
  ...createEndpoints,
  ...orderEndpoints,
  ...refundEndpoints,
  ...abnormalRefundEndpoints,
  ...certificateEndpoints,
  ...echoEndpoints,
  ...combineEndpoints,
  ...billEndpoints,
  ...transferEndpoints,
];

/** The gateway as an application. Unknown paths answer 404, wrong methods 405, both with empty bodies. */
export function wechatGateway(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  for (const endpoint of ENDPOINTS) app.on(endpoint.method, endpoint.path, (c) => handle(c, world, endpoint));
  for (const endpoint of ENDPOINTS) app.all(endpoint.path, (c) => c.body(null, 405));
  app.all("/v3/*", (c) => c.body(null, 404));
  return app;
}

async function handle(c: SandboxContext, world: World, endpoint: Endpoint): Promise<Response> {
  try {
    const request = await wireRequest(c);
    authenticate(world, endpoint.family, request);
    const signer = world.wechat.signing.replySigner(request.header("wechatpay-serial"));
    const input = inputOf(c, world, endpoint, request);
    return await carryOut(c, world, {
      provider: "wechat",
      operation: endpoint.operation,
      outTradeNo: endpoint.concerns ? endpoint.concerns(world, input) : concerned(world, input),
      perform: (flaw) => orRefuse(endpoint, () => answer(world, endpoint, input, signer, flaw)),
      fail: requestedFailure,
    });
  } catch (error) {
    return refusal(endpoint, error);
  }
}

async function wireRequest(c: SandboxContext): Promise<WireRequest> {
  return {
    method: c.req.method,
    target: c.env.proxied?.target ?? c.env.incoming.url ?? "/",
    body: Buffer.from(await c.req.arrayBuffer()),
    header: (name) => c.req.header(name),
  };
}

function inputOf(c: SandboxContext, world: World, endpoint: Endpoint, request: WireRequest): Input {
  const hasBody = endpoint.method === "POST" && !(endpoint.bodyOptional && request.body.length === 0);
  return {
    body: hasBody ? parseBody(request.body, request.header("content-type")) : undefined,
    no: c.req.param("no") ?? "",
    query: c.req.query(),
    address: c.env.proxied?.address ?? (c.env.incoming.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
    header: request.header,
    decrypt: (field, ciphertext) => opened(world, request.header("wechatpay-serial"), field, ciphertext),
  };
}

const Named = z.object({ out_trade_no: z.string().optional(), transaction_id: z.string().optional() });

/** Which trade a call is about, so that faults can be meant for it alone. */
function concerned(world: World, { body, no }: Input): string | undefined {
  const named = Named.safeParse(body).data ?? {};
  if (named.out_trade_no !== undefined) return named.out_trade_no;
  const id = named.transaction_id ?? no;
  return world.books.tradeByProviderNo("wechat", id)?.outTradeNo ?? no;
}
