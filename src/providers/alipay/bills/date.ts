/** For which days and months bills are to be had (Alipay, "bill download"). Days are Beijing's. */
import { formatBeijing, parseBeijing } from "../../beijing-time.ts";

const YEARS_BACK = 6;
const BILL_DATE = /^\d{4}-\d\d(?:-\d\d)?$/;

/**
 * Says why there can be no bill for a day, as `YYYY-MM-DD`, or a month, as `YYYY-MM`; undefined when there may be one.
 * They go back six years; today's and this month's are not made before they are over.
 * @param now milliseconds since the epoch
 */
export function billDateProblem(billDate: string, now: number): string | undefined {
  const day = billDate.length === "YYYY-MM".length ? `${billDate}-01` : billDate;
  const midnight = BILL_DATE.test(billDate) ? parseBeijing(`${day} 00:00:00`) : undefined;
  // A date such as 31 June is read as another day.
  if (!midnight || !formatBeijing(midnight).startsWith(day)) return "is not a date as YYYY-MM-DD or YYYY-MM";
  const today = formatBeijing(new Date(now)).slice(0, billDate.length);
  if (billDate >= today) return "is not over yet";
  const oldest = `${Number(today.slice(0, 4)) - YEARS_BACK}${today.slice(4)}`;
  return billDate < oldest ? "lies more than six years back" : undefined;
}
