/** New trades in Alipay's words: the text that opens one, method by method (Alipay, "payments"). */
import * as z from "zod";
import type { AttemptDraft } from "../attempt.ts";
import { formatBeijing } from "../beijing-time.ts";
import { normaliseSubject } from "../subject.ts";
import type { AlipayConfig } from "./config.ts";
import {
  ALIPAY_TEXT,
  amount,
  buyerMember,
  openId,
  ownNumber,
  paymentCode,
  text,
  webAddress,
  writeContent,
} from "./content-rules.ts";
import { type AlipayDetails, excludesOther, optionShapes, optionsOf } from "./options.ts";
import { PRODUCTS } from "./products.ts";
import { asciiAddress, writePage } from "./recorded-page.ts";

/** A trade before it is put into Alipay's words. */
export interface TradeDraft extends Pick<AttemptDraft, "outTradeNo" | "orderId" | "amount" | "subject" | "expiresAt"> {
  readonly details: AlipayDetails;
}

const tradeRequest = z
  .object({
    out_trade_no: ownNumber,
    total_amount: amount,
    subject: text(256),
    product_code: text(64),
    time_expire: text(19),
    quit_url: webAddress(400).optional(),
    qr_pay_mode: z.enum(["0", "1", "2", "3", "4"]).optional(),
    qrcode_width: z.int("is not a whole number").min(1, "is less than 1").max(9999, "is more than 9999").optional(),
    buyer_id: text(16).optional(),
    buyer_open_id: openId.optional(),
    scene: z.literal("bar_code").optional(),
    auth_code: paymentCode.optional(),
    ...optionShapes,
  })
  .refine(excludesOther, { path: ["disable_pay_channels"], error: "excludes enable_pay_channels" })
  .refine((said) => said.qrcode_width === undefined || said.qr_pay_mode === "4", {
    path: ["qrcode_width"],
    error: "is for qr_pay_mode 4",
  });

/**
 * The text to record for a new trade: its biz_content, and for a page where the browser comes back to as well. Repeating
 * a number needs this very text again, `time_expire` included.
 * @throws InputError naming the member that Alipay would not take
 */
export function tradeRequestText(draft: TradeDraft, config: Pick<AlipayConfig, "returnUrl">): string {
  const { details } = draft;
  const returnUrl = "returnUrl" in details ? (details.returnUrl ?? config.returnUrl) : config.returnUrl;
  const bizContent = writeContent(tradeRequest, {
    out_trade_no: draft.outTradeNo,
    total_amount: draft.amount,
    subject: normaliseSubject(draft.subject, ALIPAY_TEXT, draft.orderId),
    product_code: PRODUCTS[details.method].productCode,
    time_expire: formatBeijing(draft.expiresAt),
    ...membersOf(details, returnUrl),
    ...optionsOf(details),
  });
  const isPage = details.method === "ALIPAY_WEB" || details.method === "ALIPAY_WAP";
  return isPage ? writePage(bizContent, returnUrl) : bizContent;
}

/** The same for a trade that is no order's: its number stands for a subject of which nothing is left. */
export function newTradeText(
  trade: Omit<TradeDraft, "orderId" | "details">,
  details: AlipayDetails,
  config: Pick<AlipayConfig, "returnUrl">,
): string {
  return tradeRequestText({ ...trade, orderId: trade.outTradeNo, details }, config);
}

/** What a method needs and takes beside what all of them do. */
function membersOf(details: AlipayDetails, returnUrl: string | undefined): Partial<z.input<typeof tradeRequest>> {
  switch (details.method) {
    case "ALIPAY_WEB":
      return { qr_pay_mode: details.qrPayMode, qrcode_width: details.qrcodeWidth };
    case "ALIPAY_WAP":
      // An absent one is refused in Alipay's words: the buyer who gives up has to end up somewhere.
      return { quit_url: asciiAddress(details.quitUrl ?? returnUrl ?? "") };
    case "ALIPAY_JSAPI":
      return buyerMember(details.buyerId);
    case "ALIPAY_BARCODE":
      return { scene: "bar_code", auth_code: details.authCode };
    case "ALIPAY_APP":
    case "ALIPAY_QR":
      return {};
  }
}
