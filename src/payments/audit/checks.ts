import type { Check } from "./check.ts";
import { BILL_CHECKS } from "./checks/bills.ts";
import { CHAIN_CHECKS } from "./checks/chain.ts";
import { FUND_CHECKS } from "./checks/funds.ts";
import { JOURNAL_CHECKS } from "./checks/journals.ts";
import { ORDER_CHECKS } from "./checks/orders.ts";
import { PAYMENT_CHECKS } from "./checks/payments.ts";
import { RECORD_CHECKS } from "./checks/records.ts";
import { REFUND_CHECKS } from "./checks/refunds.ts";

/** Every invariant of the books that can be seen in the books alone. */
export const CHECKS: readonly Check[] = [
  ...ORDER_CHECKS,
  ...PAYMENT_CHECKS,
  ...REFUND_CHECKS,
  ...JOURNAL_CHECKS,
  ...FUND_CHECKS,
  ...BILL_CHECKS,
  ...RECORD_CHECKS,
  ...CHAIN_CHECKS,
];
