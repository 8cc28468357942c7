/** What is wrong with a payment's input is said by field, whichever method it is for. */
import { describe, expect, it } from "vitest";
import { METHOD_NAMES } from "../../../src/providers/methods.ts";
import { OPERATOR, SERVICE } from "../support/shop.ts";
import { openApi, tokenFor } from "./support.ts";

const api = openApi();
const ORDER = { orderId: "A", amount: "1.00" };
const ANYTHING: unknown = expect.any(String);
const EMOJI = "must not hold characters of four UTF-8 bytes, such as emoji";
const goods = (changes: object) => ({
  method: "WECHAT_NATIVE",
  detail: { goodsDetail: [{ merchantGoodsId: "T", quantity: 1, unitPrice: 1, ...changes }] },
});

const create = (members: object, provider = "wechat") =>
  api.call("POST", `/payments/${provider}/create`, { as: SERVICE, body: { ...ORDER, ...members } });

describe("a field", () => {
  const refused: readonly (readonly [string, object, string, unknown])[] = [
    ["openid missing for JSAPI", { method: "WECHAT_JSAPI" }, "openid", ANYTHING],
    ["openid missing for MINI", { method: "WECHAT_MINI" }, "openid", ANYTHING],
    ["openid empty", { method: "WECHAT_JSAPI", openid: "" }, "openid", ANYTHING],
    ["openid of 129 characters", { method: "WECHAT_MINI", openid: "o".repeat(129) }, "openid", ANYTHING],
    ["openid where none belongs", { method: "WECHAT_APP", openid: "o" }, "openid", "unknown field"],
    ["h5Type missing", { method: "WECHAT_H5" }, "h5Type", ANYTHING],
    ["h5Type of another kind", { method: "WECHAT_H5", h5Type: "wap" }, "h5Type", ANYTHING],
    ["h5Type where none belongs", { method: "WECHAT_NATIVE", h5Type: "Wap" }, "h5Type", "unknown field"],
    ["attach with an emoji", { method: "WECHAT_APP", attach: "茶🍵" }, "attach", EMOJI],
    ["attach of 129 characters", { method: "WECHAT_APP", attach: "茶".repeat(129) }, "attach", ANYTHING],
    ["attach for Alipay", { method: "ALIPAY_QR", attach: "a" }, "attach", "unknown field"],
    ["goodsTag of 33 characters", { method: "WECHAT_NATIVE", goodsTag: "g".repeat(33) }, "goodsTag", ANYTHING],
    ["a price of three decimals", goods({ unitPrice: "1.005" }), "detail.goodsDetail[0].unitPrice", ANYTHING],
    ["a quantity of none", goods({ quantity: 0 }), "detail.goodsDetail[0].quantity", ANYTHING],
    [
      "goods without a number",
      goods({ merchantGoodsId: undefined }),
      "detail.goodsDetail[0].merchantGoodsId",
      ANYTHING,
    ],
    ["an unknown member of goods", goods({ colour: "red" }), "detail.goodsDetail[0].colour", "unknown field"],
    [
      "a store without a number",
      { method: "WECHAT_NATIVE", sceneInfo: { storeInfo: {} } },
      "sceneInfo.storeInfo.id",
      ANYTHING,
    ],
    [
      "profitSharing as text",
      { method: "WECHAT_APP", settleInfo: { profitSharing: "Y" } },
      "settleInfo.profitSharing",
      ANYTHING,
    ],
    ["an amount of three decimals", { method: "WECHAT_MINI", openid: "o", amount: "1.001" }, "amount", ANYTHING],
  ];
  it.each(refused)("(%s) is named", async (_, members, path, message) => {
    const answer = await create(members);
    expect([answer.status, answer.body.code]).toEqual([400, "BAD_INPUT"]);
    expect(answer.body.issues).toEqual([{ path, message }]);
  });

  it.each([
    "http://shop.example/paid",
    "ftp://shop.example/paid",
    "javascript:alert(1)",
    "https://user:password@shop.example/",
    "http://127.0.0.1.shop.example/",
    "/paid",
    `https://shop.example/${"a".repeat(1024)}`,
  ])("returnUrl may not be %s", async (returnUrl) => {
    const answer = await create({ method: "WECHAT_H5", h5Type: "Wap", returnUrl });
    expect(answer.body.issues).toMatchObject([{ path: "returnUrl" }]);
  });

  it.each(["https://shop.example/paid?order=1", "http://localhost:5173/", "http://127.0.0.1/", "http://[::1]:80/"])(
    "returnUrl may be %s",
    async (returnUrl) => {
      const headers = { "CF-Connecting-IP": "203.0.113.7" };
      const body = { ...ORDER, method: "WECHAT_H5", h5Type: "Wap", returnUrl };
      const answer = await api.call("POST", "/payments/wechat/create", { as: SERVICE, headers, body });
      expect(answer.body.code).toBe("ORDER_NOT_FOUND");
    },
  );
});

describe("a method", () => {
  it.each([undefined, "WECHAT_FACE", "wechat_native", 7])(
    "that nobody knows (%s) is answered with those there are",
    async (method) => {
      const { status, body } = await create({ method });
      expect([status, body.code]).toEqual([400, "BAD_INPUT"]);
      expect(body.issues).toEqual([{ path: "method", message: `must be one of ${METHOD_NAMES.join(", ")}` }]);
    },
  );

  it("of another provider is a mismatch, by name", async () => {
    for (const [provider, members] of [
      ["alipay", { method: "WECHAT_JSAPI", openid: "o" }],
      ["points", { method: "WECHAT_NATIVE" }],
      ["wechat", { method: "POINTS" }],
    ] as const) {
      const { status, body } = await create(members, provider);
      expect([status, body.code, body.issues?.[0]?.path]).toEqual([400, "METHOD_PROVIDER_MISMATCH", "method"]);
    }
  });
});

it("is named the same over tRPC", async () => {
  const response = await api.send(
    new Request("http://shop.test/trpc/payments.create", {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${await tokenFor(OPERATOR)}` },
      body: JSON.stringify({ json: { ...ORDER, provider: "wechat", method: "WECHAT_JSAPI", reason: "by telephone" } }),
    }),
  );
  const { error } = (await response.json()) as { error: { json: { data: object } } };
  expect(error.json.data).toMatchObject({ reason: "BAD_INPUT", issues: [{ path: "openid" }] });
});
