/** Who gets a transfer, and as what: in a provider's terms, in columns of the books. */
import type {
  AlipayIdentityType,
  AlipayTransferProduct,
  TransferApplication,
  TransferDraft,
} from "../../providers/transfers.ts";
import type { PaymentContext } from "../context.ts";
import { type Field, seal, sealAny, unsealShown } from "../sealed.ts";
import type { TransferRow } from "./view.ts";

type RecipientColumns = Pick<
  TransferRow,
  "application" | "openid" | "sceneId" | "payeeType" | "payee" | "productCode" | "title" | "sceneName"
>;

const NOT_WECHAT = { application: null, openid: null, sceneId: null } as const;
const NOT_ALIPAY = { payeeType: null, payee: null, productCode: null, title: null, sceneName: null } as const;

/** Where a text of a transfer stands. */
export function transferField(
  name: "request" | "confirmation" | "openid" | "payee" | "title" | "remark",
  outBillNo: string,
): Field {
  return { column: `transfers.${name}`, row: outBillNo };
}

/** The recipient as recorded: real names are in nothing but the text that is sent, sign-in names only in part. */
export async function recipientColumns(ctx: PaymentContext, draft: TransferDraft): Promise<RecipientColumns> {
  const { outBillNo } = draft;
  if (draft.provider !== "alipay") {
    const { application, sceneId } = draft;
    const openid = await seal(ctx, transferField("openid", outBillNo), draft.openid);
    return { ...NOT_ALIPAY, application, openid, sceneId };
  }
  const { productCode, sceneName = null } = draft;
  const { identity, identityType: payeeType } = draft.payee;
  const recorded = payeeType === "ALIPAY_LOGON_ID" ? masked(identity) : identity;
  const payee = await seal(ctx, transferField("payee", outBillNo), recorded);
  const title = await sealAny(ctx, transferField("title", outBillNo), draft.title);
  return { ...NOT_WECHAT, payeeType, payee, productCode, title, sceneName };
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
export async function recipientOf(ctx: PaymentContext, row: TransferRow): Promise<TransferRecipient> {
  const { outBillNo, provider, application, sceneId, payeeType, productCode, sceneName } = row;
  if (provider === "wechat" && application !== null && row.openid !== null && sceneId !== null) {
    const openid = await unsealShown(ctx, transferField("openid", outBillNo), row.openid);
    return { provider, application, openid, sceneId };
  }
  if (provider === "alipay" && payeeType !== null && row.payee !== null && productCode !== null && row.title !== null) {
    const identity = await unsealShown(ctx, transferField("payee", outBillNo), row.payee);
    const title = await unsealShown(ctx, transferField("title", outBillNo), row.title);
    return { provider, payee: { identity, identityType: payeeType }, productCode, title, sceneName };
  }
  throw new Error(`the transfer ${outBillNo} lacks its recipient`);
}
