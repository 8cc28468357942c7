/** Captures (alipay.trade.pay with auth_no) and releases (alipay.fund.auth.order.unfreeze) in Alipay's words. */
import * as z from "zod";
import type { OperationDraft, OperationKind, OperationRef, OperationView } from "../pre-authorisation.ts";
import { alipayNumber, amount, checked, ownNumber, shownText, text } from "./content-rules.ts";
import { beijingTime, optional, yuan } from "./values.ts";

/** The methods that do, and that ask. */
export const OPERATION_METHODS = {
  CAPTURE: { send: "alipay.trade.pay", ask: "alipay.trade.query" },
  UNFREEZE: { send: "alipay.fund.auth.order.unfreeze", ask: "alipay.fund.auth.operation.detail.query" },
} as const satisfies Record<OperationKind, { send: string; ask: string }>;

const captureRequest = z.object({
  out_trade_no: ownNumber,
  auth_no: alipayNumber,
  auth_confirm_mode: z.enum(["COMPLETE", "NOT_COMPLETE"]),
  product_code: z.literal("PRE_AUTH"),
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
  if (draft.kind === "CAPTURE") return JSON.stringify(checked(captureRequest, captureMembers(draft)));
  const { number, authNo, title } = draft;
  const members = {
    auth_no: authNo,
    out_request_no: number,
    remark: shownText(title, 100) ?? "",
    amount: draft.amount,
  };
  return JSON.stringify(checked(unfreezeRequest, members));
}

function captureMembers(draft: OperationDraft): z.input<typeof captureRequest> {
  return {
    out_trade_no: draft.number,
    auth_no: draft.authNo,
    auth_confirm_mode: draft.final ? "COMPLETE" : "NOT_COMPLETE",
    product_code: "PRE_AUTH",
    subject: shownText(draft.title, 256) ?? "",
    total_amount: draft.amount,
  };
}

/** The biz_content that asks for a capture or a release. */
export function operationReference({ kind, number, outOrderNo }: OperationRef): string {
  if (kind === "CAPTURE") return JSON.stringify({ out_trade_no: number });
  return JSON.stringify({ out_order_no: outOrderNo, out_request_no: number });
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
  operation_id: optional(z.string()),
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
