/** Fetching a day's bill and writing its lines down. */
import { type BillDay, beginLoad, finishLoad, giveUpLoad, putOffLoad } from "../../../db/statements/bill-day.ts";
import { countBillEntries, insertBillEntries } from "../../../db/statements/bill-entry.ts";
import type { BillEntry, OpenedBill } from "../../providers/bill.ts";
import { BillError } from "../../providers/bills/error.ts";
import { InputError } from "../../providers/input-error.ts";
import { type Outcome, unknown } from "../../providers/outcome.ts";
import { asKey, recordAnomaly } from "../anomalies.ts";
import { callContext, inSeconds, nextCheck, type PaymentContext, presentOf } from "../context.ts";

/** How long a provider may take until a bill begins to come: other jobs wait for this one. */
const OPENING_MS = 10_000;

/** For how long a bill may be read, and how much later somebody else may begin anew. */
const READING_MS = 5 * 60_000;
const CLAIM_SECONDS = 10 * 60;

/** After so long without a bill an operator is to ask for it. */
const PATIENCE_MS = 3 * 24 * 3_600_000;

/** How many lines one statement writes. */
const LINES_AT_A_TIME = 400;

/**
 * Fetches a day's bill. Its lines count once all of them are there, so whoever is interrupted leaves nothing behind that
 * does. Returns whether the day can be compared now.
 */
export async function loadBill(ctx: PaymentContext, day: BillDay): Promise<boolean> {
  const now = presentOf(ctx);
  if ((await beginLoad(ctx.db, day, now, inSeconds(ctx, CLAIM_SECONDS))) === 0) return false;
  const loading = { ...day, loads: day.loads + 1 };
  const bill = await openBill(ctx, day);
  if (bill.kind !== "ok") return await afterFailure(ctx, loading, "code" in bill ? bill.code : bill.cause);
  if (bill.value === "not_ready") return await afterFailure(ctx, loading, "not_ready");
  try {
    if (bill.value !== "empty") await writeDown(ctx, loading, bill.value);
  } catch (error) {
    if (!(error instanceof BillError)) throw error;
    ctx.log.warn("bill.unusable", { provider: day.provider, date: day.billDate, problem: error.message });
    return await afterFailure(ctx, loading, error.code);
  }
  const lines = await countBillEntries(ctx.db, loading);
  const finished = await finishLoad(ctx.db, loading, lines, presentOf(ctx));
  if (finished > 0) ctx.log.info("bill.loaded", { provider: day.provider, date: day.billDate, lines });
  return finished > 0;
}

/** A bill may be large: reading it has a time of its own. */
async function openBill(ctx: PaymentContext, { provider, billDate }: BillDay): Promise<Outcome<OpenedBill>> {
  const bills = ctx.providers.find(provider)?.bills;
  if (!bills) return unknown("unlisted", "the provider is not configured");
  const opening = new AbortController();
  const timer = setTimeout(() => opening.abort(new DOMException("no bill in time", "TimeoutError")), OPENING_MS);
  const signal = AbortSignal.any([opening.signal, AbortSignal.timeout(READING_MS)]);
  try {
    return await bills.open(billDate, { ...callContext(ctx, false), signal });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { kind: "refused", code: error.code, message: error.problem };
  } finally {
    clearTimeout(timer);
  }
}

async function writeDown(ctx: PaymentContext, day: BillDay, lines: AsyncIterable<BillEntry>): Promise<void> {
  let batch: BillEntry[] = [];
  let from = 1;
  for await (const line of lines) {
    batch.push(asRow(line));
    if (batch.length < LINES_AT_A_TIME) continue;
    await insertBillEntries(ctx.db, day, batch, from);
    from += batch.length;
    batch = [];
  }
  if (batch.length > 0) await insertBillEntries(ctx.db, day, batch, from);
}

/** Numbers that others gave may be of any length and alphabet. */
function asRow(line: BillEntry): BillEntry {
  const { number, outTradeNo, providerNo } = line;
  return { ...line, number: asKey(number, 64), outTradeNo: asKey(outTradeNo, 64), providerNo: asKey(providerNo, 64) };
}

/** There is nothing to compare yet. An operator hears of it first, so that nobody stops asking in silence. */
async function afterFailure(ctx: PaymentContext, day: BillDay, cause: string): Promise<false> {
  const { provider, billDate, waitingSince, checks } = day;
  if (ctx.now() - waitingSince.getTime() < PATIENCE_MS && cause !== "BAD_INPUT") {
    await putOffLoad(ctx.db, day, nextCheck(ctx, checks));
    return false;
  }
  await recordAnomaly(ctx, {
    kind: "BILL_UNAVAILABLE",
    number: billDate,
    provider,
    detail: { date: billDate, cause },
    suggestion: "ASK_PROVIDER",
  });
  await giveUpLoad(ctx.db, day);
  return false;
}
