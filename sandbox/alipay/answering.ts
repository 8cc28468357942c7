/** How a verified request is carried out and answered, or refused, or left hanging where a fault waits for it. */
import * as z from "zod";
import { ANSWER_KINDS, type Fault, type Operation } from "../faults.ts";
import { type Call, carryOut, type SandboxContext } from "../http.ts";
import type { World } from "../world.ts";
import { readableContent } from "./encryption.ts";
import type { Endpoint, Input, ScreenEndpoint } from "./endpoint.ts";
import { signedAnswer, unsignedAnswer } from "./envelope.ts";
import { errorPage } from "./error-page.ts";
import { AlipayError, requestedError } from "./errors.ts";
import type { Parameters } from "./request.ts";

type Occasion = Pick<Call, "provider" | "operation" | "outTradeNo">;

/** Carries a request out. Throws AlipayError where it can't be read. */
export function carry(
  c: SandboxContext,
  world: World,
  endpoint: Endpoint | ScreenEndpoint,
  parameters: Parameters,
): Promise<Response> {
  if (endpoint.certificateOnly && world.alipay.application.mode !== "certificate") {
    throw new AlipayError("40006", "isv.insufficient-isv-permissions", "ISV权限不足，须使用公钥证书签名");
  }
  const input = inputOf(world, parameters);
  const outTradeNo = endpoint.concerns ? endpoint.concerns(world, input) : concerned(world, input.bizContent);
  const occasion = { provider: "alipay", operation: endpoint.operation, outTradeNo } as const;
  if ("channel" in endpoint) return carryOut(c, world, screenCall(c, world, endpoint, input, occasion));
  const isEncrypted = parameters.get("encrypt_type") === "AES";
  return carryOut(c, world, {
    ...occasion,
    perform: (flaw) => {
      const node = answerNode(() => endpoint.run(world, input));
      const host = c.req.header("host");
      const oddity = flaw ?? world.faults.take({ ...occasion, host }, ANSWER_KINDS)?.kind;
      return signedAnswer(world, endpoint.method, node, { isEncrypted, oddity });
    },
    fail: (fault) => fail(fault, endpoint.operation, (error) => refused(world, endpoint.method, fault, error)),
  });
}

/** A browser is sent on to the cashier, or shown what is wrong. */
function screenCall(c: SandboxContext, world: World, endpoint: ScreenEndpoint, input: Input, occasion: Occasion): Call {
  return {
    ...occasion,
    perform: () => {
      try {
        return c.redirect(endpoint.open(world, input).url, 302);
      } catch (error) {
        if (error instanceof AlipayError) return errorPage(c, error);
        throw error;
      }
    },
    fail: (fault) => fail(fault, endpoint.operation, (error) => errorPage(c, error)),
  };
}

/** What a method is given. Throws AlipayError where biz_content can't be decrypted. */
export function inputOf(world: World, parameters: Parameters): Input {
  const content = parameters.get("biz_content") ?? "";
  const text = readableContent(world.alipay.application, content, parameters.get("encrypt_type") || undefined);
  return {
    bizContent: parsed(text),
    notifyUrl: parameters.get("notify_url") || undefined,
    returnUrl: parameters.get("return_url") || undefined,
  };
}

function answerNode(run: () => object): object {
  try {
    return { code: "10000", msg: "Success", ...run() };
  } catch (error) {
    if (error instanceof AlipayError) return error.node;
    throw error;
  }
}

type Answer = Response | Promise<Response>;

function fail(fault: Fault, operation: Operation, answer: (error: AlipayError) => Answer): Answer {
  const status = /^http_(5\d\d)$/.exec(fault.kind)?.[1];
  if (status !== undefined) return new Response("Internal Server Error", { status: Number(status) });
  const limited = new AlipayError("40005", "isv.app-call-limited", "应用调用次数超限");
  return answer(fault.kind === "http_429" ? limited : requestedError(fault, operation));
}

function refused(world: World, method: string, fault: Fault, error: AlipayError): Response {
  if (fault.kind === "error_response") return unsignedAnswer(undefined, error.node);
  return signedAnswer(world, method, error.node, fault.kind === "gbk_error" ? { oddity: "gbk" } : {});
}

/** Anything but JSON is left to the method's own rules, which refuse it with a signed answer. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
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
