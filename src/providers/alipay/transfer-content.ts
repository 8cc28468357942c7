/** Transfers in Alipay's words (alipay.fund.trans.uni.transfer and .common.query): what is sent, and what replies say. */
import * as z from "zod";
import { formatYuan } from "../../money.ts";
import { InputError } from "../input-error.ts";
import {
  ALIPAY_IDENTITIES,
  ALIPAY_TRANSFER_PRODUCTS,
  type AlipayTransferDraft,
  type AlipayTransferProduct,
  type TransferStatus,
  type TransferView,
} from "../transfers.ts";
import { amount, checked, shownText, text } from "./content-rules.ts";
import { beijingTime, optional, yuan } from "./values.ts";

/** Money to be paid out, before it is put into Alipay's words. */
export type AlipayTransfer = Omit<AlipayTransferDraft, "provider">;

const SCENE = "DIRECT_TRANSFER";

/** The least that each product takes, in fen. */
const LEAST_FEN: Readonly<Record<AlipayTransferProduct, number>> = { TRANS_ACCOUNT_NO_PWD: 10, STD_RED_PACKET: 1 };

const transferRequest = z
  .object({
    out_biz_no: z.string().regex(/^[0-9A-Za-z_]{1,64}$/, "is not up to 64 letters, digits and underscores"),
    trans_amount: amount,
    product_code: z.enum(ALIPAY_TRANSFER_PRODUCTS, "is not a product of transfers"),
    biz_scene: z.literal(SCENE),
    order_title: text(128),
    payee_info: z.object({
      identity: text(64),
      identity_type: z.enum(ALIPAY_IDENTITIES, "is not a type of identity"),
      name: text(64).optional(),
    }),
    remark: text(200).optional(),
    transfer_scene_name: text(64).optional(),
    transfer_scene_report_infos: z.array(z.object({ info_type: text(64), info_content: text(256) })).optional(),
  })
  .refine(({ payee_info }) => payee_info.identity_type !== "ALIPAY_LOGON_ID" || payee_info.name !== undefined, {
    path: ["payee_info", "name"],
    error: "is required with a sign-in name",
  });

/**
 * Writes the biz_content of a transfer. Pure.
 * @throws InputError naming the member that Alipay would not take
 */
export function transferContent(draft: AlipayTransfer): string {
  const least = LEAST_FEN[draft.productCode];
  if (draft.amount < least) throw new InputError("trans_amount", `is less than ${formatYuan(least)}`);
  return JSON.stringify(checked(transferRequest, transferMembers(draft)));
}

function transferMembers(draft: AlipayTransfer): z.input<typeof transferRequest> {
  const { payee, sceneName, sceneReports = [] } = draft;
  return {
    out_biz_no: draft.outBillNo,
    trans_amount: draft.amount,
    product_code: draft.productCode,
    biz_scene: SCENE,
    order_title: shownText(draft.title, 128) ?? "",
    payee_info: { identity: payee.identity, identity_type: payee.identityType, name: payee.name },
    remark: shownText(draft.remark, 200),
    transfer_scene_name: sceneName,
    transfer_scene_report_infos: sceneReports.length === 0 ? undefined : sceneReports.map(reportMembers),
  };
}

function reportMembers(report: { readonly infoType: string; readonly infoContent: string }) {
  return { info_type: report.infoType, info_content: report.infoContent };
}

/** What names a transfer: a number is only found with the product that it was sent with. */
export interface AskedTransfer {
  readonly outBillNo: string;
  readonly productCode: AlipayTransferProduct;
}

/** Writes the biz_content of a query. */
export function transferQueryContent(asked: AskedTransfer): string {
  return JSON.stringify({ out_biz_no: asked.outBillNo, product_code: asked.productCode, biz_scene: SCENE });
}

/** The replies to a transfer and to a query of one. A query alone gives the amount, and what went wrong. */
export const transferReply = z.object({
  out_biz_no: z.string(),
  order_id: optional(z.string()),
  status: z.string(),
  trans_amount: optional(yuan),
  trans_date: optional(beijingTime),
  pay_date: optional(beijingTime),
  error_code: optional(z.string()),
});

const STATUSES: ReadonlyMap<string, TransferStatus> = new Map([
  ["WAIT_PAY", "processing"],
  ["DEALING", "processing"],
  ["SUCCESS", "success"],
  ["FAIL", "failed"],
  ["CLOSED", "failed"],
  ["REFUND", "returned"],
]);

/** Says what a reply means. Returns undefined for a status not known. */
export function transferView(reply: z.output<typeof transferReply>): TransferView | undefined {
  const status = STATUSES.get(reply.status);
  if (!status) return undefined;
  return {
    status,
    providerBillNo: reply.order_id ?? null,
    amount: reply.trans_amount ?? null,
    failReason: status === "failed" ? (reply.error_code ?? reply.status) : null,
    confirmation: null,
    // The time that Alipay says is that of the payment, also when its money has come back since.
    updatedAt: status === "returned" ? null : (reply.pay_date ?? reply.trans_date ?? null),
  };
}
