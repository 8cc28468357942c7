/** A combined payment as it is about to be recorded, with the exact text to send. */
import { insertOnce } from "../../../db/run.ts";
import { combinedPayments } from "../../../db/schema/payments.ts";
import type { CombinedPayments } from "../../providers/combined.ts";
import type { CredentialWishes } from "../../providers/credential.ts";
import type { CombinedDetails } from "../../providers/details.ts";
import type { ProviderName } from "../../providers/methods.ts";
import { type PaymentContext, presentOf } from "../context.ts";
import type { RequestKey } from "../idempotency.ts";
import { newId } from "../ids.ts";
import { type OrderRow, subjectField } from "../orders/view.ts";
import { seal, unseal } from "../sealed.ts";
import type { AskedOrder } from "./payable-orders.ts";
import { type CombinedRow, combinedField, type Trade } from "./record.ts";

/** One call: which orders, how, by which provider, under which idempotency key. */
export interface CombinedCall {
  readonly providerName: ProviderName;
  readonly provider: CombinedPayments;
  readonly details: CombinedDetails;
  readonly asked: readonly AskedOrder[];
  readonly wishes: CredentialWishes;
  readonly key: RequestKey | undefined;
}

/** What stands behind an order's id in the number of its attempt: derived, so that a broken-off request can be gone on with. */
export function suffixOf(combineOutTradeNo: string): string {
  return combineOutTradeNo.slice(-4);
}

/** The attempts of a combined payment before they are recorded, by number. */
export function tradesOf(combineOutTradeNo: string, orders: readonly OrderRow[]): Trade[] {
  return orders
    .map(({ id, amount }) => ({
      orderId: id,
      outTradeNo: id + suffixOf(combineOutTradeNo),
      state: "CREATED" as const,
      amount,
    }))
    .toSorted((a, b) => (a.orderId < b.orderId ? -1 : 1));
}

/** The row of a new combined payment. Its deadline is that of the order which can be paid the shortest. */
export async function draftCombined(
  ctx: PaymentContext,
  call: CombinedCall,
  orders: readonly OrderRow[],
): Promise<CombinedRow> {
  const combineOutTradeNo = `C${newId(ctx.now())}`;
  const expiresAt = new Date(Math.min(...orders.map((order) => order.expiresAt.getTime())));
  const { details } = call;
  const lines = await Promise.all(
    tradesOf(combineOutTradeNo, orders).map(async ({ orderId, outTradeNo, amount }) => {
      return { outTradeNo, orderId, amount, subject: await subjectOf(ctx, orderId, call, orders) };
    }),
  );
  const request = call.provider.prepare({ details, combineOutTradeNo, expiresAt, orders: lines });
  return {
    combineOutTradeNo,
    userId: orders[0]?.userId ?? "",
    provider: call.providerName,
    method: details.method,
    request: await seal(ctx, combinedField("request", { combineOutTradeNo }), request),
    requestKey: call.key?.key ?? null,
    requestHash: call.key?.hash ?? null,
    credential: null,
    credentialExpiresAt: null,
    expiresAt,
    createdAt: presentOf(ctx),
  };
}

async function subjectOf(
  ctx: PaymentContext,
  orderId: string,
  call: CombinedCall,
  orders: readonly OrderRow[],
): Promise<string> {
  const asked = call.asked.find((order) => order.orderId === orderId)?.subject;
  const order = orders.find(({ id }) => id === orderId);
  return asked ?? (order ? await unseal(ctx, subjectField(order), order.subject) : "");
}

/** Records it, before anything is sent. Returns false when its request key is taken, or its number by a repeat of ours. */
export function insertCombined(ctx: PaymentContext, draft: CombinedRow): Promise<boolean> {
  return insertOnce(() => ctx.db.insert(combinedPayments).values(draft));
}
