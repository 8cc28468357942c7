/** Which day or month a bill is for and whether it can be had (Alipay, bill downloads). Times are ms, days Beijing's. */
import { DAY, dateTime, HOUR, parseDateTime } from "../times.ts";
import { AlipayError } from "./errors.ts";

/** A time that lies behind, from its first midnight to the one after its last day. */
export interface BillPeriod {
  /** As the request names it. */
  readonly date: string;
  readonly from: number;
  readonly to: number;
}

const DAILY_READY = 9 * HOUR;
/** Monthly bills are there on the third. */
const MONTHLY_READY = 2 * DAY + DAILY_READY;
const YEARS_BACK = 6;

/** The period that bill_date names. Throws AlipayError unless its bill can be had at `now`. */
export function requestedPeriod(now: number, date: string): BillPeriod {
  const isMonth = /^\d{4}-\d{2}$/.test(date);
  const period = isMonth ? monthOf(date) : dayOf(date);
  if (!period) throw invalid("bill_date 须为 yyyy-MM-dd 或 yyyy-MM");
  if (now < period.to) throw invalid(isMonth ? "bill_date 须早于当月" : "bill_date 须早于当天");
  if (date < earliest(now).slice(0, date.length)) throw invalid("bill_date 只能为六年以内");
  if (now < period.to + (isMonth ? MONTHLY_READY : DAILY_READY)) {
    throw new AlipayError("40004", "BILL_NOT_EXIST", "账单不存在");
  }
  return period;
}

/** The same date so many years ago, which need not be in the calendar. */
function earliest(now: number): string {
  const today = dateTime(now);
  return `${Number(today.slice(0, 4)) - YEARS_BACK}${today.slice(4, 10)}`;
}

/** Reads yyyy-MM-dd. Returns undefined for anything else, 30 February included. */
export function dayOf(date: string): BillPeriod | undefined {
  const from = parseDateTime(`${date} 00:00:00`);
  return from === undefined ? undefined : { date, from, to: from + DAY };
}

function monthOf(date: string): BillPeriod | undefined {
  const from = parseDateTime(`${date}-01 00:00:00`);
  if (from === undefined) return undefined;
  const [year = 0, month = 0] = date.split("-").map(Number);
  return { date, from, to: from + new Date(Date.UTC(year, month, 0)).getUTCDate() * DAY };
}

/** The bills' own codes have no ACQ before them, and this one is misspelt. */
function invalid(message: string): AlipayError {
  return new AlipayError("40004", "INVAILID_ARGUMENTS", `入参不合法：${message}`);
}
