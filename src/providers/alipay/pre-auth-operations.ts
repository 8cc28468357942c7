/** Captures (alipay.trade.pay with auth_no) and releases (alipay.fund.auth.order.unfreeze) in Alipay's words. */
import * as z from "zod";
import type { OperationDraft, OperationKind, OperationView } from "../pre-authorisation.ts";
import { alipayNumber, amount, buyerMember, checked, openId, ownNumber, shownText, text } from "./content-rules.ts";
import { FREEZES } from "./pre-auth-content.ts";
import { alipayOwnNumber, beijingTime, optional, yuan } from "./values.ts";

const captureRequest = z.object({
  out_trade_no: ownNumber,
  auth_no: alipayNumber,
  buyer_id: text(16).optional(),
  buyer_open_id: openId.optional(),
  auth_confirm_mode: z.enum(["COMPLETE", "NOT_COMPLETE"]),
  product_code: z.enum(["PRE_AUTH", "PRE_AUTH_ONLINE"]),
  subject: text(256),
  total_amount: amount,
});

const unfreezeRequest = z.object({
  auth_no: alipayNumber,
  out_request_no: ownNumber,
  amount,
  remark: text(100),
});

/**
 * Writes the biz_content of a capture or a release.
 * @throws InputError naming the member that Alipay would not take
 */
export function operationContent(draft: OperationDraft): string {
  return draft.kind === "CAPTURE" ? captureContent(draft) : releaseContent(draft);
}

interface CaptureDraft extends Omit<OperationDraft, "kind" | "outOrderNo"> {
  /** Compared with who froze the money, where it is said. */
  readonly buyerId?: string | undefined;
}

/** Writes the biz_content of a capture. Throws InputError. */
export function captureContent(draft: CaptureDraft): string {
  const members: z.input<typeof captureRequest> = {
    out_trade_no: draft.number,
    auth_no: draft.authNo,
    ...(draft.buyerId !== undefined && buyerMember(draft.buyerId)),
    auth_confirm_mode: draft.final ? "COMPLETE" : "NOT_COMPLETE",
    product_code: FREEZES[draft.channel].capture,
    subject: shownText(draft.title, 256) ?? "",
    total_amount: draft.amount,
  };
  return JSON.stringify(checked(captureRequest, members));
}

/** Writes the biz_content of a release. Throws InputError. */
export function releaseContent(draft: Pick<OperationDraft, "number" | "authNo" | "amount" | "title">): string {
  const { number, authNo, amount, title } = draft;
  const members = { auth_no: authNo, out_request_no: number, amount, remark: shownText(title, 100) ?? "" };
  return JSON.stringify(checked(unfreezeRequest, members));
}

/** What names an operation: a capture is a payment of its own, a release belongs to its freeze. */
export type AskedOperation =
  | { readonly kind: "CAPTURE"; readonly number: string }
  | { readonly kind: "UNFREEZE"; readonly number: string; readonly outOrderNo: string };

/** The biz_content that asks for a capture or a release. */
export function operationReference(asked: AskedOperation): string {
  if (asked.kind === "CAPTURE") return JSON.stringify({ out_trade_no: asked.number });
  return JSON.stringify({ out_order_no: asked.outOrderNo, out_request_no: asked.number });
}

const captureReply = z.object({
  code: optional(z.string()),
  out_trade_no: z.string(),
  trade_no: optional(z.string()),
  /** Queries alone say it. */
  trade_status: optional(z.string()),
  total_amount: optional(yuan),
  gmt_payment: optional(beijingTime),
  send_pay_date: optional(beijingTime),
});

const unfreezeReply = z.object({
  out_request_no: z.string(),
  operation_id: optional(alipayOwnNumber),
  status: z.string(),
  amount: optional(yuan),
  gmt_trans: optional(beijingTime),
});

/** A reply as far as it goes: whose it is, and what it says; `undefined` for what is not understood. */
export interface OperationReply {
  readonly number: string;
  readonly view: OperationView | undefined;
}

/** Reads the reply to a capture or a release, or to a query of one. Returns undefined when a member is missing. */
export function readOperation(kind: OperationKind, node: unknown, call: "send" | "ask"): OperationReply | undefined {
  return kind === "CAPTURE" ? readCapture(node, call) : readUnfreeze(node);
}

const CAPTURES: ReadonlyMap<string, OperationView["status"]> = new Map([
  ["WAIT_BUYER_PAY", "processing"],
  ["TRADE_SUCCESS", "success"],
  ["TRADE_FINISHED", "success"],
  ["TRADE_CLOSED", "failed"],
]);

const PAID = "10000";

function readCapture(node: unknown, call: "send" | "ask"): OperationReply | undefined {
  const said = captureReply.safeParse(node).data;
  if (!said) return undefined;
  const done = said.code === PAID ? "success" : "processing";
  const status = call === "send" ? done : CAPTURES.get(said.trade_status ?? "");
  // A capture that was refunded in full is closed too, but has been paid before.
  const paidBefore = status === "failed" && said.send_pay_date !== undefined;
  const rest = { providerNo: said.trade_no ?? null, amount: said.total_amount ?? null };
  const finishedAt = said.gmt_payment ?? said.send_pay_date ?? null;
  return {
    number: said.out_trade_no,
    view: status && { status: paidBefore ? "success" : status, ...rest, finishedAt },
  };
}

const RELEASES: ReadonlyMap<string, OperationView["status"]> = new Map([
  ["INIT", "processing"],
  ["SUCCESS", "success"],
  ["CLOSED", "failed"],
]);

function readUnfreeze(node: unknown): OperationReply | undefined {
  const said = unfreezeReply.safeParse(node).data;
  if (!said) return undefined;
  const status = RELEASES.get(said.status);
  const rest = { providerNo: said.operation_id ?? null, amount: said.amount ?? null };
  return { number: said.out_request_no, view: status && { status, ...rest, finishedAt: said.gmt_trans ?? null } };
}
