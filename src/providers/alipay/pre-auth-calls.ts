/** The calls about freezes (alipay.fund.auth.order.*, .operation.*). A freeze has one request, which goes by its number too. */
import type { CallContext } from "../call.ts";
import { type Outcome, ok, unknown } from "../outcome.ts";
import type { FreezeCredential, FreezeRef, FreezeView } from "../pre-authorisation.ts";
import type { Application } from "./application.ts";
import { failure } from "./codes.ts";
import { cancelReply, FREEZES, freezeFacts, freezeReference, freezeView, voucherReply } from "./pre-auth-content.ts";
import { isError, NOT_FOUND, type NotFound, notUnderstood } from "./replies.ts";

/** What starts a freeze: its number, and the text that was recorded for it. */
type Recorded = Pick<FreezeRef, "outOrderNo" | "request">;

/** What the buyer of a channel is handed. */
type CredentialOf<C extends FreezeCredential["channel"]> = Extract<FreezeCredential, { readonly channel: C }>;

/** What queries and cancels call that which is not there. */
export const MISSING = ["AUTH_ORDER_NOT_EXIST", "AUTH_OPERATION_NOT_EXIST", "TRADE_NOT_EXIST"] as const;

/** Signs what the mobile application hands to Alipay's SDK. Alipay hears of it when the buyer opens it. */
export async function signFreeze(
  { client, config }: Application,
  { request }: Recorded,
  call: Pick<CallContext, "now">,
): Promise<Outcome<CredentialOf<"app">>> {
  const order = { method: FREEZES.app.method, bizContent: request, notifyUrl: config.notifyUrl };
  return ok({ channel: "app", orderString: await client.orderString(order, call.now()) });
}

/** Creates a code for the buyer to scan, or repeats the identical request and gets the same one. */
export async function createVoucher(
  { client, config }: Application,
  { outOrderNo, request }: Recorded,
  call: CallContext,
): Promise<Outcome<CredentialOf<"qr">>> {
  const order = { method: FREEZES.qr.method, bizContent: request, notifyUrl: config.notifyUrl };
  const reply = await client.call(order, call);
  if (reply.kind !== "success") return failure(reply, "freeze", call);
  const said = voucherReply.safeParse(reply.node).data;
  if (!said) return notUnderstood("the reply holds no code");
  return said.out_order_no === outOrderNo ? ok({ channel: "qr", qrCode: said.code_value }) : anotherFreeze();
}

/** Freezes by the buyer's bar code. Sent once: after silence a query comes first. */
export async function scanFreeze(
  { client, config }: Application,
  { outOrderNo, request }: Recorded,
  call: CallContext,
): Promise<Outcome<FreezeView>> {
  const { method } = FREEZES.barcode;
  const order = { method, bizContent: request, notifyUrl: config.notifyUrl, once: true } as const;
  const reply = await client.call(order, call);
  return reply.kind === "success" ? readFreeze(reply.node, outOrderNo) : failure(reply, "freeze", call);
}

/** Asks for a freeze. It is not found, too, while the buyer has not opened it. */
export async function findFreeze(
  { client }: Application,
  outOrderNo: string,
  call: CallContext,
): Promise<Outcome<FreezeView | NotFound>> {
  const bizContent = JSON.stringify(freezeReference(outOrderNo));
  const reply = await client.call({ method: "alipay.fund.auth.operation.detail.query", bizContent }, call);
  if (isError(reply, ...MISSING)) return ok(NOT_FOUND);
  return reply.kind === "success" ? readFreeze(reply.node, outOrderNo) : failure(reply, "auth_query", call);
}

/** Closes a freeze that nobody has confirmed, and releases one of which nothing was taken. Safe to repeat. */
export async function cancelFreeze(
  { client }: Application,
  outOrderNo: string,
  call: CallContext,
): Promise<Outcome<{ readonly status: "closed" } | NotFound>> {
  const bizContent = JSON.stringify({ ...freezeReference(outOrderNo), remark: "取消预授权" });
  const reply = await client.call({ method: "alipay.fund.auth.operation.cancel", bizContent }, call);
  if (isError(reply, ...MISSING)) return ok(NOT_FOUND);
  if (reply.kind !== "success") return failure(reply, "auth_cancel", call);
  return cancelReply.safeParse(reply.node).data?.out_order_no === outOrderNo
    ? ok({ status: "closed" })
    : anotherFreeze();
}

function readFreeze(node: unknown, outOrderNo: string): Outcome<FreezeView> {
  const facts = freezeFacts.safeParse(node).data;
  if (!facts) return notUnderstood("the freeze lacks a member or has one of another type");
  if (facts.out_order_no !== outOrderNo) return anotherFreeze();
  const view = freezeView(facts);
  return view ? ok(view) : notUnderstood("the freeze's status is unknown or its receipt incomplete");
}

function anotherFreeze(): Outcome<never> {
  return unknown("unverified", "out_order_no is another freeze's");
}
