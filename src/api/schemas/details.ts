/** What a payment takes beyond its order, method by method (WeChat Pay V3, create order; Alipay's stand apart). */
import * as z from "zod";
import type { PaymentMethod } from "../../providers/methods.ts";
import { browserAddress } from "./addresses.ts";
import { ALIPAY_FIELDS, ALIPAY_MERCHANT_FIELDS } from "./alipay-details.ts";
import { FOR_SERVICES, line, plainLine, yuan } from "./fields.ts";

const goods = z.strictObject({
  merchantGoodsId: plainLine(32),
  wechatpayGoodsId: plainLine(32).optional(),
  goodsName: line(256).optional(),
  quantity: z.int().min(1).max(1_000_000),
  unitPrice: yuan,
});

const detail = z
  .strictObject({
    costPrice: yuan.optional().meta({ description: "What all of it cost before, in yuan" }),
    invoiceId: plainLine(32).optional(),
    goodsDetail: z.array(goods).min(1).max(100).optional(),
  })
  .meta({ id: "GoodsDetail", description: "What is bought, as coupons look at it" });

const storeInfo = z.strictObject({
  id: plainLine(32),
  name: line(256).optional(),
  areaCode: plainLine(32).optional(),
  address: line(512).optional(),
});

const sceneInfo = z
  .strictObject({ deviceId: plainLine(32).optional(), storeInfo: storeInfo.optional() })
  .meta({ id: "SceneInfo", description: "Where the buyer is served" });

/** The fields that only the shop itself may set: which coupons apply, and whether the money is frozen, among others. */
export const MERCHANT_FIELDS = ["goodsTag", "detail", "settleInfo", ...ALIPAY_MERCHANT_FIELDS] as const;

/** What every method of WeChat Pay takes. */
const wechatOptions = {
  attach: plainLine(128).optional().meta({ description: "Comes back in queries, callbacks and bills" }),
  goodsTag: plainLine(32)
    .optional()
    .meta({ description: `${FOR_SERVICES}: marks the order for coupons` }),
  detail: detail.optional().meta({ description: `${FOR_SERVICES}: at most 6144 bytes as sent` }),
  sceneInfo: sceneInfo.optional(),
  settleInfo: z
    .strictObject({ profitSharing: z.boolean().optional() })
    .optional()
    .meta({ description: `${FOR_SERVICES}: profitSharing freezes the money until it has been shared out` }),
  supportFapiao: z.boolean().optional().meta({ description: "Whether the buyer can ask for an e-invoice" }),
};

const openid = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/, "must be 1 to 128 printable ASCII characters")
  .meta({ description: "The buyer's, as the application of this method knows it" });

/** By method, the fields beside those of the order. */
export const METHOD_FIELDS = {
  WECHAT_JSAPI: { openid, ...wechatOptions },
  WECHAT_MINI: { openid, ...wechatOptions },
  WECHAT_NATIVE: wechatOptions,
  WECHAT_APP: wechatOptions,
  WECHAT_H5: {
    h5Type: z.enum(["Wap", "iOS", "Android"]).meta({ description: "Where the page runs" }),
    appName: line(64).optional(),
    appUrl: plainLine(128).optional(),
    bundleId: plainLine(128).optional(),
    packageName: plainLine(128).optional(),
    returnUrl: browserAddress(1024)
      .optional()
      .meta({ description: "Where the buyer comes back to; no proof of a payment" }),
    ...wechatOptions,
  },
  ...ALIPAY_FIELDS,
  POINTS: {},
} as const satisfies Record<PaymentMethod, z.ZodRawShape>;
