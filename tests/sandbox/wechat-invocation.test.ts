/** What WeChat on the buyer's device makes of a client's parameters, and of a visit to an h5_url. */
import { describe, expect, it } from "vitest";
import { send } from "./http.ts";
import { openSimulator } from "./simulator.ts";
import { call, type Env, value } from "./wechat-client.ts";
import {
  appParameters,
  jsapiParameters,
  miniOrder,
  miniParameters,
  orderFor,
  type Product,
  pathOf,
} from "./wechat-orders.ts";

const { sandbox, env, control } = await openSimulator();

const created = async (product: Product, order: object) => (await call(env, "POST", pathOf(product), order)).json();
const jsapi = async (no: string) => (await created("jsapi", orderFor(env, "jsapi", no))).prepay_id;
const mini = async (no: string) => (await created("jsapi", miniOrder(env, no))).prepay_id;
const app = async (no: string) => (await created("app", orderFor(env, "app", no))).prepay_id;

type Client = "jsapi" | "mini" | "app";
const invoke = async (client: Client, parameters: object) =>
  (await control.post("/wechat/invoke", { client, parameters })) as { token: string; url: string };
const confirm = (url: string) => send({ method: "POST", url: `${url}/confirm` });
const get = (url: string, headers: Record<string, string> = {}) => send({ method: "GET", url, headers });

describe("valid parameters", () => {
  const clients: [Client, (no: string) => Promise<unknown>, (env: Env, id: unknown) => object][] = [
    ["jsapi", jsapi, jsapiParameters],
    ["mini", mini, miniParameters],
    ["app", app, appParameters],
  ];

  it.each(clients)("of %s open the payment screen, on which the buyer pays", async (client, prepay, parameters) => {
    const no = `order-${client}`;
    const { url } = await invoke(client, parameters(env, await prepay(no)));
    expect((await get(url)).body).toContain(no);
    await confirm(url);
    expect(await control.trade("wechat", no)).toMatchObject({ state: "paid" });
  });

  it("open it from a browser, too", async () => {
    const query = new URLSearchParams({ client: "jsapi", ...jsapiParameters(env, await jsapi("order-link")) });
    const answer = await get(`${sandbox.url}/wechat/invoke?${query}`);
    expect(answer.status).toBe(303);
    await confirm(sandbox.url + answer.headers.location);
    expect(await control.trade("wechat", "order-link")).toMatchObject({ state: "paid" });
  });

  it("may carry the names of Android's PayReq", async () => {
    const { appid, partnerid, prepayid, noncestr, timestamp, sign } = appParameters(env, await app("order-android"));
    const names = { appId: appid, partnerId: partnerid, prepayId: prepayid, packageValue: "Sign=WXPay" };
    await invoke("app", { ...names, nonceStr: noncestr, timeStamp: timestamp, sign });
  });

  it("open a screen that outlives the prepay_id, but not the trade", async () => {
    const { url } = await invoke("jsapi", jsapiParameters(env, await jsapi("order-outlived")));
    await control.advance(7201);
    await confirm(url);
    expect(await control.trade("wechat", "order-outlived")).toMatchObject({ state: "paid" });
    const closed = await invoke("jsapi", jsapiParameters(env, await jsapi("order-gone")));
    const mchid = value(env, "WECHAT_MCH_ID");
    await call(env, "POST", "/v3/pay/transactions/out-trade-no/order-gone/close", { mchid });
    await confirm(closed.url);
    expect((await get(closed.url)).body).toContain("订单已关闭");
    expect(await control.trade("wechat", "order-gone")).toMatchObject({ state: "closed" });
  });
});

describe("parameters with a flaw", () => {
  it.each([
    ["timeStamp", { timeStamp: 1764000000 }],
    ["timeStamp", { timeStamp: "1764000000000" }],
    ["timeStamp", { timeStamp: undefined }],
    ["nonceStr", { nonceStr: "n".repeat(33) }],
    ["nonceStr", { nonceStr: "" }],
    ["package", { package: "wx2016" }],
    ["signType", { signType: "MD5" }],
    ["paySign", { paySign: "c2lnbmF0dXJl" }],
    ["paySign", { paySign: "!" }],
    ["paySign", { nonceStr: "another" }],
    ["appId", { appId: "wx0000000000000000" }],
    ["prepay_id", { package: `prepay_id=wx20260101000000${"a".repeat(24)}` }],
  ])("%s: the client hears which", async (name, change) => {
    const parameters = { ...jsapiParameters(env, await jsapi("order-flaws")), ...change };
    await expect(invoke("jsapi", parameters)).rejects.toThrow(new RegExp(`409.*get_brand_wcpay_request:fail.*${name}`));
  });

  it("in the application's call are told as well", async () => {
    const parameters = appParameters(env, await app("order-app-flaws"));
    for (const change of [{ partnerid: "1999999999" }, { package: "prepay_id=1" }, { noncestr: "other" }]) {
      await expect(invoke("app", { ...parameters, ...change })).rejects.toThrow("errCode -1");
    }
    const wrapped = appParameters(env, `prepay_id=${parameters.prepayid}`);
    await expect(invoke("app", wrapped)).rejects.toThrow("prepay_id");
  });

  it("are those of another application or product, however well signed", async () => {
    const official = value(env, "WECHAT_APP_ID");
    const miniId = await mini("order-mini-mixed");
    await expect(invoke("jsapi", jsapiParameters(env, miniId))).rejects.toThrow("appId");
    await expect(invoke("mini", miniParameters(env, await jsapi("order-jsapi-mixed")))).rejects.toThrow("appId");
    await expect(invoke("jsapi", jsapiParameters(env, await app("order-app-mixed")))).rejects.toThrow("产品");
    await expect(invoke("app", appParameters(env, miniId, official))).rejects.toThrow("产品");
  });

  it("name a prepay_id that has lapsed, was renewed, or is paid", async () => {
    const old = await jsapi("order-lapsed");
    await control.advance(7201);
    await expect(invoke("jsapi", jsapiParameters(env, old))).rejects.toThrow("过期");
    const renewed = await jsapi("order-lapsed");
    await expect(invoke("jsapi", jsapiParameters(env, old))).rejects.toThrow("不存在");
    await confirm((await invoke("jsapi", jsapiParameters(env, renewed))).url);
    await expect(invoke("jsapi", jsapiParameters(env, renewed))).rejects.toThrow("已支付");
  });

  it("are shown to a browser as what they are", async () => {
    const answer = await get(`${sandbox.url}/wechat/invoke?client=jsapi&appId=1`);
    expect([answer.status, answer.body.includes("get_brand_wcpay_request:fail")]).toEqual([400, true]);
  });

  it("are no way around: what the merchant's server knows opens nothing", async () => {
    const prepayId = String(await jsapi("order-around"));
    for (const guess of [prepayId, prepayId.slice(16)]) {
      expect((await get(`${sandbox.url}/wechat/pay/${guess}`)).status).toBe(404);
    }
  });
});

describe("an h5_url", () => {
  const REFERER = { Referer: "https://m.shop.example/cart" };
  const url = async (no: string) => String((await created("h5", orderFor(env, "h5", no))).h5_url);
  const enter = async (address: string, headers: Record<string, string> = REFERER) => {
    const answer = await get(address, headers);
    return answer.headers.location === undefined ? answer : get(sandbox.url + answer.headers.location);
  };

  it("leads to the payment screen and back to the merchant", async () => {
    const back = "https://m.shop.example/done?order=1&x=%E8%8C%B6";
    const first = await get(`${await url("order-h5")}&redirect_url=${encodeURIComponent(back)}`, REFERER);
    expect(first.status).toBe(303);
    const screen = sandbox.url + first.headers.location;
    expect((await get(screen)).body).not.toContain("http-equiv");
    await confirm(screen);
    const paid = await get(screen);
    expect(paid.body).toContain("支付成功");
    expect(paid.body).toContain(`content="2;url=${back.replace("&", "&amp;")}"`);
    expect(paid.body).toContain("返回商户");
  });

  it("wants to be visited from a page, and not inside WeChat", async () => {
    const address = await url("order-h5-visit");
    const direct = await enter(address, {});
    expect([direct.status, direct.body.includes("商家参数格式有误")]).toEqual([400, true]);
    const inside = await enter(address, { ...REFERER, "User-Agent": "Mozilla/5.0 MicroMessenger/8.0.50" });
    expect([inside.status, inside.body.includes("请在微信外打开")]).toEqual([400, true]);
    expect((await enter(address)).body).toContain("确认支付");
  });

  it("sends nobody to anything but a web page", async () => {
    const address = await url("order-h5-script");
    for (const target of ["javascript:alert(1)", "data:text/html,1", "/relative", "weixin://x"]) {
      const answer = await enter(`${address}&redirect_url=${encodeURIComponent(target)}`);
      expect([answer.status, answer.body.includes("redirect_url")]).toEqual([400, true]);
    }
  });

  it("holds to the merchant's domains where those are set up", async () => {
    await control.post("/wechat/merchant", { h5Domains: ["m.shop.example"] });
    const address = await url("order-h5-domains");
    const elsewhere = await enter(`${address}&redirect_url=${encodeURIComponent("https://evil.example/")}`);
    expect(elsewhere.body).toContain("未配置的参数");
    const from = await enter(address, { Referer: "https://evil.example/" });
    expect(from.body).toContain("未配置的参数");
    expect((await enter(address)).body).toContain("确认支付");
    await control.post("/wechat/merchant", { h5Domains: null });
  });

  it("lapses after five minutes", async () => {
    const address = await url("order-h5-late");
    await control.advance(301);
    expect((await enter(address)).body).toContain("过期");
    expect(await url("order-h5-late")).not.toBe(address);
    expect((await enter(await url("order-h5-late"))).body).toContain("确认支付");
  });
});
