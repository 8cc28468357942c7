/** alipay.trade.pay: the merchant scans the code on the buyer's phone, and is paid or asked to wait. */
import { pay } from "../buyer.ts";
import { dateTime } from "../times.ts";
import type { Trade } from "../trade.ts";
import type { World } from "../world.ts";
import type { Endpoint, Input } from "./endpoint.ts";
import { businessError } from "./errors.ts";
import { Pay } from "./order-schemas.ts";
import { orderedTrade } from "./orders.ts";
import { CODE_FAILURES } from "./phone.ts";
import { captureFrozen, isCapture } from "./pre-auth-capture.ts";
import { checked } from "./schemas.ts";
import { buyer, numbers } from "./view.ts";
import { toYuan } from "./yuan.ts";

export const payEndpoints: readonly Endpoint[] = [{ method: "alipay.trade.pay", operation: "create", run: payByCode }];

/** Digits as payment codes have them, or a code of a payment by face. */
const CODE = /^(?:(?:2[5-9]|30)\d{14,22}|fp[0-9A-Za-z]{33})$/;

/** A code that fails leaves no trade behind. */
function payByCode(world: World, input: Input) {
  if (isCapture(input)) return paid(captureFrozen(world, input));
  const order = checked(Pay, input.bizContent);
  const there = world.books.trade("alipay", order.out_trade_no);
  if (there) return waiting(orderedTrade(world, order, input, { product: "pay", exists: true }));
  if (!CODE.test(order.auth_code)) throw businessError("PAYMENT_AUTH_CODE_INVALID", "支付授权码无效");
  const code = world.alipay.phone.scan(order.auth_code);
  if (!code) throw businessError("PAYMENT_AUTH_CODE_INVALID", "支付授权码无效");
  if (code.failure !== undefined) throw businessError(code.failure, CODE_FAILURES[code.failure]);
  const trade = orderedTrade(world, order, input, { product: "pay", exists: true });
  if (code.asksPassword) return waiting(trade);
  pay(world, trade);
  return paid(trade);
}

/** The buyer has to confirm on the phone; the merchant queries meanwhile. */
function waiting(trade: Trade) {
  return {
    code: "10003",
    msg: " order success pay inprocess",
    ...numbers(trade),
    ...buyer(trade),
    total_amount: toYuan(trade.amount),
  };
}

function paid(trade: Trade) {
  const amount = toYuan(trade.amount);
  return {
    ...numbers(trade),
    ...buyer(trade),
    total_amount: amount,
    receipt_amount: amount,
    buyer_pay_amount: amount,
    point_amount: "0.00",
    invoice_amount: amount,
    gmt_payment: dateTime(trade.paidAt ?? trade.createdAt),
    fund_bill_list: [{ fund_channel: "ALIPAYACCOUNT", amount }],
  };
}
