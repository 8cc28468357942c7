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

/** One kind of goods, as Alipay shows them. */
export interface AlipayGoods {
  readonly goodsId: string;
  readonly goodsName: string;
  readonly quantity: number;
  readonly price: Fen;
  readonly goodsCategory?: string | undefined;
  readonly categoriesTree?: string | undefined;
  readonly body?: string | undefined;
  readonly showUrl?: string | undefined;
}

/** What every method of Alipay takes beside what it needs (Alipay, payments, shared rules). */
export interface AlipayOptions {
  readonly body?: string | undefined;
  readonly goodsDetail?: readonly AlipayGoods[] | undefined;
  /** Echoed by notices. */
  readonly passbackParams?: string | undefined;
  /** Comma lists; one of the two at most. */
  readonly enablePayChannels?: string | undefined;
  readonly disablePayChannels?: string | undefined;
  /** Instalments by Huabei: their number, and the share of their fee that the seller bears. */
  readonly hbFqNum?: "3" | "6" | "12" | undefined;
  readonly hbFqSellerPercent?: "0" | "100" | undefined;
  readonly storeId?: string | undefined;
  readonly operatorId?: string | undefined;
  readonly terminalId?: string | undefined;
}

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
  | ({
      readonly method: "ALIPAY_WEB";
      /** Where the browser comes back to; fixed with the attempt, because it is signed. */
      readonly returnUrl?: string | undefined;
      /** How the QR code shows inside the shop's page; 2 goes to Alipay's. */
      readonly qrPayMode?: "0" | "1" | "2" | "3" | "4" | undefined;
      /** In pixels, with mode 4. */
      readonly qrcodeWidth?: number | undefined;
    } & AlipayOptions)
  | ({
      readonly method: "ALIPAY_WAP";
      readonly returnUrl?: string | undefined;
      /** Where a buyer goes who gives up; where others come back to when absent. One of them is needed. */
      readonly quitUrl?: string | undefined;
    } & AlipayOptions)
  | ({ readonly method: "ALIPAY_APP" | "ALIPAY_QR" } & AlipayOptions)
  /** A buyer's user id (2088…) or open id. */
  | ({ readonly method: "ALIPAY_JSAPI"; readonly buyerId: string } & AlipayOptions)
  /** What the seller has scanned from the buyer's phone. */
  | ({ readonly method: "ALIPAY_BARCODE"; readonly authCode: string } & AlipayOptions)
  | { readonly method: "POINTS" };

/** The details of a combined payment: WeChat Pay takes these of one for all of its orders. */
export type CombinedDetails = Extract<PaymentDetails, WechatOptions & { readonly method: `WECHAT_${string}` }>;
