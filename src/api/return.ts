/** The address that browsers come back to from Alipay's pages: it shows how the order stands, and settles nothing by itself. */
import { Hono } from "hono";
import type { ReturnedPayment } from "../payments/attempts/returned-payment.ts";
import type { PaymentState } from "../payments/attempts/view.ts";
import { PaymentManager } from "../payments/manager.ts";
import { type AppContext, type AppEnv, errorResponse } from "./http.ts";
import { type Message, policyOf, returnPage } from "./return-page.ts";

/** `/payments/alipay/return`, to be mounted at /api/v1. */
export function returnRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get("/payments/alipay/return", show);
  return app;
}

async function show(c: AppContext): Promise<Response> {
  const { message, orderId } = await standingOf(c);
  const nonce = crypto.randomUUID();
  return c.html(returnPage(message, orderId, nonce), message.status, { "Content-Security-Policy": policyOf(nonce) });
}

async function standingOf(c: AppContext): Promise<{ message: Message; orderId?: string }> {
  if (hasGivenUp(c)) return { message: LEFT };
  try {
    const returned = await new PaymentManager(c.get("payments")).returned("alipay", new URL(c.req.url).search);
    if (typeof returned === "string") return { message: REFUSALS[returned] };
    return { message: { status: 200, ...standing(returned) }, orderId: returned.orderId };
  } catch (error) {
    // Logged, and asked to come again, like any other error. But whoever looks at this is a buyer.
    return { message: errorResponse(c, error).status < 500 ? REFUSALS.unverified : UNAVAILABLE };
  }
}

/** Buyers who give up on Alipay's mobile page land here too, where no `quitUrl` was said: with nothing in their hands. */
function hasGivenUp(c: AppContext): boolean {
  return c.req.query("sign") === undefined && c.req.query("out_trade_no") === undefined;
}

const LEFT: Message = {
  status: 200,
  mark: "…",
  title: "您已离开支付页面",
  text: "请回到商城查看订单是否已支付，或重新支付。",
};

const UNAVAILABLE: Message = {
  status: 503,
  mark: "!",
  title: "暂时无法查询",
  text: "支付结果不受影响，请稍后刷新，或回到商城查看订单。",
  again: true,
};

const REFUSALS: Readonly<Record<Extract<ReturnedPayment, string>, Message>> = {
  unverified: { status: 400, mark: "!", title: "链接无效", text: "请回到商城查看订单。" },
  unknown: { status: 404, mark: "!", title: "没有这笔订单", text: "请回到商城查看订单。" },
};

/** The order's standing in the buyer's words. Money that could not pay the order is not called a payment of it. */
function standing({ status, applied, orderStatus }: PaymentState): Omit<Message, "status"> {
  if (status === "SUCCESS" && applied) {
    return { mark: "✓", title: "支付成功", text: "您可以关闭本页，回到商城查看订单。" };
  }
  if (orderStatus === "PAID") {
    return { mark: "!", title: "订单已支付", text: "本次款项未用于该订单，如已扣款将原路退回。" };
  }
  if (status === "SUCCESS") {
    return { mark: "!", title: "款项未用于该订单", text: "款项将原路退回，或由商家与您联系。" };
  }
  if (status === "PENDING") {
    return { mark: "…", title: "正在确认支付结果", text: "尚未收到支付结果，请稍后刷新。", again: true };
  }
  if (status === "CLOSING") {
    return { mark: "…", title: "正在关闭", text: "本次支付正在关闭，请稍后刷新。", again: true };
  }
  return { mark: "×", title: "支付已关闭", text: "本次支付未完成，请回到商城重新支付。" };
}
