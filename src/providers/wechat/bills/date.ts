/** For which days bills are to be had (WeChat Pay V3, "bills"). Days are Beijing's. */
import { formatBeijing, parseBeijing } from "../../beijing-time.ts";

const MONTHS_BACK = 3;
const BILL_DATE = /^\d{4}-\d\d-\d\d$/;

/**
 * Says why there can be no bill for a day, as `YYYY-MM-DD`; undefined when there may be one. They go back three
 * months, and today's is not made before tomorrow.
 * @param now milliseconds since the epoch
 */
export function billDateProblem(billDate: string, now: number): string | undefined {
  const midnight = BILL_DATE.test(billDate) ? parseBeijing(`${billDate} 00:00:00`) : undefined;
  // A date such as 31 June is read as another day.
  if (!midnight || !formatBeijing(midnight).startsWith(billDate)) return "is not a date as YYYY-MM-DD";
  const today = formatBeijing(new Date(now)).slice(0, 10);
  if (billDate >= today) return "is not over yet";
  return billDate < monthsBefore(today) ? "lies more than three months back" : undefined;
}

/** The same day of the month three months before, or that month's last. */
function monthsBefore(day: string): string {
  const [year = 0, month = 0, date = 0] = day.split("-").map(Number);
  const lastOfMonth = new Date(Date.UTC(year, month - MONTHS_BACK, 0)).getUTCDate();
  const before = Date.UTC(year, month - 1 - MONTHS_BACK, Math.min(date, lastOfMonth));
  return new Date(before).toISOString().slice(0, 10);
}
