/** Freezes in Alipay's words (alipay.fund.auth.order.*, .operation.*): what is sent, and what replies and notices say. */
import * as z from "zod";
import type { FreezeChannel, FreezeDraft, FreezeView } from "../pre-authorisation.ts";
import { type AlipayConfig, PRE_AUTH_PRODUCT_CODES } from "./config.ts";
import { amount, checked, ownNumber, paymentCode, shownText, text } from "./content-rules.ts";
import { alipayOwnNumber, beijingTime, optional, yuan } from "./values.ts";

/**
 * The method that starts a freeze by a channel, its product, and the product that captures of its money name. The buyer
 * is online with an order string, and at the counter with codes, whoever scans. Sources contradict each other on the
 * product of alipay.fund.auth.order.app.freeze: its model says PREAUTH_PAY, the test of Alipay's SDK for Node.js says
 * PRE_AUTH_ONLINE. `AlipayConfig.preAuthProductCode` decides. alipay.trade.pay lists PRE_AUTH_ONLINE and PRE_AUTH alone.
 */
export const FREEZES = {
  app: { method: "alipay.fund.auth.order.app.freeze", product: "PREAUTH_PAY", capture: "PRE_AUTH_ONLINE" },
  qr: { method: "alipay.fund.auth.order.voucher.create", product: "PRE_AUTH", capture: "PRE_AUTH" },
  barcode: { method: "alipay.fund.auth.order.freeze", product: "PRE_AUTH", capture: "PRE_AUTH" },
} as const satisfies Record<FreezeChannel, { method: string; product: string; capture: string }>;

/** The longest that Alipay waits for anything. */
const MAX_MINUTES = 15 * 24 * 60;

const freezeRequest = z.object({
  out_order_no: ownNumber,
  out_request_no: ownNumber,
  auth_code: paymentCode.optional(),
  auth_code_type: z.literal("bar_code").optional(),
  order_title: text(100),
  amount,
  product_code: z.enum([...PRE_AUTH_PRODUCT_CODES, "PRE_AUTH"]),
  pay_timeout: z
    .int("is not a whole number of minutes")
    .min(1, "is less than a minute")
    .max(MAX_MINUTES, "is more than 15 days")
    .transform((minutes) => `${minutes}m`),
});

/**
 * Writes the biz_content of a freeze. It has one request, which goes by the number of the freeze itself.
 * @throws InputError naming the member that Alipay would not take
 */
export function freezeContent(draft: FreezeDraft, config: Pick<AlipayConfig, "preAuthProductCode">): string {
  const scanned = { auth_code: draft.authCode ?? "", auth_code_type: "bar_code" } as const;
  const members: z.input<typeof freezeRequest> = {
    out_order_no: draft.outOrderNo,
    out_request_no: draft.outOrderNo,
    ...(draft.channel === "barcode" && scanned),
    order_title: shownText(draft.title, 100) ?? "",
    amount: draft.amount,
    product_code: (draft.channel === "app" && config.preAuthProductCode) || FREEZES[draft.channel].product,
    pay_timeout: draft.minutes,
  };
  return JSON.stringify(checked(freezeRequest, members));
}

/** The members that name a freeze, for queries and cancels. */
export function freezeReference(outOrderNo: string) {
  return { out_order_no: outOrderNo, out_request_no: outOrderNo };
}

/** The reply to a voucher. */
export const voucherReply = z.object({ out_order_no: z.string(), code_value: z.string().min(1) });

/** The replies to a scanned freeze and to a query, and the notice of a freeze. */
export const freezeFacts = z.object({
  out_order_no: z.string(),
  out_request_no: z.string(),
  auth_no: optional(alipayOwnNumber),
  /** Of the operation. */
  status: optional(z.string()),
  /** Of the authorisation as a whole: queries alone say it. */
  order_status: optional(z.string()),
  amount: optional(yuan),
  rest_amount: optional(yuan),
  gmt_trans: optional(beijingTime),
});

type FreezeFacts = z.output<typeof freezeFacts>;

/** Says what is known of a freeze. Returns undefined for a state not known, or for frozen money without its number. */
export function freezeView(facts: FreezeFacts): FreezeView | undefined {
  switch (facts.order_status ?? facts.status) {
    case "INIT":
      return { status: "pending" };
    case "AUTHORIZED":
    case "SUCCESS":
      return frozen(facts);
    case "FINISH":
      return { status: "finished" };
    case "CLOSED":
      return { status: "closed" };
    default:
      return undefined;
  }
}

function frozen({ auth_no: authNo, amount, rest_amount: rest, gmt_trans: frozenAt }: FreezeFacts) {
  if (authNo === undefined || amount === undefined) return undefined;
  return { status: "frozen", authNo, amount, rest: rest ?? null, frozenAt: frozenAt ?? null } as const;
}

/** The reply to a cancel. Its `action` says what had to be done for it; nothing is frozen afterwards, either way. */
export const cancelReply = z.object({ out_order_no: z.string() });
