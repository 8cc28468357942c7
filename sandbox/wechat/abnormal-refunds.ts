/** Refunds that could not go back the way the money came: sent to a bank account instead (WeChat Pay V3, refunds). */
import { fingerprint, type Refund } from "../trade.ts";
import type { World } from "../world.ts";
import { checked } from "./body.ts";
import type { Endpoint, Input } from "./endpoint.ts";
import { invalidRequest, missingSerial, parameterError, WechatError } from "./errors.ts";
import { AbnormalRefund, bankName } from "./refund-schemas.ts";
import { scheduleEnd, tradeOf } from "./refunds.ts";
import { refundView } from "./views.ts";

const CARD = /^\d{8,32}$/;

export const abnormalRefundEndpoints: readonly Endpoint[] = [
  {
    method: "POST",
    path: "/v3/refund/domestic/refunds/:no/apply-abnormal-refund",
    operation: "abnormal_refund",
    family: "refund",
    limit: { name: "abnormal_refund", perSecond: 150 },
    concerns: (world, { no }) => world.books.refundByProviderNo("wechat", no)?.outTradeNo,
    run: redirect,
  },
];

/** Puts an ABNORMAL refund back to PROCESSING. An identical repeat changes nothing. */
function redirect(world: World, input: Input) {
  const { out_refund_no, ...order } = checked(AbnormalRefund, input.body);
  const { print, account } = order.type === "USER_BANK_CARD" ? userAccount(order, input) : merchantAccount();
  const refund = world.books.refundByProviderNo("wechat", input.no);
  if (!refund || refund.outRefundNo !== out_refund_no) {
    throw new WechatError(404, "RESOURCE_NOT_EXISTS", "退款单不存在");
  }
  if (!isRepeated(refund, print)) {
    world.books.redirectRefund(refund, { account, fingerprint: print });
    scheduleEnd(world, refund, "abnormal_refund");
  }
  return refundView(tradeOf(world, refund), refund);
}

/** Whether the same was asked before. Throws WechatError when it can't be asked for now. */
function isRepeated(refund: Refund, print: string): boolean {
  if (refund.redirected?.fingerprint === print && refund.status !== "ABNORMAL") return true;
  if (refund.status !== "ABNORMAL") throw invalidRequest("退款单状态不是退款异常，不能发起异常退款");
  return false;
}

type UserCard = Extract<ReturnType<typeof AbnormalRefund.parse>, { type: "USER_BANK_CARD" }>;

/** Where the money goes, as a refund's view names it, and the decrypted request as repeats have to look. */
function userAccount(order: Omit<UserCard, "out_refund_no">, input: Input) {
  if (input.header("wechatpay-serial") === undefined) throw missingSerial();
  const bankAccount = input.decrypt("/bank_account", order.bank_account);
  const realName = input.decrypt("/real_name", order.real_name);
  if (!CARD.test(bankAccount)) throw parameterError("body", "/bank_account", "解密后不是银行卡号");
  if (realName.trim() === "") throw parameterError("body", "/real_name", "解密后为空");
  const print = fingerprint({ type: order.type, bankType: order.bank_type, bankAccount, realName });
  return { print, account: `${bankName(order.bank_type)}借记卡${bankAccount.slice(-4)}` };
}

function merchantAccount() {
  return { print: fingerprint({ type: "MERCHANT_BANK_CARD" }), account: "商户结算银行账户" };
}
