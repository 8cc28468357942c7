/** WeChat Pay's endpoints: who calls is checked first, then the request, then it is carried out and signed. */
import { Hono } from "hono";
import * as z from "zod";
import type { Fault, Operation, SignatureKind } from "../faults.ts";
import { carryOut, type SandboxContext, type SandboxEnv } from "../http.ts";
import type { World } from "../world.ts";
import { authenticate, type Family, type WireRequest } from "./authorization.ts";
import { parseBody } from "./body.ts";
import { listCertificates } from "./certificates.ts";
import { errorResponse, parameterError, WechatError } from "./errors.ts";
import { createNative } from "./native.ts";
import { close, queryByOutTradeNo, queryByTransactionId } from "./orders.ts";
import { createRefund, queryRefund } from "./refunds.ts";
import { certificateSigner, publicKeySigner, type Signer, signatureHeaders } from "./signature.ts";

interface Input {
  readonly body: unknown;
  /** The last part of the path that names something, decoded. */
  readonly no: string;
  readonly mchid: string | undefined;
}

interface Endpoint {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly operation: Operation;
  readonly family: Family;
  /** Returns the answer's body; null is 204. */
  run(world: World, input: Input): object | null;
}

const ENDPOINTS: readonly Endpoint[] = [
  {
    method: "POST",
    path: "/v3/pay/transactions/native",
    operation: "create",
    family: "pay",
    run: (world, { body }) => createNative(world, body),
  },
  {
    method: "GET",
    path: "/v3/pay/transactions/out-trade-no/:no",
    operation: "query",
    family: "pay",
    run: (world, { no, mchid }) => queryByOutTradeNo(world, no, mchid),
  },
  {
    method: "GET",
    path: "/v3/pay/transactions/id/:no",
    operation: "query",
    family: "pay",
    run: (world, { no, mchid }) => queryByTransactionId(world, no, mchid),
  },
  {
    method: "POST",
    path: "/v3/pay/transactions/out-trade-no/:no/close",
    operation: "close",
    family: "pay",
    run: (world, { no, body }) => close(world, no, body),
  },
  {
    method: "POST",
    path: "/v3/refund/domestic/refunds",
    operation: "refund",
    family: "refund",
    run: (world, { body }) => createRefund(world, body),
  },
  {
    method: "GET",
    path: "/v3/refund/domestic/refunds/:no",
    operation: "refund_query",
    family: "refund",
    run: (world, { no }) => queryRefund(world, no),
  },
  {
    method: "GET",
    path: "/v3/certificates",
    operation: "certificates",
    family: "certificates",
    run: listCertificates,
  },
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
    const signer = chooseSigner(world, request.header("wechatpay-serial"));
    const body = endpoint.method === "POST" ? parseBody(request.body, request.header("content-type")) : undefined;
    const input = { body, no: c.req.param("no") ?? "", mchid: c.req.query("mchid") };
    return await carryOut(c, world, {
      provider: "wechat",
      operation: endpoint.operation,
      outTradeNo: concerned(world, endpoint.operation, input),
      perform: (flaw) => orRefuse(() => signedResponse(world, signer, endpoint.run(world, input), flaw)),
      fail,
    });
  } catch (error) {
    return refusal(error);
  }
}

async function wireRequest(c: SandboxContext): Promise<WireRequest> {
  return {
    method: c.req.method,
    target: c.env.incoming.url ?? "/",
    body: Buffer.from(await c.req.arrayBuffer()),
    header: (name) => c.req.header(name),
  };
}

/** In public-key mode a request names the key that the answer shall be signed with. */
function chooseSigner(world: World, serial: string | undefined): Signer {
  if (serial === undefined || serial === world.wechat.platformSerial) return certificateSigner(world);
  if (serial === world.wechat.publicKeyId) return publicKeySigner(world);
  throw parameterError("body", "Wechatpay-Serial", "平台证书序列号Wechatpay-Serial错误");
}

const Named = z.object({ out_trade_no: z.string().optional(), transaction_id: z.string().optional() });

/** Which trade a call is about, so that faults can be meant for it alone. */
function concerned(world: World, operation: Operation, input: Input): string | undefined {
  if (operation === "refund_query") return world.books.refund("wechat", input.no)?.outTradeNo;
  const named = Named.safeParse(input.body).data ?? {};
  if (named.out_trade_no !== undefined) return named.out_trade_no;
  const id = named.transaction_id ?? input.no;
  return world.books.tradeByProviderNo("wechat", id)?.outTradeNo ?? input.no;
}

function signedResponse(
  world: World,
  signer: Signer,
  answer: object | null,
  flaw: SignatureKind | undefined,
): Response {
  const body = answer === null ? "" : JSON.stringify(answer);
  const headers = { "Content-Type": "application/json", ...signatureHeaders(world, signer, body, { flaw }) };
  return answer === null ? new Response(null, { status: 204, headers }) : new Response(body, { headers });
}

function fail(fault: Fault): Response {
  if (fault.kind === "http_500") return errorResponse(new WechatError(500, "SYSTEM_ERROR", "系统异常，请稍后重试"));
  if (fault.kind === "http_429")
    return errorResponse(new WechatError(429, "FREQUENCY_LIMITED", "频率超限，请稍后重试"));
  return errorResponse(new WechatError(fault.status, fault.code ?? "NO_AUTH", fault.message));
}

function orRefuse(run: () => Response): Response {
  try {
    return run();
  } catch (error) {
    return refusal(error);
  }
}

function refusal(error: unknown): Response {
  if (error instanceof WechatError) return errorResponse(error);
  throw error;
}
