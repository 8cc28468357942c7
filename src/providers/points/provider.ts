/**
 * Points as one more provider. Its books are the points journal in the shop's own database: `create` writes the
 * PENDING entry of a payment, and the statement that settles the order posts it and takes the points in one.
 */
import type { Database } from "../../../db/client.ts";
import { DatabaseUnavailable } from "../../../db/run.ts";
import { insertPointsPayment } from "../../../db/statements/points.ts";
import type { AttemptDraft, AttemptRef, CreatedAttempt } from "../attempt.ts";
import type { CallContext } from "../call.ts";
import type { CallbackAnswer, CallbackVerdict } from "../callback.ts";
import type { Credential } from "../credential.ts";
import type { Outcome } from "../outcome.ts";
import type { PaymentProvider } from "../provider.ts";
import type { AskedRefund, RefundDraft, RefundRef, RefundView } from "../refund.ts";
import type { CloseResult, TradeView } from "../trade.ts";

export class PointsProvider implements PaymentProvider {
  readonly name = "points";
  readonly methods = ["POINTS"] as const;
  readonly refundLimits = { parts: null, secondsApart: null, days: null };
  private readonly db: Database;

  constructor(db: Database) {
    this.db = db;
  }

  prepare(draft: AttemptDraft): string {
    return JSON.stringify({ points: draft.amount });
  }

  /** Writes the payment's entry, once per out_trade_no. Whether the points suffice shows when it is posted. */
  async create(attempt: AttemptRef, call: CallContext): Promise<Outcome<CreatedAttempt>> {
    const { userId, outTradeNo, orderId, amount } = attempt;
    const now = new Date(call.now());
    try {
      await insertPointsPayment(this.db, { userId, causeId: outTradeNo, orderId, points: amount }, now);
    } catch (error) {
      if (error instanceof DatabaseUnavailable) return { kind: "unknown", cause: "network", message: error.message };
      throw error;
    }
    const receipt = { providerTradeNo: outTradeNo, amount, paidAt: now };
    return { kind: "ok", value: { status: "paid", credential: { method: "POINTS" }, receipt } };
  }

  present(credential: Credential): Credential {
    return credential;
  }

  /** No points are taken before the order is settled, so an open attempt is always unpaid. */
  async query(): Promise<Outcome<TradeView>> {
    return { kind: "ok", value: { status: "pending" } };
  }

  /** The statement that closes the attempt voids its entry. */
  async close(): Promise<Outcome<CloseResult>> {
    return { kind: "ok", value: "closed" };
  }

  prepareRefund(draft: RefundDraft): string {
    return JSON.stringify({ points: draft.amount });
  }

  /** The statement that applies the refund posts its entry and gives the points back. */
  async refund(refund: RefundRef, call: CallContext): Promise<Outcome<Exclude<RefundView, { status: "not_found" }>>> {
    return { kind: "ok", value: given(refund, call) };
  }

  async queryRefund(refund: AskedRefund, call: CallContext): Promise<Outcome<RefundView>> {
    return { kind: "ok", value: given(refund, call) };
  }

  /** Nobody calls back for points. */
  async verifyCallback(): Promise<CallbackVerdict> {
    return { verified: false, reason: "malformed", detail: "the points provider has no callbacks" };
  }

  answer(): CallbackAnswer {
    return { status: 404, contentType: "text/plain; charset=utf-8", body: "" };
  }
}

function given(refund: AskedRefund, call: CallContext) {
  return {
    status: "success" as const,
    providerRefundNo: refund.outRefundNo,
    amount: refund.amount ?? null,
    succeededAt: new Date(call.now()),
  };
}
