/** What a caller says of a payment beyond its order, narrowed by method. Amounts in fen. */
import type { Fen } from "../money.ts";

/** One kind of goods, as WeChat Pay shows them and single-item coupons look at them. */
export interface WechatGoods {
  readonly merchantGoodsId: string;
  readonly wechatpayGoodsId?: string | undefined;
  readonly goodsName?: string | undefined;
  readonly quantity: number;
  readonly unitPrice: Fen;
}

/** What every method of WeChat Pay takes beside what it needs (WeChat Pay V3, create order, common body). */
export interface WechatOptions {
  /** Echoed by queries, callbacks and bills. */
  readonly attach?: string | undefined;
  /** Says which coupons apply. */
  readonly goodsTag?: string | undefined;
  readonly detail?:
    | {
        readonly costPrice?: Fen | undefined;
        readonly invoiceId?: string | undefined;
        readonly goodsDetail?: readonly WechatGoods[] | undefined;
      }
    | undefined;
  readonly sceneInfo?:
    | {
        readonly deviceId?: string | undefined;
        readonly storeInfo?:
          | {
              readonly id: string;
              readonly name?: string | undefined;
              readonly areaCode?: string | undefined;
              readonly address?: string | undefined;
            }
          | undefined;
      }
    | undefined;
  /** `profitSharing` freezes the money until it has been shared out. */
  readonly settleInfo?: { readonly profitSharing?: boolean | undefined } | undefined;
  readonly supportFapiao?: boolean | undefined;
  /** The payer's address as the connection shows it, IPv4 or IPv6. */
  readonly payerClientIp?: string | undefined;
}

export type H5Type = "Wap" | "iOS" | "Android";

/** By method: what it needs, and what it takes. */
export type PaymentDetails =
  | ({ readonly method: "WECHAT_JSAPI" | "WECHAT_MINI"; readonly openid: string } & WechatOptions)
  | ({ readonly method: "WECHAT_NATIVE" | "WECHAT_APP" } & WechatOptions)
  | ({
      readonly method: "WECHAT_H5";
      readonly h5Type: H5Type;
      readonly payerClientIp: string;
      readonly appName?: string | undefined;
      readonly appUrl?: string | undefined;
      readonly bundleId?: string | undefined;
      readonly packageName?: string | undefined;
    } & WechatOptions)
  | { readonly method: "ALIPAY_QR" | "POINTS" };

/** The details of a combined payment: WeChat Pay takes these of one for all of its orders. */
export type CombinedDetails = Extract<PaymentDetails, WechatOptions & { readonly method: `WECHAT_${string}` }>;
