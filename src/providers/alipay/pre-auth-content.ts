/** Freezes in Alipay's words (alipay.fund.auth.order.*, .operation.*): what is sent, and what replies and notices say. */
import * as z from "zod";
import type { FreezeChannel, FreezeDraft, FreezeRef, FreezeView } from "../pre-authorisation.ts";
import { amount, checked, ownNumber, shownText, text } from "./content-rules.ts";
import { beijingTime, optional, yuan } from "./values.ts";

/** The method that starts a freeze, and the product that it names. */
export const FREEZE_METHODS = {
  app: { method: "alipay.fund.auth.order.app.freeze", product: "PREAUTH_PAY" },
  qr: { method: "alipay.fund.auth.order.voucher.create", product: "PRE_AUTH" },
  barcode: { method: "alipay.fund.auth.order.freeze", product: "PRE_AUTH" },
} as const satisfies Record<FreezeChannel, { method: string; product: string }>;

const freezeRequest = z.object({
  out_order_no: ownNumber,
  out_request_no: ownNumber,
  auth_code: z
    .string()
    .regex(/^(?:\d{16,32}|fp[0-9a-zA-Z]{20,62})$/, "is not what Alipay's bar codes hold")
    .optional(),
  auth_code_type: z.literal("bar_code").optional(),
  order_title: text(100),
  amount,
  product_code: z.enum(["PREAUTH_PAY", "PRE_AUTH"]),
  pay_timeout: z.string().regex(/^[1-9]\d{0,3}m$/, "is not a number of minutes"),
});

/**
 * Writes the biz_content of a freeze. It has one request, which goes by the number of the freeze itself.
 * @throws InputError naming the member that Alipay would not take
 */
export function freezeContent(draft: FreezeDraft): string {
  const scanned = { auth_code: draft.authCode ?? "", auth_code_type: "bar_code" } as const;
  const members: z.input<typeof freezeRequest> = {
    out_order_no: draft.outOrderNo,
    out_request_no: draft.outOrderNo,
    ...(draft.channel === "barcode" && scanned),
    order_title: shownText(draft.title, 100) ?? "",
    amount: draft.amount,
    product_code: FREEZE_METHODS[draft.channel].product,
    pay_timeout: `${draft.minutes}m`,
  };
  return JSON.stringify(checked(freezeRequest, members));
}

/** The biz_content that names a freeze, for queries and cancels. */
export function freezeReference(freeze: Pick<FreezeRef, "outOrderNo">): string {
  return JSON.stringify({ out_order_no: freeze.outOrderNo, out_request_no: freeze.outOrderNo });
}

/** The reply to a voucher. */
export const voucherReply = z.object({ out_order_no: z.string(), code_value: z.string().min(1) });

/** The replies to a scanned freeze and to a query, and the notice of a freeze. */
export const freezeFacts = z.object({
  out_order_no: z.string(),
  out_request_no: z.string(),
  auth_no: optional(z.string()),
  /** Of the operation. */
  status: optional(z.string()),
  /** Of the authorisation as a whole: queries alone say it. */
  order_status: optional(z.string()),
  amount: optional(yuan),
  gmt_trans: optional(beijingTime),
});

/** Says what is known of a freeze. Returns undefined for a state not known, or for frozen money without its number. */
export function freezeView(facts: z.output<typeof freezeFacts>): FreezeView | undefined {
  switch (facts.order_status ?? facts.status) {
    case "INIT":
      return { status: "pending" };
    case "AUTHORIZED":
    case "SUCCESS":
      if (facts.auth_no === undefined || facts.amount === undefined) return undefined;
      return { status: "frozen", authNo: facts.auth_no, amount: facts.amount, frozenAt: facts.gmt_trans ?? null };
    case "FINISH":
      return { status: "finished" };
    case "CLOSED":
      return { status: "closed" };
    default:
      return undefined;
  }
}

/** The reply to a cancel: `action` says whether frozen money was released or the order closed before. */
export const cancelReply = z.object({ out_order_no: z.string(), action: optional(z.string()) });
