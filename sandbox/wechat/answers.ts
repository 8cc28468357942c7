/** WeChat Pay's answers over HTTP: signed where they succeed, bare where they refuse. */
import { randomUUID } from "node:crypto";
import type { Fault, SignatureKind } from "../faults.ts";
import type { World } from "../world.ts";
import { Download, type Endpoint, type Input } from "./endpoint.ts";
import { errorResponse, WechatError } from "./errors.ts";
import { signatureHeaders } from "./signature.ts";
import type { Signer } from "./signing.ts";

/** Carries a call out and signs what comes of it, spoilt on request. Throws WechatError. */
export function answer(
  world: World,
  endpoint: Endpoint,
  input: Input,
  signer: Signer,
  flaw: SignatureKind | undefined,
): Response {
  const result = world.wechat.rates.pass(endpoint.limit, () => endpoint.run(world, input));
  if (result instanceof Download) return download(result);
  const body = result === null ? "" : JSON.stringify(result);
  const headers = {
    "Content-Type": "application/json",
    ...requestId(),
    ...signatureHeaders(world, signer, body, { flaw }),
  };
  return result === null ? new Response(null, { status: 204, headers }) : new Response(body, { headers });
}

/** Runs what may refuse. */
export function orRefuse(endpoint: Endpoint, run: () => Response): Response {
  try {
    return run();
  } catch (error) {
    return refusal(endpoint, error);
  }
}

/** A refusal as the caller gets it. The payment endpoints name no Request-ID when they turn somebody away with 401. */
export function refusal(endpoint: Endpoint, error: unknown): Response {
  if (!(error instanceof WechatError)) throw error;
  const anonymous = endpoint.family === "pay" && error.status === 401;
  return errorResponse(error, anonymous ? {} : requestId());
}

const FAILURES: Partial<Record<Fault["kind"], () => WechatError>> = {
  http_500: () => new WechatError(500, "SYSTEM_ERROR", "系统异常，请稍后重试"),
  http_501: () => new WechatError(501, "NOT_IMPLEMENTED", "不支持的请求"),
  http_503: () => new WechatError(503, "SERVICE_UNAVAILABLE", "服务不可用，请稍后重试"),
  old_order_limit: () => new WechatError(429, "FREQUENCY_LIMITED", OLD_ORDER),
};

/** What a refund of an order that is older than a month hears when there are too many. */
export const OLD_ORDER = "频率限制，1个月之前的订单请降低申请频率再重试";

/** The failure that a test asks for. 429 goes by several names, 502 comes from something in between. */
export function requestedFailure(fault: Fault): Response {
  if (fault.kind === "http_502") {
    return new Response("<html><h1>502 Bad Gateway</h1></html>", {
      status: 502,
      headers: { "Content-Type": "text/html" },
    });
  }
  if (fault.kind === "http_429") {
    return errorResponse(new WechatError(429, fault.code ?? "FREQUENCY_LIMITED", "频率超限，请稍后重试"), requestId());
  }
  const error = FAILURES[fault.kind]?.() ?? new WechatError(fault.status, fault.code ?? "NO_AUTH", fault.message);
  return errorResponse(error, requestId());
}

function download({ contentType, content }: Download): Response {
  return new Response(content, { headers: { "Content-Type": contentType, ...requestId() } });
}

function requestId() {
  return { "Request-ID": randomUUID() };
}
