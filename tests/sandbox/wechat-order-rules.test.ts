/** What the body of an order has to look like, product by product. */
import { describe, expect, it } from "vitest";
import type { Received } from "./http.ts";
import { openSimulator } from "./simulator.ts";
import { call } from "./wechat-client.ts";
import { orderFor, type Product, pathOf } from "./wechat-orders.ts";

const { env } = await openSimulator();

const outcome = (answer: Received) => [answer.status, answer.json().code];
const create = (product: Product, order: object) => call(env, "POST", pathOf(product), order);

describe("what a product needs and takes", () => {
  const ip = { payer_client_ip: "203.0.113.7" };
  const refused: [Product, string, object][] = [
    ["jsapi", "/payer", { payer: undefined }],
    ["jsapi", "/payer/openid", { payer: {} }],
    ["jsapi", "/payer/openid", { payer: { openid: `oOfcl${"a".repeat(124)}` } }],
    ["h5", "/scene_info", { scene_info: undefined }],
    ["h5", "/scene_info/payer_client_ip", { scene_info: { h5_info: { type: "Wap" } } }],
    ["h5", "/scene_info/payer_client_ip", { scene_info: { payer_client_ip: "localhost", h5_info: { type: "Wap" } } }],
    ["h5", "/scene_info/h5_info", { scene_info: ip }],
    ["h5", "/scene_info/h5_info/type", { scene_info: { ...ip, h5_info: { type: "wap" } } }],
    [
      "h5",
      "/scene_info/h5_info/app_url",
      { scene_info: { ...ip, h5_info: { type: "iOS", app_url: "u".repeat(129) } } },
    ],
    ["native", "/scene_info/store_info/id", { scene_info: { ...ip, store_info: { name: "一号店" } } }],
    ["native", "/goods_tag", { goods_tag: "g".repeat(33) }],
    [
      "native",
      "/detail/goods_detail/0/unit_price",
      { detail: { goods_detail: [{ merchant_goods_id: "1", quantity: 1 }] } },
    ],
    ["native", "/detail", { detail: { invoice_id: "1", note: "n".repeat(6144) } }],
    ["native", "/settle_info/profit_sharing", { settle_info: { profit_sharing: "true" } }],
    ["native", "/notify_url", { notify_url: "https://192.168.1.5/notify" }],
  ];

  it.each(refused)("%s: is refused at %s", async (product, field, change) => {
    const answer = await create(product, orderFor(env, product, "order-rules", change));
    expect(outcome(answer)).toEqual([400, "PARAM_ERROR"]);
    expect(answer.json().detail).toMatchObject({ field, location: "body" });
  });

  it("says it in the gateway's own words", async () => {
    const answer = await create("native", orderFor(env, "native", "order-words", { amount: { total: 0 } }));
    expect(answer.json()).toMatchObject({
      message: "输入源“/body/amount/total”映射到数值字段“总金额”规则校验失败，值低于最小值 1",
      detail: { field: "/amount/total", value: 0, location: "body" },
    });
  });

  it("may be all of what is documented", async () => {
    const goods = {
      merchant_goods_id: "SKU-1",
      wechatpay_goods_id: "1001",
      goods_name: "龙井",
      quantity: 1,
      unit_price: 100,
    };
    const order = orderFor(env, "h5", "order-all", {
      attach: "a",
      goods_tag: "WXG",
      support_fapiao: true,
      detail: { cost_price: 100, invoice_id: "wx123", goods_detail: [goods] },
      scene_info: {
        ...ip,
        device_id: "013467007045764",
        store_info: { id: "0001", name: "一号店", area_code: "440305", address: "路" },
        h5_info: { type: "Android", app_name: "商城", app_url: "https://s.example", bundle_id: "b", package_name: "p" },
      },
      settle_info: { profit_sharing: false },
      limit_pay: ["no_credit"],
    });
    expect((await create("h5", order)).status).toBe(200);
  });
});
