/** Payments, refunds and callbacks full of planted values. */
import { misbehave, payAt, signedCallback } from "./controls.ts";
import { BUYERS_WORDS, PERSONAL } from "./planted.ts";
import { AUDITOR, made, newOrder, note, scanned, TROUBLES, type Walk } from "./planted-walk.ts";
import type { Channel } from "./purchases.ts";
import { OPERATOR } from "./shop.ts";

/** What each method takes that could name somebody. */
const DETAILS: readonly (readonly [Channel, object, "called" | "signed_here"])[] = [
  ["wechat", { method: "WECHAT_JSAPI", openid: PERSONAL.openid }, "called"],
  ["wechat", { method: "WECHAT_MINI", openid: PERSONAL.miniOpenid, attach: PERSONAL.passback }, "called"],
  ["wechat", { method: "WECHAT_NATIVE", sceneInfo: { deviceId: PERSONAL.device } }, "called"],
  ["wechat", { method: "WECHAT_APP", attach: PERSONAL.phone }, "called"],
  ["wechat", { method: "WECHAT_H5", h5Type: "Wap" }, "called"],
  ["alipay", { method: "ALIPAY_WEB", body: BUYERS_WORDS }, "signed_here"],
  ["alipay", { method: "ALIPAY_WAP", quitUrl: "https://shop.example/cart", body: BUYERS_WORDS }, "signed_here"],
  ["alipay", { method: "ALIPAY_APP", body: PERSONAL.name, passbackParams: PERSONAL.passback }, "signed_here"],
  ["alipay", { method: "ALIPAY_QR", passbackParams: PERSONAL.passback }, "called"],
  ["alipay", { method: "ALIPAY_JSAPI", buyerId: PERSONAL.buyerId }, "called"],
  ["alipay", { method: "ALIPAY_BARCODE" }, "called"],
];

/** Payments by every method, in every trouble, with their callbacks, refunds and stories. */
export async function walkPayments(walk: Walk): Promise<void> {
  for (const [provider, details, kind] of DETAILS) {
    for (const trouble of kind === "called" ? TROUBLES : [undefined])
      await walkPayment(walk, provider, details, trouble);
  }
}

/** One order: opened, perhaps in trouble, paid or closed, told of truly and falsely, asked for and given back. */
async function walkPayment(walk: Walk, provider: Channel, details: object, trouble: string | undefined): Promise<void> {
  const { go, customer } = walk;
  const { orderId, amount } = await newOrder(walk);
  const authCode = "method" in details && details.method === "ALIPAY_BARCODE" ? { authCode: await scanned(walk) } : {};
  const request = { orderId, amount, subject: BUYERS_WORDS, ...details, ...authCode };
  if (trouble) await misbehave({ kind: trouble, times: 1 });
  const opened = await go("POST /payments/{provider}/create", customer, { provider }, request);
  const { body } = trouble ? opened : made(opened);
  const { transactionId, outTradeNo = transactionId } = body;
  if (trouble === "drop_before") await misbehave({ kind: "bad_signature", times: 1 });
  await go("GET /payments/{provider}/query/{orderId}", customer, { provider, orderId });
  // Of what is signed here Alipay hears only when the buyer gets there.
  if (trouble || "body" in details) {
    await go("POST /payments/{provider}/close/{orderId}", customer, { provider, orderId });
    await go("POST /orders/{orderId}/cancel", customer, { orderId });
    return;
  }
  if (String(body.status) === "PENDING") await payAt(provider, String(outTradeNo));
  await tell(walk, provider, String(outTradeNo), { signer: "foreign" });
  await tell(walk, provider, String(outTradeNo), {});
  await go("GET /payments/{provider}/query/{orderId}", customer, { provider, orderId });
  await walkRefund(walk, provider, orderId);
  await tellStory(walk, orderId);
}

/** Posts a callback about a trade with everything in it that a provider says of the payer. */
async function tell({ api }: Walk, provider: Channel, outTradeNo: string, how: object): Promise<void> {
  const { openid, buyerId, buyerLogon, bankType, passback, name } = PERSONAL;
  const fields =
    provider === "wechat"
      ? { payer: { openid }, bank_type: bankType, attach: passback }
      : { buyer_id: buyerId, buyer_logon_id: buyerLogon, body: name, passback_params: passback };
  const { headers, body } = await signedCallback({ provider, callback: "trade", outTradeNo, fields, ...how });
  const url = `http://shop.test/api/v1/payments/${provider}/notify`;
  const answer = await api.send(new Request(url, { method: "POST", headers, body }));
  if (answer.status !== ("signer" in how ? 401 : 200)) throw new Error(`a callback was answered ${answer.status}`);
  await api.idle();
}

async function walkRefund({ go, customer }: Walk, provider: Channel, orderId: string): Promise<void> {
  const wish = { orderId, amount: "1.00", reason: BUYERS_WORDS };
  const refund = "POST /payments/{provider}/refund";
  for (const decision of ["approve", "decline"] as const) {
    const { body } = made(await go(refund, customer, { provider }, wish));
    const refundId = String(body.refundId);
    await go(`POST /refunds/{refundId}/${decision}`, OPERATOR, { refundId }, {});
    await go("GET /payments/{provider}/refund/query/{refundId}", customer, { provider, refundId });
    for (const idle of ["retry", "release"]) {
      await go(`POST /refunds/{refundId}/${idle}`, OPERATOR, { refundId }, { reason: "looked at" });
    }
    const card = { type: "USER_BANK_CARD", bankType: "CMB_DEBIT" };
    const account = { ...card, bankAccount: PERSONAL.card, realName: PERSONAL.name };
    await go("POST /payments/{provider}/refund/{refundId}/abnormal", OPERATOR, { provider, refundId }, account);
  }
}

async function tellStory({ go, seen }: Walk, orderId: string): Promise<void> {
  const { text } = await go("GET /operations/explain", AUDITOR, { query: `?orderId=${orderId}&limit=100` });
  note(seen, "stories", text);
}

/** The same of combined payments. */
export async function walkCombined(walk: Walk): Promise<void> {
  const { go, customer } = walk;
  const provider = "wechat";
  for (const trouble of TROUBLES) {
    const orders = [await newOrder(walk), await newOrder(walk)];
    if (trouble) await misbehave({ kind: trouble, times: 1 });
    const sceneInfo = { deviceId: PERSONAL.device };
    const asked = orders.map((order) => ({ ...order, subject: BUYERS_WORDS }));
    const body = { method: "WECHAT_JSAPI", openid: PERSONAL.openid, sceneInfo, orders: asked };
    const answer = await go("POST /payments/{provider}/combined/create", customer, { provider }, body);
    const opened = trouble ? answer : made(answer);
    const combineOutTradeNo = String(opened.body.combineOutTradeNo ?? opened.body.transactionId ?? "C0");
    await go("GET /payments/{provider}/combined/query/{combineOutTradeNo}", customer, { provider, combineOutTradeNo });
    await go("POST /payments/{provider}/combined/close/{combineOutTradeNo}", customer, { provider, combineOutTradeNo });
  }
}
