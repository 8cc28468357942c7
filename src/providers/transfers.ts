/** Paying money out to a user: a provider's part of it (WeChat Pay's 商家转账, which the user confirms). */
import type { Fen } from "../money.ts";
import type { CallContext, Outcome } from "./provider.ts";

/** The kinds of application whose openid names the recipient. */
export const TRANSFER_APPLICATIONS = ["official_account", "mini_program", "mobile_app"] as const;
export type TransferApplication = (typeof TRANSFER_APPLICATIONS)[number];

/** A transfer, before it is put into a provider's words. */
export interface TransferDraft {
  readonly outBillNo: string;
  readonly application: TransferApplication;
  readonly openid: string;
  /** The recipient's real name: sent encrypted, required from 2,000 yuan on and by some scenes. */
  readonly userName?: string | undefined;
  readonly sceneId: string;
  readonly amount: Fen;
  readonly remark: string;
  /** What the recipient sees it as, where the scene has a choice. */
  readonly perception?: string | undefined;
  /** What the scene demands to be told. */
  readonly sceneReports: readonly { readonly infoType: string; readonly infoContent: string }[];
}

/** The exact text to send, and the serial of the key that its encrypted parts are for. */
export interface PreparedTransfer {
  readonly request: string;
  readonly encryptedFor: string | null;
}

/** A transfer as recorded. */
export interface TransferRef extends PreparedTransfer {
  readonly outBillNo: string;
  readonly amount: Fen;
}

/**
 * `awaiting_user`: the recipient has 24 hours to confirm. `cancelling`: asked to, not done. `success`, `failed` and
 * `cancelled` are final.
 */
export type TransferStatus = "processing" | "awaiting_user" | "cancelling" | "success" | "failed" | "cancelled";

/** What `wx.requestMerchantTransfer` takes. */
export interface TransferConfirmation {
  readonly mchId: string;
  readonly appId: string;
  readonly package: string;
}

/** A transfer as the provider sees it now. */
export interface TransferView {
  readonly status: TransferStatus;
  readonly providerBillNo: string | null;
  /** Where the provider says it. */
  readonly amount: Fen | null;
  readonly failReason: string | null;
  /** There while the recipient is to confirm, and only in the reply to the call that made the transfer. */
  readonly confirmation: TransferConfirmation | null;
  readonly updatedAt: Date | null;
}

export interface Transfers {
  /** Puts a transfer into the exact text to send. `unknown` when the key to encrypt with can't be had now. */
  prepare(draft: TransferDraft, call: CallContext): Promise<Outcome<PreparedTransfer>>;
  /** Asks for the transfer, or repeats the identical request and gets the same one. */
  create(transfer: TransferRef, call: CallContext): Promise<Outcome<TransferView>>;
  /** Asks for the transfer by its number. */
  query(transfer: TransferRef, call: CallContext): Promise<Outcome<TransferView | { readonly status: "not_found" }>>;
  /** Takes it back while the recipient has not confirmed; done later. */
  cancel(transfer: TransferRef, call: CallContext): Promise<Outcome<TransferView>>;
}
