/**
 * Paying money out to a user: a provider's part of it. WeChat Pay's 商家转账 is confirmed by the user; Alipay's transfer
 * needs nobody.
 */
import type { Fen } from "../money.ts";
import type { CallContext } from "./call.ts";
import type { Outcome } from "./outcome.ts";

/** The kinds of application whose openid names the recipient. */
export const TRANSFER_APPLICATIONS = ["official_account", "mini_program", "mobile_app"] as const;
export type TransferApplication = (typeof TRANSFER_APPLICATIONS)[number];

/** What names a recipient at Alipay: the user id (2088…), the sign-in name (phone or e-mail), or the open id. */
export const ALIPAY_IDENTITIES = ["ALIPAY_USER_ID", "ALIPAY_LOGON_ID", "ALIPAY_OPEN_ID"] as const;
export type AlipayIdentityType = (typeof ALIPAY_IDENTITIES)[number];

/** To an Alipay account, or as a red packet. */
export const ALIPAY_TRANSFER_PRODUCTS = ["TRANS_ACCOUNT_NO_PWD", "STD_RED_PACKET"] as const;
export type AlipayTransferProduct = (typeof ALIPAY_TRANSFER_PRODUCTS)[number];

/** What a scene demands to be told. */
interface SceneReport {
  readonly infoType: string;
  readonly infoContent: string;
}

/** A transfer by WeChat Pay, before it is put into its words. */
export interface WechatTransferDraft {
  readonly provider?: "wechat" | undefined;
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
  readonly sceneReports: readonly SceneReport[];
}

/** A transfer by Alipay, before it is put into its words. */
export interface AlipayTransferDraft {
  readonly provider: "alipay";
  readonly outBillNo: string;
  readonly payee: {
    readonly identity: string;
    readonly identityType: AlipayIdentityType;
    /** The recipient's real name: required with a sign-in name, and checked wherever it is sent. */
    readonly name?: string | undefined;
  };
  /** What the recipient's bill calls it. */
  readonly title: string;
  readonly amount: Fen;
  readonly remark?: string | undefined;
  readonly productCode: AlipayTransferProduct;
  readonly sceneName?: string | undefined;
  readonly sceneReports?: readonly SceneReport[] | undefined;
}

/** A transfer, before it is put into a provider's words. */
export type TransferDraft = WechatTransferDraft | AlipayTransferDraft;

/** The exact text to send, and the serial of the key that its encrypted parts are for. */
export interface PreparedTransfer {
  readonly request: string;
  readonly encryptedFor: string | null;
}

/** A transfer as it is asked about and taken back. */
export interface TransferName {
  readonly outBillNo: string;
  readonly amount: Fen;
  /** Alipay's: a number is only found with the product that it was sent with. */
  readonly productCode?: AlipayTransferProduct | null;
}

/** A transfer as recorded. */
export interface TransferRef extends TransferName, PreparedTransfer {}

/**
 * `awaiting_user`: the recipient has 24 hours to confirm. `cancelling`: asked to, not done. `success`, `failed`,
 * `cancelled` and `returned` are final, but that money paid out may come back: `returned` follows `success`.
 */
export type TransferStatus =
  | "processing"
  | "awaiting_user"
  | "cancelling"
  | "success"
  | "failed"
  | "cancelled"
  | "returned";

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
  /** For how many days after its success a transfer's money may still come back by itself; null where it never does. */
  readonly returnDays: number | null;
  /**
   * Puts a transfer into the exact text to send. `unknown` when the key to encrypt with can't be had now.
   * @throws InputError naming the member that the provider would not take
   */
  prepare(draft: TransferDraft, call: CallContext): Promise<Outcome<PreparedTransfer>>;
  /** Asks for the transfer, or repeats the identical request and gets the same one. */
  create(transfer: TransferRef, call: CallContext): Promise<Outcome<TransferView>>;
  /** Asks for the transfer by its number. */
  query(transfer: TransferName, call: CallContext): Promise<Outcome<TransferView | { readonly status: "not_found" }>>;
  /** Takes it back while the recipient has not confirmed; done later. Absent where nothing can be taken back. */
  cancel?(transfer: TransferName, call: CallContext): Promise<Outcome<TransferView>>;
}
