/** Bills of a day or a month (Alipay, "bill download"): asked for, downloaded, and read row by row as they come in. */
import * as z from "zod";
import { InputError } from "../input-error.ts";
import type { Outcome } from "../outcome.ts";
import { ok, unknown } from "../outcome.ts";
import { billDateProblem } from "./bills/date.ts";
import type { BillForm } from "./bills/form.ts";
import { LEDGER, type LedgerRow, type LedgerSummary } from "./bills/ledger.ts";
import { type BillRows, readBill } from "./bills/read.ts";
import { TRADE_BILL, type TradeBillRow, type TradeBillSummary } from "./bills/trade.ts";
import type { AlipayReply, Timing } from "./call.ts";
import type { AlipayClient } from "./client.ts";
import { failure, plainCode } from "./codes.ts";
import { optional } from "./values.ts";

export type { LedgerRow, LedgerSummary, LedgerTypeSummary } from "./bills/ledger.ts";
export type { StoreSummary, TradeBillRow, TradeBillSummary } from "./bills/trade.ts";

export type BillType = "trade" | "signcustomer";

/** Which bill. */
export interface BillRequest<T extends BillType = BillType> {
  /** The trades (`trade`), or every change of the account (`signcustomer`). */
  readonly billType: T;
  /** A day (`YYYY-MM-DD`) or a month (`YYYY-MM`) in Beijing that is over, at most six years back. */
  readonly billDate: string;
}

/**
 * A bill that is being downloaded, or that there is none because nothing happened then.
 *
 * Read `rows` at once and to its end, or end it: the download waits. Only once it has finished, and returned the
 * summary, is the bill known to be whole; it throws BillError. Nobody signs the file, and it comes over plain HTTP: a
 * difference that it shows is a reason to query a trade, never a proof.
 */
export type Bill<Row, Summary> =
  | { readonly status: "ready"; readonly rows: BillRows<Row, Summary> }
  | { readonly status: "none" };

export type TradeBill = Bill<TradeBillRow, TradeBillSummary>;
export type LedgerBill = Bill<LedgerRow, LedgerSummary>;

type BillClient = Pick<AlipayClient, "call" | "download">;

/**
 * Asks for a bill and starts to download it: its address lives for 30 seconds. A day's is made by nine o'clock of the
 * next day, a month's by the third of the next month; before that there is `none`.
 * @param timing its signal bounds the reading too
 * @throws InputError when there can be no bill for the day
 */
export function requestBill(
  client: BillClient,
  request: BillRequest<"trade">,
  timing: Timing,
): Promise<Outcome<TradeBill>>;
export function requestBill(
  client: BillClient,
  request: BillRequest<"signcustomer">,
  timing: Timing,
): Promise<Outcome<LedgerBill>>;
export async function requestBill(
  client: BillClient,
  request: BillRequest,
  timing: Timing,
): Promise<Outcome<TradeBill | LedgerBill>> {
  const opened =
    request.billType === "trade"
      ? await openBill(client, request, TRADE_BILL, timing)
      : await openBill(client, request, LEDGER, timing);
  if (opened.kind !== "ok") return opened;
  return ok(opened.value.status === "missing" ? { status: "none" } : opened.value);
}

/** A trade bill of a day, where `missing` is one that may be made yet, or never will be: Alipay does not tell. */
export type AskedTradeBill = TradeBill | { readonly status: "missing" };

/** As requestBill for a day's trades, but tells a bill that is not there from one without rows. */
export function askTradeBill(client: BillClient, date: string, timing: Timing): Promise<Outcome<AskedTradeBill>> {
  return openBill(client, { billType: "trade", billDate: date }, TRADE_BILL, timing);
}

const METHOD = "alipay.data.dataservice.bill.downloadurl.query";
/** What stands in for a bill of a time in which nothing happened. */
const EMPTY = "EMPTY_DATA_WITH_BILL_FILE";

const announcement = z.object({
  bill_download_url: optional(z.string()),
  bill_file_code: optional(z.string()),
});

async function openBill<Row, SummaryRow, Summary>(
  client: BillClient,
  { billType, billDate }: BillRequest,
  form: BillForm<Row, SummaryRow, Summary>,
  timing: Timing,
): Promise<Outcome<Bill<Row, Summary> | { readonly status: "missing" }>> {
  const problem = billDateProblem(billDate, timing.now());
  if (problem) throw new InputError("bill_date", problem);
  const bizContent = JSON.stringify({ bill_type: billType, bill_date: billDate });
  const reply = await client.call({ method: METHOD, bizContent }, timing);
  if (isNoBill(reply)) return ok({ status: "missing" });
  if (reply.kind !== "success") return failure(reply, "bill", { firstSend: true });
  const announced = announcement.safeParse(reply.node).data;
  if (announced?.bill_file_code === EMPTY) return ok({ status: "none" });
  if (!announced?.bill_download_url) return unknown("unlisted", "the reply holds no address of a bill");
  const file = await client.download(announced.bill_download_url, timing);
  return file.kind === "ok" ? ok({ status: "ready", rows: readBill(file.value, form) }) : file;
}

/** The code has been seen in both cases, with and without a prefix. */
function isNoBill(reply: AlipayReply): boolean {
  return reply.kind === "error" && /^(?:isp\.)?BILL_NOT_EXIST$/i.test(plainCode(reply.error.code));
}
