/** Who gets a transfer, and as what: in a provider's terms, in columns of the books. */
import type {
  AlipayIdentityType,
  AlipayTransferProduct,
  TransferApplication,
  TransferDraft,
} from "../../providers/transfers.ts";
import type { TransferRow } from "./view.ts";

type RecipientColumns = Pick<
  TransferRow,
  "application" | "openid" | "sceneId" | "payeeType" | "payee" | "productCode" | "title" | "sceneName"
>;

const NOT_WECHAT = { application: null, openid: null, sceneId: null } as const;
const NOT_ALIPAY = { payeeType: null, payee: null, productCode: null, title: null, sceneName: null } as const;

/** The recipient as recorded: real names are in nothing but the text that is sent, sign-in names only in part. */
export function recipientColumns(draft: TransferDraft): RecipientColumns {
  if (draft.provider !== "alipay") {
    const { application, openid, sceneId } = draft;
    return { ...NOT_ALIPAY, application, openid, sceneId };
  }
  const { payee, productCode, title, sceneName = null } = draft;
  const { identity, identityType: payeeType } = payee;
  const recorded = payeeType === "ALIPAY_LOGON_ID" ? masked(identity) : identity;
  return { ...NOT_WECHAT, payeeType, payee: recorded, productCode, title, sceneName };
}

/** `13800001234` becomes `138****34`, `somebody@example.com` becomes `som****om`. */
function masked(signInName: string): string {
  return `${signInName.slice(0, 3)}****${signInName.length > 8 ? signInName.slice(-2) : ""}`;
}

/** The recipient of a transfer as operators see it. */
export type TransferRecipient =
  | {
      readonly provider: "wechat";
      readonly application: TransferApplication;
      readonly openid: string;
      readonly sceneId: string;
    }
  | {
      readonly provider: "alipay";
      /** A sign-in name only in part. */
      readonly payee: { readonly identity: string; readonly identityType: AlipayIdentityType };
      readonly productCode: AlipayTransferProduct;
      readonly title: string;
      readonly sceneName: string | null;
    };

/** Reads the recipient back. Throws for a row that no draft makes. */
export function recipientOf(row: TransferRow): TransferRecipient {
  const { provider, application, openid, sceneId, payeeType, payee, productCode, title, sceneName } = row;
  if (provider === "wechat" && application !== null && openid !== null && sceneId !== null) {
    return { provider, application, openid, sceneId };
  }
  if (provider === "alipay" && payeeType !== null && payee !== null && productCode !== null && title !== null) {
    return { provider, payee: { identity: payee, identityType: payeeType }, productCode, title, sceneName };
  }
  throw new Error(`the transfer ${row.outBillNo} lacks its recipient`);
}
