/** What a verified callback says of one trade becomes a fact in the books. */
import type { NotificationOutcome } from "../../db/schema/records.ts";
import type { AttemptKey } from "../../db/statements/settle.ts";
import type { PaymentMethod, ProviderName } from "../providers/methods.ts";
import type { TradeView } from "../providers/trade.ts";
import { recordAnomaly } from "./anomalies.ts";
import { settleInQuestion } from "./attempts/in-question.ts";
import { findAttempt } from "./attempts/record.ts";
import type { PaymentContext } from "./context.ts";
import { pursueReceipt } from "./receipts/pursue-receipt.ts";
import { applyTradeView } from "./settlement.ts";

/** A trade as a callback tells of it, alone or among others. */
export interface ToldTrade {
  /** The kind of event, in the provider's words. */
  readonly event: string;
  readonly outTradeNo: string;
  /** The methods that share the application which the callback names. */
  readonly methods: readonly PaymentMethod[];
  readonly trade: TradeView;
}

/**
 * Books one trade. `foreign_application`: the callback names another application than the attempt's, nothing was changed,
 * and it does not count as verified. Throws when it has to come again.
 */
export async function bookTrade(
  ctx: PaymentContext,
  provider: ProviderName,
  told: ToldTrade,
): Promise<NotificationOutcome | "foreign_application"> {
  const { outTradeNo, trade, methods } = told;
  const named = { provider, outTradeNo, methods };
  const applied = await applyTold(ctx, named, trade);
  switch (applied) {
    case "applied":
    case "closed":
      return "APPLIED";
    case "repeated":
      return "REPEATED";
    case "unchanged":
      return "IGNORED";
    case "unapplied":
      ctx.defer((later) => pursueIfDue(later, outTradeNo));
      return "ANOMALY";
    case "unfunded":
    case "unknown_trade":
      await reportUnknownTrade(ctx, provider, told);
      return "ANOMALY";
    case "foreign_application":
      return applied;
    case "in_question":
      throw new Error("whoever ends the payment has not said yet how it stands");
  }
}

/** A payment that is being cancelled, or was, is not settled on a callback's word alone. */
async function applyTold(ctx: PaymentContext, named: AttemptKey, trade: TradeView) {
  const applied = await applyTradeView(ctx, named, trade);
  const isInQuestion = applied === "in_question" && trade.status === "paid";
  return isInQuestion ? await settleInQuestion(ctx, named, trade.receipt) : applied;
}

async function reportUnknownTrade(ctx: PaymentContext, provider: ProviderName, told: ToldTrade): Promise<void> {
  const receipt = "receipt" in told.trade ? told.trade.receipt : undefined;
  await recordAnomaly(ctx, {
    kind: "UNKNOWN_TRADE",
    number: told.outTradeNo,
    provider,
    outTradeNo: told.outTradeNo,
    amounts: { amount: receipt?.amount ?? null },
    detail: {
      event: told.event,
      providerTradeNo: receipt?.providerTradeNo ?? null,
    },
  });
}

/** Sends unapplied money back, or opens its order again, as its policy is. A job does so should this not come to an end. */
async function pursueIfDue(ctx: PaymentContext, outTradeNo: string): Promise<void> {
  const attempt = await findAttempt(ctx, outTradeNo);
  if (attempt && attempt.nextCheckAt !== null) await pursueReceipt(ctx, attempt);
}
