/** Sending the money of an ABNORMAL refund elsewhere, in WeChat Pay's words (WeChat Pay V3, "abnormal refund"). */
import * as z from "zod";
import type { CallContext } from "../call.ts";
import type { Outcome } from "../outcome.ts";
import { ok } from "../outcome.ts";
import type { AbnormalRefundTarget } from "../refund.ts";
import { writeBody } from "./body-rules.ts";
import { encryptFields } from "./encrypted-fields.ts";
import type { Merchant } from "./merchant.ts";
import { refundNumber } from "./refunds.ts";

/** The banks whose debit cards take such a refund. */
const BANKS = [
  ...["CMB", "COMM", "ABC", "CCB", "ICBC", "BOC", "PAB", "SPDB"],
  ...["CITIC", "CEB", "CMBC", "CIB", "GDB", "PSBC", "NBCB"],
];
export const ABNORMAL_REFUND_BANKS: readonly string[] = BANKS.map((bank) => `${bank}_DEBIT`);

const request = z.object({
  out_refund_no: refundNumber,
  type: z.enum(["USER_BANK_CARD", "MERCHANT_BANK_CARD"]),
  bank_type: z.enum(ABNORMAL_REFUND_BANKS, `is none of ${ABNORMAL_REFUND_BANKS.join(", ")}`).optional(),
  bank_account: z.string().max(1024).optional(),
  real_name: z.string().max(1024).optional(),
});

/** The body, and the serial of the key that its encrypted members are for. */
export async function abnormalRefundBody(
  merchant: Merchant,
  outRefundNo: string,
  target: AbnormalRefundTarget,
  call: CallContext,
): Promise<Outcome<{ readonly body: string; readonly encryptedFor?: string }>> {
  if (target.type === "MERCHANT_BANK_CARD") {
    return ok({ body: writeBody(request, { out_refund_no: outRefundNo, type: target.type }) });
  }
  const { type, bankType, bankAccount, realName } = target;
  const plain = { out_refund_no: outRefundNo, type, bank_type: bankType };
  writeBody(request, plain);
  const sealed = await encryptFields(merchant, { bank_account: bankAccount, real_name: realName }, call);
  if (sealed.kind !== "ok") return sealed;
  const { fields, serial } = sealed.value;
  return ok({ body: writeBody(request, { ...plain, ...fields }), encryptedFor: serial });
}
