/** The four ways to pay: what each takes, for whom, what it gives, and what the trade says of itself later. */
import { describe, expect, it } from "vitest";
import type { Received } from "./http.ts";
import { openSimulator } from "./simulator.ts";
import { call, unsealed, value, verified } from "./wechat-client.ts";
import { miniOrder, orderFor, PRODUCTS, type Product, pathOf } from "./wechat-orders.ts";

const { env, control } = await openSimulator();

const outcome = (answer: Received) => [answer.status, answer.json().code];
const create = (product: Product, order: object) => call(env, "POST", pathOf(product), order);
const query = async (no: string) =>
  (await call(env, "GET", `/v3/pay/transactions/out-trade-no/${no}?mchid=${env.WECHAT_MCH_ID}`)).json();
const pay = (no: string, body?: object) => control.post(`/trades/wechat/${no}/pay`, body);

const CREDENTIALS = { jsapi: "prepay_id", native: "code_url", h5: "h5_url", app: "prepay_id" };
const SECONDS = { jsapi: 7200, native: 7200, h5: 300, app: 7200 };
const TYPES = { jsapi: "JSAPI", native: "NATIVE", h5: "MWEB", app: "APP" };
const OPENIDS = { jsapi: "oOfcl_test_payer", native: /^oOfcl/, h5: /^oOfcl/, app: /^oMobi/ };

describe.each(PRODUCTS)("%s", (product) => {
  it("gives the client what it pays with, signed, and the same again until it lapses", async () => {
    const order = orderFor(env, product, `life-${product}`);
    const first = await create(product, order);
    expect(first.status).toBe(200);
    expect(verified(env, first.headers, first.body)).toBe(true);
    expect(Object.keys(first.json())).toEqual([CREDENTIALS[product]]);
    const credential = () => create(product, order).then((answer) => answer.json()[CREDENTIALS[product]]);
    expect(await credential()).toBe(first.json()[CREDENTIALS[product]]);
    await control.advance(SECONDS[product] - 5);
    expect(await credential()).toBe(first.json()[CREDENTIALS[product]]);
    await control.advance(6);
    expect(await credential()).not.toBe(first.json()[CREDENTIALS[product]]);
  });

  it("names itself, the application and its payer once it is paid", async () => {
    const no = `paid-${product}`;
    const more = { attach: "附加 数据", ...(product !== "h5" && { scene_info: scene({ device_id: "POS-01" }) }) };
    await create(product, orderFor(env, product, no, more));
    await pay(no);
    const appid = value(env, product === "app" ? "WECHAT_MOBILE_APP_ID" : "WECHAT_APP_ID");
    const expected = {
      appid,
      trade_type: TYPES[product],
      trade_state: "SUCCESS",
      attach: "附加 数据",
      ...(product !== "h5" && { scene_info: { device_id: "POS-01" } }),
      payer: { openid: expect.stringMatching(OPENIDS[product]) },
      amount: { total: 100, payer_total: 100, currency: "CNY", payer_currency: "CNY" },
    };
    expect(await query(no)).toMatchObject(expected);
    const [taken] = await control.take({ outTradeNo: no });
    const body = JSON.parse(Buffer.from(taken?.body ?? "", "base64").toString("utf8"));
    expect(JSON.parse(unsealed(env, body.resource))).toMatchObject(expected);
  });

  it("is another order than that of any other product, whatever the number", async () => {
    const no = `used-${product}`;
    await create(product, orderFor(env, product, no));
    for (const other of PRODUCTS.filter((each) => each !== product)) {
      expect(outcome(await create(other, orderFor(env, other, no)))).toEqual([403, "OUT_TRADE_NO_USED"]);
    }
    if (product !== "h5") return;
    const sameBody = await create("native", orderFor(env, "h5", no));
    expect(outcome(sameBody)).toEqual([403, "OUT_TRADE_NO_USED"]);
  });

  it("can't be used by a merchant that did not apply for it", async () => {
    await control.post("/wechat/merchant", { disabledProducts: [product] });
    const order = orderFor(env, product, `applied-${product}`);
    expect(outcome(await create(product, order))).toEqual([403, "NO_AUTH"]);
    await control.post("/wechat/merchant", { disabledProducts: [] });
    expect((await create(product, order)).status).toBe(200);
  });
});

const scene = (more: object) => ({ payer_client_ip: "2001:db8::7", ...more });

describe("an application", () => {
  const apps = () => ({
    official: value(env, "WECHAT_APP_ID"),
    mini: value(env, "WECHAT_MINI_APP_ID"),
    mobile: value(env, "WECHAT_MOBILE_APP_ID"),
  });

  it("is of the kind that the product needs", async () => {
    const { official, mini, mobile } = apps();
    expect(new Set([official, mini, mobile]).size).toBe(3);
    const fits: Record<Product, string[]> = {
      jsapi: [official, mini],
      native: [official, mini, mobile],
      h5: [official, mini, mobile],
      app: [mobile],
    };
    for (const product of PRODUCTS) {
      for (const appid of [official, mini, mobile, "wx0000000000000000"]) {
        const payer = { openid: appid === mini ? "oMini_1" : "oOfcl_1" };
        const answer = await create(product, orderFor(env, product, `${product}-${appid.slice(-6)}`, { appid, payer }));
        const expected = fits[product].includes(appid) ? [200, undefined] : [400, "APPID_MCHID_NOT_MATCH"];
        expect([product, appid, ...outcome(answer)]).toEqual([product, appid, ...expected]);
      }
    }
  });

  it("has payers of its own: nobody's openid and another application's are told apart", async () => {
    const order = (openid: string) => orderFor(env, "jsapi", "order-openid", { payer: { openid } });
    expect(outcome(await create("jsapi", order("somebody")))).toEqual([400, "PARAM_ERROR"]);
    expect(outcome(await create("jsapi", order("oOfcl")))).toEqual([400, "PARAM_ERROR"]);
    expect(outcome(await create("jsapi", order("oOfcl 有")))).toEqual([400, "PARAM_ERROR"]);
    expect(outcome(await create("jsapi", order("oMini_test_payer")))).toEqual([500, "OPENID_MISMATCH"]);
    expect((await create("jsapi", miniOrder(env, "order-mini"))).status).toBe(200);
  });

  it("has an openid for tests in the settings", async () => {
    const { wechat } = await control.settings();
    for (const [index, appid] of [apps().official, apps().mini].entries()) {
      const order = orderFor(env, "jsapi", `order-offered-${index}`, {
        appid,
        payer: { openid: wechat.openids[appid] },
      });
      expect((await create("jsapi", order)).status).toBe(200);
    }
  });
});

describe("a trade's state", () => {
  it("is shown as a test wants it, until the trade changes", async () => {
    await create("native", orderFor(env, "native", "order-shown"));
    for (const tradeState of ["USERPAYING", "PAYERROR", "REVOKED", "NEVER_HEARD_OF"]) {
      await control.post("/trades/wechat/order-shown/show", { tradeState });
      expect(await query("order-shown")).toMatchObject({ trade_state: tradeState });
    }
    await pay("order-shown");
    expect(await query("order-shown")).toMatchObject({ trade_state: "SUCCESS" });
  });

  it("tells what a coupon paid: the payer less, the order the same", async () => {
    await create("native", orderFor(env, "native", "order-coupon"));
    await pay("order-coupon", { coupon: 30 });
    expect(await query("order-coupon")).toMatchObject({
      amount: { total: 100, payer_total: 70 },
      promotion_detail: [{ amount: 30, scope: "GLOBAL" }],
    });
  });
});
