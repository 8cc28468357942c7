/** What becomes of a difference: it heals, waits for another day's bill, or becomes an anomaly. */
import { read } from "../../../db/run.ts";
import type { Difference } from "../../../db/schema/bills.ts";
import type { AnomalyKind } from "../../../db/schema/records.ts";
import { type BillDay, findBillDay } from "../../../db/statements/bill-day.ts";
import {
  type DifferenceRow,
  insertDifferences,
  parkDifference,
  postponeDifference,
  settleDifference,
} from "../../../db/statements/bill-difference.ts";
import { recordAnomaly } from "../anomalies.ts";
import { nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { type Facts, type Found, factsOf, recorded } from "./found.ts";
import { judgeListed, type Report, type Verdict } from "./judge.ts";
import { judgeUnlisted } from "./judge-unlisted.ts";

/** So often a provider is asked that does not answer; then an operator is to ask it. */
const MOST_ASKED = 8;

/** For so long a refund may be on its way that others made. */
const PATIENCE_MS = 7 * 24 * 3_600_000;

const ANOMALIES: Readonly<Record<Difference, AnomalyKind>> = {
  MISSING_HERE: "BILL_MISSING_HERE",
  MISSING_THERE: "BILL_MISSING_THERE",
  AMOUNT_DIFFERS: "BILL_AMOUNT_DIFFERS",
  FEE_DIFFERS: "BILL_FEE_DIFFERS",
  STATUS_DIFFERS: "BILL_STATUS_DIFFERS",
};

/** Looks into a difference once. The next look is put off first, so that of those who look at once one does. */
export async function examineDifference(ctx: PaymentContext, row: DifferenceRow): Promise<void> {
  if ((await postponeDifference(ctx.db, row, nextCheck(ctx, row.checks))) === 0) return;
  const [day] = await read(() => findBillDay(ctx.db, row));
  if (!day) return;
  const verdict = await judge(ctx, day, row);
  switch (verdict.kind) {
    case "agreed":
      return await heal(ctx, day, row, verdict.others ?? []);
    case "unjudged":
      await settleDifference(ctx.db, row, "UNJUDGED", presentOf(ctx));
      return;
    case "parked":
      await parkDifference(ctx.db, row.id);
      return;
    case "differs":
      return await report(ctx, row, verdict.report);
    case "silent":
      if (row.checks + 1 >= MOST_ASKED) await report(ctx, row, verdict.report);
      return;
    case "under_way":
      if (ctx.now() - row.createdAt.getTime() >= PATIENCE_MS) await report(ctx, row, verdict.report);
  }
}

/** What else differs is written down first: whoever is interrupted finds it again. */
async function heal(ctx: PaymentContext, day: BillDay, row: DifferenceRow, others: readonly Found[]): Promise<void> {
  const now = presentOf(ctx);
  await insertDifferences(
    ctx.db,
    others.map((other) => recorded(ctx, day, other)),
    now,
  );
  await settleDifference(ctx.db, row, "HEALED", now);
}

async function judge(ctx: PaymentContext, day: BillDay, row: DifferenceRow): Promise<Verdict> {
  if (row.difference === "MISSING_THERE") return await judgeUnlisted(ctx, row, factsOf(row.detail));
  return await judgeListed(ctx, day, row);
}

/** An operator hears of it first, and once: a bill that is fetched again and says the same is no news. */
async function report(ctx: PaymentContext, row: DifferenceRow, { facts, ...named }: Report): Promise<void> {
  if (row.reportedAt === null) await recordAnomaly(ctx, sightingOf(row, facts, named));
  await settleDifference(ctx.db, row, "REPORTED", presentOf(ctx));
}

function sightingOf(row: DifferenceRow, facts: Facts, { suggestion, orderId, refundId }: Omit<Report, "facts">) {
  const { provider, billDate, kind, number, providerNo, outTradeNo, difference } = row;
  return {
    kind: ANOMALIES[difference],
    number: `${kind}:${number}:${providerNo}`,
    provider,
    outTradeNo,
    ...(orderId !== undefined && { orderId }),
    ...(refundId !== undefined && { refundId }),
    suggestion,
    detail: { date: billDate, kind, number, providerNo, ...facts },
  };
}
