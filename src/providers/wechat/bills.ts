/** Bills of a day (WeChat Pay V3, "bills"): asked for, downloaded, and read row by row while they come in. */
import * as z from "zod";
import { InputError } from "../input-error.ts";
import { readJson } from "../json.ts";
import type { Outcome } from "../outcome.ts";
import { ok } from "../outcome.ts";
import { billDateProblem } from "./bills/date.ts";
import { FUND_FLOW_BILL, type FundFlowRow, type FundFlowSummary } from "./bills/fund-flow.ts";
import { type BillRows, readBill } from "./bills/read.ts";
import type { BillForm } from "./bills/table.ts";
import { TRADE_BILL, type TradeBillRow, type TradeBillSummary } from "./bills/trade.ts";
import type { Timing, WechatReply } from "./call.ts";
import type { WechatClient } from "./client.ts";
import { failure, plainCode } from "./codes.ts";
import { notUnderstood } from "./replies.ts";

export type { FundFlowRow, FundFlowSummary } from "./bills/fund-flow.ts";
export type { TradeBillRefund, TradeBillRow, TradeBillSummary } from "./bills/trade.ts";

/** Which bill, of which day in Beijing. */
export interface BillRequest {
  /** `YYYY-MM-DD`: before today, at most three months back. */
  readonly billDate: string;
  /** Whether it may come packed; it does unless this is false. */
  readonly gzip?: boolean | undefined;
}

export interface TradeBillRequest extends BillRequest {
  /** Payments, refunds that were started, or both (the default). */
  readonly billType?: "ALL" | "SUCCESS" | "REFUND" | undefined;
}

export interface FundFlowBillRequest extends BillRequest {
  /** The basic account (the default), the operating account, or the one for fees. */
  readonly accountType?: "BASIC" | "OPERATION" | "FEES" | undefined;
}

/**
 * A bill that is being downloaded, or that there is none because nothing happened that day; the latter is said by an
 * error, which nobody signs.
 *
 * Read `rows` at once and to its end, or end it: the download waits. Only once it has finished, and returned the
 * summary, has the whole been checked against its hash and its count of rows; before that no row may be relied on. It
 * throws BillError.
 */
export type Bill<Row, Summary> =
  | { readonly status: "ready"; readonly rows: BillRows<Row, Summary> }
  | { readonly status: "none" };

export type TradeBill = Bill<TradeBillRow, TradeBillSummary>;
export type FundFlowBill = Bill<FundFlowRow, FundFlowSummary>;

/**
 * Asks for a trade bill and starts to download it. `later`: it is made in the morning of the next day, until ten.
 * @param timing its signal bounds the reading too
 * @throws InputError when there can be no bill for the day
 */
export function requestTradeBill(
  client: BillClient,
  request: TradeBillRequest,
  timing: Timing,
): Promise<Outcome<TradeBill>> {
  const query = { bill_type: request.billType ?? "ALL" };
  return requestBill(client, { path: "/v3/bill/tradebill", request, query, form: TRADE_BILL }, timing);
}

/** Asks for a fund flow bill, as requestTradeBill does. WeChat Pay takes three such calls a second. */
export function requestFundFlowBill(
  client: BillClient,
  request: FundFlowBillRequest,
  timing: Timing,
): Promise<Outcome<FundFlowBill>> {
  const query = { account_type: request.accountType ?? "BASIC" };
  return requestBill(client, { path: "/v3/bill/fundflowbill", request, query, form: FUND_FLOW_BILL }, timing);
}

type BillClient = Pick<WechatClient, "call" | "download">;

interface WantedBill<Row, Summary> {
  readonly path: string;
  readonly request: BillRequest;
  readonly query: Readonly<Record<string, string>>;
  readonly form: BillForm<Row, Summary>;
}

const announcement = z.object({
  hash_type: z.literal("SHA1"),
  hash_value: z.string().regex(/^[0-9A-Fa-f]{40}$/),
  download_url: z.string().min(1),
});

async function requestBill<Row, Summary extends { readonly count: number }>(
  client: BillClient,
  bill: WantedBill<Row, Summary>,
  timing: Timing,
): Promise<Outcome<Bill<Row, Summary>>> {
  const { billDate, gzip = true } = bill.request;
  const problem = billDateProblem(billDate, timing.now());
  if (problem) throw new InputError("bill_date", problem);
  const query = new URLSearchParams({ bill_date: billDate, ...bill.query, ...(gzip ? { tar_type: "GZIP" } : {}) });
  const reply = await client.call({ method: "GET", path: `${bill.path}?${query}` }, timing);
  if (isNoStatement(reply)) return ok({ status: "none" });
  if (reply.kind !== "success") return failure(reply, "bill", { firstSend: true });
  const announced = readJson(reply.body, announcement);
  if (!announced) return notUnderstood("the reply holds no address of a bill, or no SHA-1 of it");
  const file = await client.download(announced.download_url, timing);
  if (file.kind !== "ok") return withoutRefusal(file);
  return ok({ status: "ready", rows: readBill(file.value, announced.hash_value, bill.form) });
}

function isNoStatement(reply: WechatReply): boolean {
  return reply.kind === "error" && reply.status === 400 && plainCode(reply.error.code) === "NOSTATEMENTEXIST";
}

/** The bill is there; an address that is refused is one that has lapsed, and asking again gives another. */
function withoutRefusal(outcome: Exclude<Outcome<unknown>, { kind: "ok" }>): Outcome<never> {
  return outcome.kind === "refused" && plainCode(outcome.code) === "INVALIDREQUEST"
    ? { ...outcome, kind: "later" }
    : outcome;
}
