/**
 * What WeChat's own code on a buyer's device does with the parameters that a client hands over: checks them and their
 * signature, then opens the payment screen (WeChat Pay V3, client invocation).
 */
import * as z from "zod";
import { signatureFits } from "../crypto.ts";
import type { Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { tradeOfPrepayId } from "./prepay.ts";

/** An official account's page, a mini program, a native application. */
export const CLIENTS = ["jsapi", "mini", "app"] as const;
export type Client = (typeof CLIENTS)[number];

/** A payment screen that does not open; the message is as the client gets it, and names the parameter at fault. */
export class InvocationError extends Error {}

const seconds = z.string().regex(/^\d{10}$/, "须为10位的秒数，类型为字符串");
const nonce = z.string().min(1).max(32);

const MiniParameters = z.object({
  timeStamp: seconds,
  nonceStr: nonce,
  package: z.string().regex(/^prepay_id=\S+$/, "须为prepay_id=…"),
  signType: z.literal("RSA", "须为RSA"),
  paySign: z.string().min(1),
});
const JsapiParameters = MiniParameters.extend({ appId: z.string().min(1) });
const AppParameters = z.object({
  appid: z.string().min(1),
  partnerid: z.string().min(1),
  prepayid: z.string().min(1),
  package: z.literal("Sign=WXPay", "须为Sign=WXPay"),
  noncestr: nonce,
  timestamp: seconds,
  sign: z.string().min(1),
});

/** What all three come to. */
interface Invocation {
  readonly appId: string;
  readonly timeStamp: string;
  readonly nonceStr: string;
  readonly prepayId: string;
  /** The last line of the text that is signed. */
  readonly signedLast: string;
  readonly sign: string;
}

const FAILURES = { jsapi: "get_brand_wcpay_request:fail", mini: "requestPayment:fail", app: "errCode -1" };

/** Opens the payment screen and returns its secret. Throws InvocationError. */
export function invoke(world: World, client: Client, parameters: unknown): string {
  const fail = (reason: string) => new InvocationError(`${FAILURES[client]} ${reason}`);
  const invocation = invocationOf(world, client, parameters, fail);
  const trade = tradeOfPrepayId(world, invocation.prepayId);
  if (!trade) throw fail("支付会话不存在 (prepay_id)");
  if (trade.product !== (client === "app" ? "app" : "jsapi")) throw fail("订单的支付产品与调起方式不符 (prepay_id)");
  if (trade.appId !== invocation.appId) throw fail("调起支付的应用与下单的应用不一致 (appId)");
  if (!isSigned(world, invocation)) throw fail("支付验证签名失败 (paySign)");
  const over = whyOver(world, trade);
  if (over !== undefined) throw fail(over);
  return world.wechat.cashiers.open(trade);
}

function invocationOf(world: World, client: Client, parameters: unknown, fail: (reason: string) => Error): Invocation {
  if (client === "app") return appInvocation(world, parameters, fail);
  const given = parsed(client === "jsapi" ? JsapiParameters : MiniParameters, parameters, fail);
  // A mini program's parameters name no application: it is the program that runs.
  const appId = "appId" in given ? String(given.appId) : world.wechat.miniAppId;
  if (client === "jsapi" && appId !== world.wechat.appId) throw fail("不是本公众号 (appId)");
  const prepayId = given.package.slice("prepay_id=".length);
  return { ...given, appId, prepayId, signedLast: given.package, sign: given.paySign };
}

function appInvocation(world: World, parameters: unknown, fail: (reason: string) => Error): Invocation {
  const given = parsed(AppParameters, renamed(parameters), fail);
  if (given.partnerid !== world.wechat.mchId) throw fail("不是本商户 (partnerid)");
  return {
    appId: given.appid,
    timeStamp: given.timestamp,
    nonceStr: given.noncestr,
    prepayId: given.prepayid,
    signedLast: given.prepayid,
    sign: given.sign,
  };
}

const ANDROID_NAMES: Readonly<Record<string, string>> = { packageValue: "package" };

/** Android's names are those of iOS with capitals inside, but for one. */
function renamed(parameters: unknown): unknown {
  if (typeof parameters !== "object" || parameters === null) return parameters;
  const members = Object.entries(parameters);
  return Object.fromEntries(members.map(([name, value]) => [ANDROID_NAMES[name] ?? name.toLowerCase(), value]));
}

function parsed<T>(schema: z.ZodType<T>, parameters: unknown, fail: (reason: string) => Error): T {
  const result = schema.safeParse(parameters);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw fail(`${issue?.message ?? "参数错误"} (${issue?.path.join(".") ?? ""})`);
}

function isSigned(world: World, { appId, timeStamp, nonceStr, signedLast, sign }: Invocation): boolean {
  return signatureFits(world.wechat.merchantKey, `${appId}\n${timeStamp}\n${nonceStr}\n${signedLast}\n`, sign);
}

/** Why a trade's screen no longer opens. */
function whyOver(world: World, trade: Trade): string | undefined {
  if (trade.state === "paid") return "该订单已支付 (prepay_id)";
  if (trade.state === "closed") return "订单已关闭 (prepay_id)";
  const now = world.clock.now();
  if (now >= trade.expiresAt || now >= trade.tokenUntil) return "支付会话已过期 (prepay_id)";
  return undefined;
}
