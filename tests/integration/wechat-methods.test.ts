/** Every way to pay by WeChat Pay, over REST, from the front end's call to the order that is PAID, and what comes between. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { CombinedDetails } from "../../src/providers/details.ts";
import { type Answer, openApi } from "./api/support.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { allAtOnce, expectedOf } from "./support/at-once.ts";
import { twoOrders } from "./support/combined.ts";
import { deliverAll, providerTrades, type SignedDelivery, takeDeliveries } from "./support/controls.ts";
import { newOrder, type Purchase } from "./support/purchases.ts";
import { attemptOf } from "./support/records.ts";
import { openShop, type Shop } from "./support/shop.ts";
import { openScreen, payOn } from "./support/wechat-buyer.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const api = openApi();
const PAYER = "203.0.113.7";
const headers = { "CF-Connecting-IP": PAYER };

/** What each method takes beside the order, and for how many seconds what the client gets is good. */
const METHODS: readonly { readonly name: string; readonly details: CombinedDetails; readonly life: number }[] = [
  { name: "JSAPI", details: { method: "WECHAT_JSAPI", openid: "oOfcl_the_simulated_buyer_01" }, life: 7200 },
  { name: "mini program", details: { method: "WECHAT_MINI", openid: "oMini_the_simulated_buyer_01" }, life: 7200 },
  { name: "Native", details: { method: "WECHAT_NATIVE" }, life: 7200 },
  { name: "APP", details: { method: "WECHAT_APP" }, life: 7200 },
  { name: "H5", details: { method: "WECHAT_H5", h5Type: "Wap", payerClientIp: PAYER }, life: 300 },
];
type Method = (typeof METHODS)[number];

/** Posts a callback to where WeChat Pay was told to. */
async function post({ url, headers, body }: SignedDelivery) {
  const response = await api.send(new Request(url, { method: "POST", headers, body }));
  return [response.status, await response.text()];
}

const ACCEPTED = [200, '{"code":"SUCCESS","message":"成功"}'];

/** Everything that WeChat Pay has to tell of a payment. */
async function tellAll(outTradeNo: string) {
  const answers = [];
  for (const callback of await takeDeliveries(outTradeNo)) answers.push(await post(callback));
  return answers;
}

const orderOf = async ({ customer, orderId }: Purchase) =>
  (await api.call("GET", `/orders/${orderId}`, { as: customer })).body.status;

describe("by each method", () => {
  it("an order is opened, shown on the phone, paid there, told and PAID", async () => {
    const paid = await allAtOnce(METHODS, async ({ details }) => {
      const purchase = await newOrder(openShop());
      const { status, body } = await create(purchase, details);
      const outTradeNo = String(body.outTradeNo);
      const before = await orderOf(purchase);
      const screen = await payOn(await openScreen(body));
      const told = await tellAll(outTradeNo);
      const query = await api.call("GET", `/payments/wechat/query/${purchase.orderId}`, { as: purchase.customer });
      return [status, before, screen, told, await orderOf(purchase), query.body.method];
    });
    const screen = expect.stringContaining("支付成功");
    expect(paid).toEqual(
      expectedOf(METHODS, ({ details }) => [201, "PENDING", screen, [ACCEPTED], "PAID", details.method]),
    );
    await api.idle();
  });

  it("two orders are opened as one, shown, paid, told and PAID", async () => {
    const paid = await allAtOnce(METHODS, async ({ details }) => {
      const purchases = await twoOrders(openShop());
      const orders = purchases.map(({ orderId }) => ({ orderId, amount: "30.00" }));
      const path = "/payments/wechat/combined/create";
      const as = purchases[0].customer;
      const { status, body } = await api.call("POST", path, { as, body: { ...saidOf(details), orders }, headers });
      const screen = await payOn(await openScreen(body));
      const told = await tellAll(String(body.combineOutTradeNo));
      return [status, screen, told, await orderOf(purchases[0]), await orderOf(purchases[1])];
    });
    const screen = expect.stringContaining("支付成功");
    expect(paid).toEqual(expectedOf(METHODS, () => [201, screen, [ACCEPTED], "PAID", "PAID"]));
    await api.idle();
  });
});

function create({ customer, orderId }: Purchase, details: CombinedDetails): Promise<Answer> {
  const body = { orderId, amount: "30.00", ...saidOf(details) };
  return api.call("POST", "/payments/wechat/create", { as: customer, body, headers });
}

/** What the caller says of it: the payer's address is the connection's. */
function saidOf({ payerClientIp: _connection, ...said }: CombinedDetails) {
  return said;
}

describe("a credential", () => {
  const ask = async (shop: Shop, { customer, orderId, amount }: Purchase, { details }: Method) => {
    const request = { ...details, orderId, amount };
    return (await shop.manager.create(customer, "wechat", request)).payment;
  };

  it.each([
    ["that is good for five minutes", METHODS.filter(({ life }) => life === 300)],
    ["that is good for two hours", METHODS.filter(({ life }) => life === 7200)],
  ])("%s opens no screen after that, and asking again gives one that does, for the same trade", async (_, methods) => {
    const shop = openShop({ settings: { orderTtlMinutes: 600 } });
    const [{ life } = { life: 0 }] = methods;
    const scenes = await allAtOnce(methods, async (method) => {
      const purchase = await newOrder(shop);
      const payment = await ask(shop, purchase, method);
      return { method, purchase, payment, sent: (await attemptOf(shop, payment.outTradeNo))?.request };
    });
    await letPass(shop, life - 120);
    for (const { method, purchase, payment } of Object.values(scenes)) {
      expect(await ask(shop, purchase, method)).toEqual(payment);
    }
    await letPass(shop, 120);
    const renewed = await allAtOnce(methods, async (method) => {
      const { purchase, payment, sent } = scenes[method.name] ?? {};
      if (!purchase || !payment) throw new Error("no payment");
      await expect(openScreen(payment)).rejects.toThrow(/过期|失效|无效/);
      const again = await ask(shop, purchase, method);
      const screen = await payOn(await openScreen(again));
      await deliverAll(shop, "wechat", again.outTradeNo);
      const attempt = await attemptOf(shop, payment.outTradeNo);
      return [again.outTradeNo === payment.outTradeNo, attempt?.request === sent, screen, attempt?.disposition];
    });
    const screen = expect.stringContaining("支付成功");
    expect(renewed).toEqual(expectedOf(methods, () => [true, true, screen, "APPLIED"]));
    expect(await providerTrades()).toHaveLength(methods.length);
  });
});

describe("another method, while one is open", () => {
  /** Comes from each to each other once. */
  const WAY = [0, 1, 0, 2, 0, 3, 0, 4, 1, 2, 1, 3, 1, 4, 2, 3, 2, 4, 3, 4, 0].flatMap((index) => METHODS[index] ?? []);

  it("has a number of its own, the old one is closed, and nobody hears that a number was used", async () => {
    const steps = WAY.slice(1).map((to, index) => `${WAY[index]?.name} ${to.name}`);
    expect(new Set(steps).size).toBe(20);
    const purchase = await newOrder(openShop());
    const opened: Answer[] = [];
    for (const { details } of WAY) {
      opened.push(await create(purchase, details));
      await api.idle();
    }
    expect(opened.map(({ status }) => status)).toEqual(WAY.map(() => 201));
    const numbers = opened.map(({ body }) => String(body.outTradeNo));
    expect(new Set(numbers).size).toBe(WAY.length);
    const open = (await providerTrades()).filter(({ state }) => state === "open");
    expect(open.map(({ outTradeNo }) => outTradeNo)).toEqual(numbers.slice(-1));
    expect(await payOn(await openScreen(opened.at(-2)?.body ?? {}))).toContain("订单已关闭");
    expect(await payOn(await openScreen(opened.at(-1)?.body ?? {}))).toContain("支付成功");
    expect(await tellAll(numbers.at(-1) ?? "")).toEqual([ACCEPTED]);
    expect(await orderOf(purchase)).toBe("PAID");
    expect(opened.map(({ text }) => text).join()).not.toContain("OUT_TRADE_NO_USED");
    expect(api.lines.join()).not.toContain("OUT_TRADE_NO_USED");
  });
});
