/** Transfers as Alipay keeps them: money from the merchant's account to a user's, or into a red packet. */
import { randomDigits } from "../crypto.ts";
import { compactDate, DAY } from "../times.ts";

export type TransferStatus = "DEALING" | "SUCCESS" | "FAIL" | "REFUND";
type TransferProduct = "TRANS_ACCOUNT_NO_PWD" | "STD_RED_PACKET";

/** Amounts are fen, times ms of the schedule clock. */
export interface Transfer {
  readonly outBizNo: string;
  readonly orderId: string;
  readonly payFundOrderId: string;
  readonly product: TransferProduct;
  readonly amount: number;
  readonly title: string;
  readonly remark: string | undefined;
  readonly identity: string;
  readonly identityType: string;
  readonly name: string | undefined;
  /** What an identical repeat must look like. */
  readonly fingerprint: string;
  readonly createdAt: number;
  status: TransferStatus;
  /** When FAIL. */
  errorCode: string | null;
  paidAt: number | null;
  /** Whether the recipient has opened the red packet. */
  opened: boolean;
}

type TransferDraft = Omit<
  Transfer,
  "orderId" | "payFundOrderId" | "createdAt" | "status" | "errorCode" | "paidAt" | "opened"
>;

/** How new transfers go: done at once, under way until told otherwise, or failing for a reason. */
export interface TransferPolicy {
  status: Exclude<TransferStatus, "REFUND">;
  errorCode: string;
}

const NEXT: Readonly<Record<TransferStatus, readonly TransferStatus[]>> = {
  DEALING: ["SUCCESS", "FAIL"],
  SUCCESS: ["REFUND"],
  FAIL: [],
  REFUND: [],
};

/** Whether a transfer may still become what is asked. */
export function canBecome(transfer: Transfer, status: TransferStatus): boolean {
  return NEXT[transfer.status].includes(status);
}

const initialPolicy = (): TransferPolicy => ({ status: "SUCCESS", errorCode: "PAYEE_ACCOUNT_STATUS_ERROR" });

export class TransferBook {
  policy = initialPolicy();
  readonly #all = new Map<string, Transfer>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Every transfer, newest first. */
  list(): Transfer[] {
    return [...this.#all.values()].map((transfer) => this.#current(transfer)).reverse();
  }

  byOutBizNo(outBizNo: string): Transfer | undefined {
    const transfer = this.#all.get(outBizNo);
    return transfer && this.#current(transfer);
  }

  /** By one of Alipay's own two numbers. */
  byOrderId(number: string): Transfer | undefined {
    return this.list().find(({ orderId, payFundOrderId }) => orderId === number || payFundOrderId === number);
  }

  /** Enters a new transfer, which goes as the policy says. */
  enter(draft: TransferDraft): Transfer {
    if (this.#all.has(draft.outBizNo)) throw new Error(`transfer ${draft.outBizNo} is there already`);
    const now = this.#now();
    const transfer: Transfer = {
      ...draft,
      orderId: `${compactDate(now)}11007${randomDigits(15)}`,
      payFundOrderId: `${compactDate(now)}11008${randomDigits(15)}`,
      ...{ createdAt: now, status: "DEALING", errorCode: null, paidAt: null, opened: false },
    };
    this.#all.set(draft.outBizNo, transfer);
    const { status, errorCode } = this.policy;
    if (status !== "DEALING") this.move(transfer, status, errorCode);
    return transfer;
  }

  /** Moves a transfer on. Throws where Alipay would never go that way. */
  move(transfer: Transfer, status: TransferStatus, errorCode = this.policy.errorCode): void {
    if (!canBecome(transfer, status)) throw new Error(`transfer ${transfer.outBizNo} is ${transfer.status}`);
    if (status === "SUCCESS") transfer.paidAt = this.#now();
    Object.assign(transfer, { status, errorCode: status === "FAIL" ? errorCode : null });
  }

  clear(): void {
    this.policy = initialPolicy();
    this.#all.clear();
  }

  /** A red packet that nobody opens within a day goes back. */
  #current(transfer: Transfer): Transfer {
    const { product, status, opened, paidAt } = transfer;
    const waits = product === "STD_RED_PACKET" && status === "SUCCESS" && !opened;
    if (waits && paidAt !== null && this.#now() >= paidAt + DAY) transfer.status = "REFUND";
    return transfer;
  }
}
