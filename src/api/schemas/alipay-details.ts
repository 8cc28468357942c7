/** What a payment by Alipay takes beyond its order, method by method (Alipay, payments). */
import * as z from "zod";
import { browserAddress } from "./addresses.ts";
import { FOR_SERVICES, line, plainLine, yuan } from "./fields.ts";

const goods = z
  .strictObject({
    goodsId: plainLine(32),
    goodsName: line(256),
    quantity: z.int().min(1).max(1_000_000),
    price: yuan,
    goodsCategory: plainLine(24).optional(),
    categoriesTree: plainLine(128)
      .optional()
      .meta({ examples: ["124868003|126232002|126252004"] }),
    body: line(1000).optional(),
    showUrl: browserAddress(400).optional(),
  })
  .meta({ id: "AlipayGoods" });

const channels = z
  .string()
  .max(128)
  .regex(/^\w+(?:,\w+)*$/, "must be names with commas between");

/** The fields that only the shop itself may set: what is sold how, by which means, and where. */
export const ALIPAY_MERCHANT_FIELDS = [
  "goodsDetail",
  "enablePayChannels",
  "disablePayChannels",
  "hbFqNum",
  "hbFqSellerPercent",
  "storeId",
  "operatorId",
  "terminalId",
] as const;

const forServices = (says: string) => ({ description: `${FOR_SERVICES}: ${says}` });

/** What every method of Alipay takes. */
const alipayOptions = {
  body: line(128).optional().meta({ description: "What is bought, in more words" }),
  passbackParams: line(512)
    .optional()
    .meta({ description: "Comes back in notices; at most 512 characters URL-encoded" }),
  goodsDetail: z
    .array(goods)
    .min(1)
    .max(100)
    .optional()
    .meta(forServices("all of the request is at most 6144 bytes as sent")),
  enablePayChannels: channels.optional().meta(forServices("the only means that are offered")),
  disablePayChannels: channels.optional().meta(forServices("means that are not offered; excludes enablePayChannels")),
  hbFqNum: z.enum(["3", "6", "12"]).optional().meta(forServices("instalments by Huabei")),
  hbFqSellerPercent: z.enum(["0", "100"]).optional().meta(forServices("the share of their fee that the shop bears")),
  storeId: plainLine(32).optional().meta(forServices("the shop's branch")),
  operatorId: plainLine(28).optional().meta(forServices("who serves")),
  terminalId: plainLine(32).optional().meta(forServices("the till")),
};

const returnUrl = browserAddress(256)
  .optional()
  .meta({ description: "Where the buyer comes back to, fixed with the attempt; no proof of a payment" });

const buyerId = z
  .string()
  .regex(/^[0-9A-Za-z_-]{1,128}$/, "must be a user id or an open id")
  .meta({ description: "The buyer's user id (2088…) or open id" });

const authCode = z
  .string()
  .regex(/^(?:(?:2[5-9]|30)\d{14,22}|fp[0-9A-Za-z]{33})$/, "must be the code on the buyer's phone")
  .meta({ description: "What was scanned: 16 to 24 digits beginning with 25 to 30, or fp and 33 more" });

/** By method, the fields beside those of the order. */
export const ALIPAY_FIELDS = {
  ALIPAY_WEB: {
    returnUrl,
    qrPayMode: z
      .enum(["0", "1", "2", "3", "4"])
      .optional()
      .meta({ description: "How the QR code shows inside the shop's page; 2 goes to Alipay's" }),
    qrcodeWidth: z.int().min(1).max(9999).optional().meta({ description: "In pixels, with qrPayMode 4" }),
    ...alipayOptions,
  },
  ALIPAY_WAP: {
    returnUrl,
    quitUrl: browserAddress(400)
      .optional()
      .meta({ description: "Where a buyer goes who gives up. returnUrl, or the configured one, when absent" }),
    ...alipayOptions,
  },
  ALIPAY_APP: alipayOptions,
  ALIPAY_QR: alipayOptions,
  ALIPAY_JSAPI: { buyerId, ...alipayOptions },
  ALIPAY_BARCODE: { authCode, ...alipayOptions },
} as const;
