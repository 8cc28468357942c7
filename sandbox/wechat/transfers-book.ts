/** Merchant transfers as the simulator keeps them: money on its way from the merchant to a user who has to confirm. */
import { randomDigits, randomText } from "../crypto.ts";
import { compactDate, HOUR } from "../times.ts";
import { initialTransferPolicy } from "./transfers-policy.ts";

export type TransferState =
  | "ACCEPTED"
  | "PROCESSING"
  | "WAIT_USER_CONFIRM"
  | "TRANSFERING"
  | "SUCCESS"
  | "FAIL"
  | "CANCELING"
  | "CANCELLED";

/** Amounts are fen, times ms of the schedule clock. */
export interface Transfer {
  readonly outBillNo: string;
  readonly transferBillNo: string;
  readonly appId: string;
  readonly openid: string;
  readonly userName: string | undefined;
  readonly sceneId: string;
  readonly amount: number;
  readonly remark: string;
  /** What the recipient sees the money as. */
  readonly perception: string;
  readonly notifyUrl: string | undefined;
  /** What an identical repeat must look like. */
  readonly fingerprint: string;
  /** What the shop's client opens the confirmation page with. */
  readonly packageInfo: string;
  readonly createdAt: number;
  /** From then on the recipient can't confirm. */
  readonly confirmBy: number;
  state: TransferState;
  failReason: string | null;
  updatedAt: number;
}

type TransferDraft = Omit<
  Transfer,
  "transferBillNo" | "packageInfo" | "createdAt" | "confirmBy" | "state" | "failReason" | "updatedAt"
>;

const CONFIRM_WITHIN = 24 * HOUR;

const NEXT: Record<TransferState, readonly TransferState[]> = {
  ACCEPTED: ["PROCESSING", "FAIL", "CANCELING"],
  PROCESSING: ["WAIT_USER_CONFIRM", "FAIL", "CANCELING"],
  WAIT_USER_CONFIRM: ["TRANSFERING", "FAIL", "CANCELING"],
  TRANSFERING: ["SUCCESS", "FAIL"],
  CANCELING: ["CANCELLED"],
  SUCCESS: [],
  FAIL: [],
  CANCELLED: [],
};

/** Whether a transfer may still become what is asked. */
export function canBecome(transfer: Transfer, state: TransferState): boolean {
  return NEXT[transfer.state].includes(state);
}

export function isOver(transfer: Transfer): boolean {
  return NEXT[transfer.state].length === 0;
}

export class TransferBook {
  policy = initialTransferPolicy();
  readonly #all = new Map<string, Transfer>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Every transfer, newest first. */
  list(): Transfer[] {
    return [...this.#all.values()].reverse();
  }

  byOutBillNo(outBillNo: string): Transfer | undefined {
    return this.#all.get(outBillNo);
  }

  byTransferBillNo(transferBillNo: string): Transfer | undefined {
    return this.list().find((transfer) => transfer.transferBillNo === transferBillNo);
  }

  byPackage(packageInfo: string): Transfer | undefined {
    return this.list().find((transfer) => transfer.packageInfo === packageInfo);
  }

  /** Enters a new transfer. */
  enter(draft: TransferDraft): Transfer {
    if (this.#all.has(draft.outBillNo)) throw new Error(`transfer ${draft.outBillNo} is there already`);
    const now = this.#now();
    const transfer: Transfer = {
      ...draft,
      transferBillNo: `133000${randomDigits(10)}${compactDate(now)}${randomDigits(16)}`,
      packageInfo: Buffer.from(randomText(72)).toString("base64"),
      createdAt: now,
      confirmBy: now + CONFIRM_WITHIN,
      state: "ACCEPTED",
      failReason: null,
      updatedAt: now,
    };
    this.#all.set(draft.outBillNo, transfer);
    return transfer;
  }

  /** Moves a transfer on. Throws where WeChat Pay would never go that way. */
  move(transfer: Transfer, state: TransferState, failReason: string | null = null): void {
    if (!canBecome(transfer, state)) throw new Error(`transfer ${transfer.outBillNo} is ${transfer.state}`);
    Object.assign(transfer, { state, failReason, updatedAt: this.#now() });
  }

  clear(): void {
    this.policy = initialTransferPolicy();
    this.#all.clear();
  }
}
