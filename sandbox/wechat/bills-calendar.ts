/** Which day a bill is for and whether it can be had (WeChat Pay V3, bills). Days are Beijing's, times ms. */
import { DAY, HOUR, nextMidnight, parseDateTime } from "../times.ts";
import { invalidRequest, parameterError, WechatError } from "./errors.ts";

/** A day that lies behind, from midnight to midnight. */
export interface BillDay {
  readonly date: string;
  readonly from: number;
  readonly to: number;
  /** When the bill is made: it tells what was known then. */
  readonly madeAt: number;
}

const MADE = 9 * HOUR;
const READY = 10 * HOUR;
const MONTHS_BACK = 3;

/** The day that a request names. Throws WechatError unless its bill can be had at `now`. */
export function requestedDay(now: number, date: string | undefined): BillDay {
  if (date === undefined) throw parameterError("query", "/bill_date", "为必填项");
  const day = billDay(date);
  if (!day) throw parameterError("query", "/bill_date", "须为YYYY-MM-DD格式的日期");
  const today = nextMidnight(now) - DAY;
  if (day.from >= today) throw invalidRequest("账单日期须早于当天");
  if (day.from < earliest(today)) throw invalidRequest("只能查询三个月以内的账单");
  if (now < day.to + READY) throw new WechatError(400, "STATEMENT_CREATING", "账单生成中，请在上午10点以后再试");
  return day;
}

/** Reads YYYY-MM-DD. Returns undefined for anything else, 30 February included. */
export function billDay(date: string): BillDay | undefined {
  const from = parseDateTime(`${date} 00:00:00`);
  return from === undefined ? undefined : { date, from, to: from + DAY, madeAt: from + DAY + MADE };
}

/** The same day three months before, or that month's last. */
function earliest(today: number): number {
  const beijing = new Date(today + 8 * HOUR);
  const [year, month] = [beijing.getUTCFullYear(), beijing.getUTCMonth() - MONTHS_BACK];
  const lastOfMonth = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(beijing.getUTCDate(), lastOfMonth)) - 8 * HOUR;
}
