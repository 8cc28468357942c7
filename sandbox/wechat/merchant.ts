/** What the merchant has set up or run out of at WeChat Pay, apart from the API: changed by control calls. */
import type { Product } from "../trade.ts";

export interface MerchantState {
  /** Whether refunds and transfers find money to take. */
  balance: "enough" | "empty";
  /** Where notices of refunds go that name no address, and of those made by hand: in V2 form. */
  refundUrl: string | null;
  /** The domains that H5 payments may start from and return to; null lets all. */
  h5Domains: readonly string[] | null;
  /** Products that the merchant has not applied for. */
  disabledProducts: readonly Product[];
  /** Whether bills still come in the old columns. */
  oldBillForm: boolean;
}

/** What holds until something else is asked for. */
const INITIAL = { balance: "enough", h5Domains: null, disabledProducts: [], oldBillForm: false } as const;

export class Merchant implements MerchantState {
  balance: MerchantState["balance"] = INITIAL.balance;
  refundUrl: MerchantState["refundUrl"];
  h5Domains: MerchantState["h5Domains"] = INITIAL.h5Domains;
  disabledProducts: MerchantState["disabledProducts"] = INITIAL.disabledProducts;
  oldBillForm: boolean = INITIAL.oldBillForm;
  readonly #ownRefundUrl: string | null;

  /** `refundUrl` is the shop's, where the shop is known. */
  constructor(refundUrl: string | null) {
    this.refundUrl = refundUrl;
    this.#ownRefundUrl = refundUrl;
  }

  clear(): void {
    Object.assign(this, INITIAL, { refundUrl: this.#ownRefundUrl });
  }
}
