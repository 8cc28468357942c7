/** What Alipay tells of, one of each kind, ready to be told: everything has happened there, and the shop does not know. */
import { eq } from "drizzle-orm";
import { anomalies } from "../../../db/schema/records.ts";
import { endRefund, startRefund } from "./alipay-refunds.ts";
import { expire, finish, newPaidTrade, newTrade, pay, type Scene } from "./alipay-trades.ts";
import { misbehave, type SignedDelivery, sandbox, signedCallback, takeDeliveries } from "./controls.ts";
import { rowsOf, textOf } from "./hostile.ts";
import { authorisationOf, confirmFreeze, startFreeze } from "./pre-authorisations.ts";
import type { Shop } from "./shop.ts";

/** Where the simulator is told to send messages that are about the application. */
export const NOTIFY_URL = "http://127.0.0.1/api/v1/payments/alipay/notify";

/** A notice that is due, and what could change by it. */
export interface Subject {
  readonly genuine: SignedDelivery;
  readonly books: () => Promise<object>;
}

async function due(number: string): Promise<SignedDelivery> {
  const [notice, ...more] = await takeDeliveries(number);
  if (!notice || more.length > 0) throw new Error("not one notice");
  return notice;
}

async function tradeSubject(shop: Shop, scene: Scene): Promise<Subject> {
  const genuine = await due(scene.outTradeNo);
  const books = async () => ({
    ...(await rowsOf({ ...scene, shop, channel: "alipay", genuine })),
    anomalies: await shop.db.select().from(anomalies).where(eq(anomalies.orderId, scene.orderId)),
  });
  return { genuine, books };
}

const ofTrade =
  (move: (outTradeNo: string) => Promise<unknown>, isPaid = false) =>
  async (shop: Shop) => {
    const scene = await (isPaid ? newPaidTrade(shop) : newTrade(shop));
    await move(scene.outTradeNo);
    return await tradeSubject(shop, scene);
  };

/** The money moves after the reply, so that the notice is the first to say so. */
const ofRefund = (amount?: number) => async (shop: Shop) => {
  const scene = await newPaidTrade(shop);
  await misbehave({ kind: "refund_abnormal", operation: "refund" });
  await endRefund((await startRefund(shop, scene, amount)).refundId);
  return await tradeSubject(shop, scene);
};

async function ofFreeze(shop: Shop): Promise<Subject> {
  const { outOrderNo } = await startFreeze(shop);
  await confirmFreeze(outOrderNo);
  return { genuine: await due(outOrderNo), books: async () => ({ freeze: await authorisationOf(shop, outOrderNo) }) };
}

/** The buyer's bank has taken a refund. */
async function ofBank(shop: Shop): Promise<Subject> {
  const scene = await newPaidTrade(shop, "QR");
  const { outRefundNo } = await startRefund(shop, scene);
  await sandbox("POST", "alipay/application", { gatewayUrl: NOTIFY_URL });
  await sandbox("POST", `refunds/alipay/${outRefundNo}/deposit-back`, { status: "S" });
  return await tradeSubject(shop, scene);
}

const OTHER_SELLER = { seller_id: "2088000000000009" };
const TRADE = { amount: "total_amount", number: "out_trade_no", seller: OTHER_SELLER } as const;

/** Every kind of notice: whether it changes the books, and the fields that say the most. */
export const KINDS = [
  { name: "payment", stage: ofTrade(pay), isNews: true, ...TRADE },
  { name: "close", stage: ofTrade(expire), isNews: true, ...TRADE },
  { name: "payment's end", stage: ofTrade(finish, true), isNews: false, ...TRADE },
  { name: "refund of a part", stage: ofRefund(1000), isNews: true, ...TRADE },
  { name: "refund of all", stage: ofRefund(), isNews: true, ...TRADE },
  {
    name: "freeze",
    stage: ofFreeze,
    isNews: true,
    amount: "amount",
    number: "out_order_no",
    seller: { payee_user_id: "2088000000000009" },
  },
  { name: "refund at a bank", stage: ofBank, isNews: false, amount: "biz_content", number: null, seller: null },
] as const;
export type Kind = (typeof KINDS)[number];

/** Members of notices of trades, none of which another kind has by chance. */
const TRADE_MEMBERS = [
  ...[
    "notify_type",
    "auth_app_id",
    "trade_no",
    "out_trade_no",
    "seller_id",
    "seller_email",
    "buyer_id",
    "buyer_open_id",
  ],
  ...[
    "buyer_logon_id",
    "trade_status",
    "total_amount",
    "subject",
    "gmt_create",
    "gmt_close",
    "gmt_payment",
    "notify_time",
  ],
  ...["receipt_amount", "invoice_amount", "buyer_pay_amount", "point_amount", "fund_bill_list"],
];

/** The same notice, signed again: by somebody else, with other fields, in another form. */
export function signedAnew(
  { genuine }: Subject,
  { fields = {}, ...more }: { fields?: object; [odd: string]: unknown },
) {
  const { sign: _sign, sign_type: _type, ...own } = Object.fromEntries(new URLSearchParams(textOf(genuine)));
  const none = Object.fromEntries(TRADE_MEMBERS.map((name) => [name, null]));
  return signedCallback({ provider: "alipay", callback: "trade", ...more, fields: { ...none, ...own, ...fields } });
}
