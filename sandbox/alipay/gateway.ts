/** Alipay's gateway: one address, the method in a parameter, every answer HTTP 200. */
import { Hono } from "hono";
import * as z from "zod";
import type { Fault, Operation } from "../faults.ts";
import { carryOut, type SandboxContext, type SandboxEnv } from "../http.ts";
import type { World } from "../world.ts";
import { signedAnswer, unsignedAnswer } from "./envelope.ts";
import { AlipayError, requestedError } from "./errors.ts";
import { precreate } from "./precreate.ts";
import { queryRefund, refundTrade } from "./refunds.ts";
import { authenticate, type Parameters, readParameters } from "./request.ts";
import { cancelTrade, closeTrade, queryTrade } from "./trades.ts";

interface Method {
  readonly operation: Operation;
  /** Returns the node's members besides code and msg. */
  run(world: World, bizContent: unknown, notifyUrl: string | undefined): object;
}

const METHODS: Readonly<Record<string, Method>> = {
  "alipay.trade.precreate": { operation: "create", run: precreate },
  "alipay.trade.query": { operation: "query", run: queryTrade },
  "alipay.trade.close": { operation: "close", run: closeTrade },
  "alipay.trade.cancel": { operation: "cancel", run: cancelTrade },
  "alipay.trade.refund": { operation: "refund", run: refundTrade },
  "alipay.trade.fastpay.refund.query": { operation: "refund_query", run: queryRefund },
};

/** The gateway as an application. */
export function alipayGateway(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  app.post("/gateway.do", (c) => handle(c, world));
  return app;
}

async function handle(c: SandboxContext, world: World): Promise<Response> {
  let name: string | undefined;
  try {
    const parameters = await parametersOf(c);
    const asked = parameters.get("method") ?? "";
    const method = Object.hasOwn(METHODS, asked) ? METHODS[asked] : undefined;
    if (method) name = asked;
    authenticate(world, parameters);
    if (!method) throw new AlipayError("40002", "isv.invalid-method", "不存在的方法名");
    return await carry(c, world, asked, method, parameters);
  } catch (error) {
    if (error instanceof AlipayError) return unsignedAnswer(name, error.node);
    throw error;
  }
}

async function parametersOf(c: SandboxContext): Promise<Parameters> {
  const [, query = ""] = (c.env.incoming.url ?? "").split(/\?(.*)/s, 2);
  return readParameters(query, await c.req.text());
}

function carry(c: SandboxContext, world: World, name: string, method: Method, parameters: Parameters) {
  const bizContent = parseBizContent(parameters.get("biz_content"));
  return carryOut(c, world, {
    provider: "alipay",
    operation: method.operation,
    outTradeNo: concerned(world, bizContent),
    perform: (flaw) => {
      const node = answerNode(() => method.run(world, bizContent, parameters.get("notify_url")));
      return signedAnswer(world, name, node, flaw);
    },
    fail: (fault) => fail(world, name, fault),
  });
}

function answerNode(run: () => object): object {
  try {
    return { code: "10000", msg: "Success", ...run() };
  } catch (error) {
    if (error instanceof AlipayError) return error.node;
    throw error;
  }
}

function fail(world: World, name: string, fault: Fault): Response {
  const status = /^http_(5\d\d)$/.exec(fault.kind)?.[1];
  if (status !== undefined) return new Response("Internal Server Error", { status: Number(status) });
  const limited = new AlipayError("40005", "isv.app-call-limited", "应用调用次数超限");
  return signedAnswer(world, name, (fault.kind === "http_429" ? limited : requestedError(fault)).node);
}

/** Anything but JSON is left to the method's own rules, which refuse it with a signed answer. */
function parseBizContent(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}

const Named = z.object({ out_trade_no: z.string().optional(), trade_no: z.string().optional() });

/** Which trade a call is about, so that faults can be meant for it alone. */
function concerned(world: World, bizContent: unknown): string | undefined {
  const named = Named.safeParse(bizContent).data ?? {};
  return named.out_trade_no ?? world.books.tradeByProviderNo("alipay", named.trade_no ?? "")?.outTradeNo;
}
