/** Differences as they are written down when they are found. */
import * as z from "zod";
import type { Difference } from "../../../db/schema/bills.ts";
import type { BillDay } from "../../../db/statements/bill-day.ts";
import type { NewDifference } from "../../../db/statements/bill-difference.ts";
import { type Fen, formatYuan } from "../../money.ts";
import type { BillEntryKind } from "../../providers/bill.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { PaymentContext } from "../context.ts";
import { newId } from "../ids.ts";
import { type PaymentPair, paymentDifferences, paymentHere, type RefundPair, refundDifferences } from "./compare.ts";

/** What both sides said: amounts in yuan, states in each side's words, null for nothing. */
export type Facts = Readonly<Record<"there" | "here" | "statusThere" | "statusHere" | "fee", string | null>>;

export interface Found {
  readonly kind: BillEntryKind;
  readonly number: string;
  /** Empty where the bill does not list it. */
  readonly providerNo: string;
  readonly outTradeNo: string;
  readonly difference: Difference;
  readonly facts: Facts;
}

export function fromPayment(provider: ProviderName, pair: PaymentPair): Found[] {
  return paymentDifferences(provider, pair).map((difference) => ({
    ...pair.entry,
    difference,
    facts: paymentFacts(provider, pair),
  }));
}

export function fromRefund(provider: ProviderName, pair: RefundPair): Found[] {
  return refundDifferences(provider, pair).map((difference) => ({
    ...pair.entry,
    difference,
    facts: refundFacts(pair),
  }));
}

export function paymentFacts(provider: ProviderName, { entry, attempt, capture }: PaymentPair): Facts {
  const here = paymentHere(provider, { entry, attempt, capture })?.amount;
  const statusHere = attempt?.provider === provider ? attempt.state : (capture?.state ?? null);
  return { ...facts(entry), here: here === undefined ? null : formatYuan(here), statusHere };
}

export function refundFacts({ entry, refund }: RefundPair): Facts {
  return { ...facts(entry), here: refund && formatYuan(refund.amount), statusHere: refund?.state ?? null };
}

function facts({ amount, fee, status }: PaymentPair["entry"]) {
  return { there: formatYuan(amount), statusThere: status, fee: fee === null ? null : formatYuan(fee) };
}

/** Of what the books have, what no bill lists. */
export function missingThere(
  kind: BillEntryKind,
  rows: readonly {
    readonly number: string;
    readonly outTradeNo: string;
    readonly amount: Fen;
    readonly listed: number;
  }[],
): Found[] {
  const nothing = { there: null, statusThere: null, fee: null };
  return rows
    .filter(({ listed }) => Number(listed) === 0)
    .map(({ number, outTradeNo, amount }) => ({
      ...{ kind, number, outTradeNo, providerNo: "", difference: "MISSING_THERE" as const },
      facts: { ...nothing, here: formatYuan(amount), statusHere: "SUCCESS" },
    }));
}

export function recorded(ctx: PaymentContext, { provider, billDate }: BillDay, found: Found): NewDifference {
  const { kind, number, providerNo, outTradeNo, difference, facts: detail } = found;
  const subject = { kind, number, providerNo, outTradeNo, difference };
  return { id: newId(ctx.now()), provider, billDate, ...subject, detail: JSON.stringify(detail) };
}

const writtenFacts = z.object({
  there: z.string().nullable(),
  here: z.string().nullable(),
  statusThere: z.string().nullable(),
  statusHere: z.string().nullable(),
  fee: z.string().nullable(),
});

/** What was written down with a difference. */
export function factsOf(detail: string): Facts {
  return writtenFacts.parse(JSON.parse(detail));
}
