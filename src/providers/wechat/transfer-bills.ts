/** What replies and callbacks say about transfers (WeChat Pay V3, "merchant transfer"). */
import * as z from "zod";
import type { TransferStatus, TransferView } from "../transfers.ts";
import { amountInFen, optionalNumber, optionalText, optionalTime } from "./values.ts";

/** The reply to the call that makes or cancels a transfer. */
export const transferReply = z.object({
  out_bill_no: z.string().min(1),
  transfer_bill_no: optionalNumber,
  state: z.string(),
  fail_reason: optionalText,
  create_time: optionalTime,
  update_time: optionalTime,
  package_info: optionalText,
});

/** The reply to a query, and the plaintext of a callback. */
export const transferBill = transferReply.extend({ mch_id: z.string(), transfer_amount: amountInFen.nullish() });

const STATUSES: ReadonlyMap<string, TransferStatus> = new Map([
  ["ACCEPTED", "processing"],
  ["PROCESSING", "processing"],
  ["TRANSFERING", "processing"],
  ["WAIT_USER_CONFIRM", "awaiting_user"],
  ["CANCELING", "cancelling"],
  ["SUCCESS", "success"],
  ["FAIL", "failed"],
  ["CANCELLED", "cancelled"],
]);

/** What tells a transfer's state, in replies and callbacks alike. */
interface TransferFacts extends z.output<typeof transferReply> {
  readonly transfer_amount?: TransferView["amount"] | undefined;
}

/** Says what a transfer's state means. Returns undefined for a state not known. */
export function transferView(facts: TransferFacts): TransferView | undefined {
  const status = STATUSES.get(facts.state);
  if (!status) return undefined;
  return {
    status,
    providerBillNo: facts.transfer_bill_no,
    amount: facts.transfer_amount ?? null,
    failReason: facts.fail_reason,
    confirmation: null,
    updatedAt: facts.update_time ?? facts.create_time ?? null,
  };
}
