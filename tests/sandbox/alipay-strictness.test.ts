import { describe, expect, it } from "vitest";
import { ask, call, node, type Oddities, pageUrl, signedParameters } from "./alipay-client.ts";
import { send } from "./http.ts";
import { openSimulator } from "./simulator.ts";

const { env } = await openSimulator();

const order = { out_trade_no: "t_rules", total_amount: "1.00", subject: "茶" };
const inHours = (hours: number) =>
  new Date(Date.now() + (8 + hours) * 3600_000).toISOString().slice(0, 19).replace("T", " ");

describe("who calls", () => {
  const wrong: [string, Oddities, string][] = [
    ["no application", { parameters: { app_id: "" } }, "isv.missing-app-id"],
    ["another application", { parameters: { app_id: "2021000000000000" } }, "isv.invalid-app-id"],
    ["no timestamp", { parameters: { timestamp: "" } }, "isv.missing-timestamp"],
    ["a clock in UTC", { parameters: { timestamp: inHours(-8) } }, "isv.invalid-timestamp"],
    [
      "a timestamp in ISO 8601",
      { parameters: { timestamp: new Date().toISOString().slice(0, 19) } },
      "isv.invalid-timestamp",
    ],
    ["RSA instead of RSA2", { parameters: { sign_type: "RSA" } }, "isv.invalid-signature-type"],
    ["charset outside of the address", { charsetInBody: true }, "isv.invalid-charset"],
    ["another charset", { parameters: { charset: "gbk" } }, "isv.invalid-charset"],
    ["XML", { parameters: { format: "XML" } }, "isv.invalid-format"],
    ["no sign_type", { parameters: { sign_type: "" } }, "isv.missing-signature-type"],
    ["no version", { parameters: { version: "" } }, "isv.missing-version"],
    ["no method", { parameters: { method: "" } }, "isv.missing-method"],
    ["another version", { parameters: { version: "2.0" } }, "isv.invalid-parameter"],
    ["a certificate in public-key mode", { parameters: { app_cert_sn: "0".repeat(32) } }, "isv.app-cert-not-exist"],
  ];

  it.each(wrong)("is refused with %s, without a signature", async (_, odd, subCode) => {
    const answer = await call(env, "alipay.trade.precreate", order, odd);
    expect(answer.status).toBe(200);
    expect(answer.body).not.toContain('"sign"');
    expect(answer.body).toContain(`"sub_code":"${subCode}"`);
    expect(answer.body).toMatch(/"code":"4000[12]"/);
  });

  it.each<[string, Oddities, string]>([
    [
      "other content than was signed",
      { sentBizContent: JSON.stringify({ ...order, total_amount: "0.01" }) },
      "isv.invalid-signature",
    ],
    ["a relative notify_url", { parameters: { notify_url: "/notify" } }, "isv.invalid-parameter"],
    [
      "a return_url of 257 characters",
      { parameters: { return_url: `https://shop.example/${"x".repeat(236)}` } },
      "isv.invalid-parameter",
    ],
  ])("is refused with %s, signed, as the application is known", async (_, odd, subCode) => {
    const answer = node(env, "alipay.trade.precreate", await call(env, "alipay.trade.precreate", order, odd));
    expect(answer).toMatchObject({ code: "40002", sub_code: subCode });
  });

  it("acts for no other merchant", async () => {
    const odd = { parameters: { app_auth_token: "202611BB" } };
    expect(await ask(env, "alipay.trade.query", { out_trade_no: "t_none" }, odd)).toMatchObject({
      code: "20001",
      sub_code: "aop.invalid-app-auth-token",
    });
  });

  it("may come by GET, or with everything but the charset in the form", async () => {
    const get = await send({ method: "GET", url: pageUrl(env, "alipay.trade.query", { out_trade_no: "t_none" }) });
    expect(node(env, "alipay.trade.query", get)).toMatchObject({ sub_code: "ACQ.TRADE_NOT_EXIST" });
    const { charset = "", ...form } = signedParameters(env, "alipay.trade.query", { out_trade_no: "t_none" });
    const url = `${env.ALIPAY_GATEWAY_URL}?charset=${charset}`;
    const post = await send({ method: "POST", url, body: new URLSearchParams({ ...form, charset }).toString() });
    expect(node(env, "alipay.trade.query", post)).toMatchObject({ sub_code: "ACQ.TRADE_NOT_EXIST" });
  });

  it("can't say one thing in the address and another in the form", async () => {
    const all = signedParameters(env, "alipay.trade.query", { out_trade_no: "t_none" });
    const url = `${env.ALIPAY_GATEWAY_URL}?${new URLSearchParams(all)}`;
    const answer = await send({ method: "POST", url, body: "biz_content=%7B%7D" });
    expect(answer.body).toContain('"sub_code":"isv.invalid-parameter"');
  });

  it("is told of an unknown method in an error_response", async () => {
    const answer = await call(env, "alipay.trade.nothing", order);
    expect(answer.json()).toMatchObject({ error_response: { code: "40002", sub_code: "isv.invalid-method" } });
  });

  it("is shown the text that the gateway verified, HTML-escaped", async () => {
    const answer = await call(env, "alipay.trade.query", order, { sentBizContent: "{}" });
    expect(answer.body).toContain("&amp;biz_content={}&amp;charset=utf-8");
    const quoted = await call(env, "alipay.trade.query", order, { sentBizContent: '{"subject":"<茶>"}' });
    expect(quoted.body).toContain("biz_content={&quot;subject&quot;:&quot;&lt;茶&gt;&quot;}");
  });

  it("may leave values empty: they are not signed", async () => {
    const answer = await ask(env, "alipay.trade.query", { out_trade_no: "t_none" }, { parameters: { notify_url: "" } });
    expect(answer.sub_code).toBe("ACQ.TRADE_NOT_EXIST");
  });
});

describe("a precreate request", () => {
  const wrong: [string, object | string][] = [
    ["no JSON", "{"],
    ["no out_trade_no", { ...order, out_trade_no: undefined }],
    ["out_trade_no of 65 characters", { ...order, out_trade_no: "t".repeat(65) }],
    ["out_trade_no with a bar", { ...order, out_trade_no: "t|1" }],
    ["no amount", { ...order, total_amount: undefined }],
    ["an amount of nothing", { ...order, total_amount: "0.00" }],
    ["three decimals", { ...order, total_amount: "1.001" }],
    ["more than a hundred million", { ...order, total_amount: "100000000.01" }],
    ["a subject with a slash", { ...order, subject: "a/b" }],
    ["a subject with an equals sign", { ...order, subject: "a=b" }],
    ["a subject with an ampersand", { ...order, subject: "a&b" }],
    ["a subject of 257 characters", { ...order, subject: "茶".repeat(257) }],
    ["another product", { ...order, product_code: "FAST_INSTANT_TRADE_PAY" }],
    ["time_expire in ISO 8601", { ...order, time_expire: "2026-12-01T10:00:00" }],
    ["time_expire beyond 15 days", { ...order, time_expire: inHours(15 * 24 + 1) }],
    ["a timeout of 16 days", { ...order, timeout_express: "16d" }],
    ["a timeout with a fraction", { ...order, timeout_express: "1.5h" }],
    ["body of 129 characters", { ...order, body: "茶".repeat(129) }],
    ["passback_params of 513 characters", { ...order, passback_params: "x".repeat(513) }],
    ["goods without a price", { ...order, goods_detail: [{ goods_id: "1", goods_name: "茶", quantity: 1 }] }],
    ["instalments that are not offered", { ...order, extend_params: { hb_fq_num: "5" } }],
    [
      "channels both allowed and forbidden",
      { ...order, enable_pay_channels: "balance", disable_pay_channels: "pcredit" },
    ],
    ["parts that are not the whole", { ...order, discountable_amount: "0.30", undiscountable_amount: "0.60" }],
  ];

  it.each(wrong)("is refused with %s, signed", async (_, bizContent) => {
    const answer = await call(env, "alipay.trade.precreate", bizContent);
    expect(answer.body).toContain('"code":"40004","msg":"Business Failed","sub_code":"ACQ.INVALID_PARAMETER"');
    expect(answer.body).toContain('"sign"');
  });

  it("is refused with a deadline in the past", async () => {
    const answer = await ask(env, "alipay.trade.precreate", { ...order, time_expire: inHours(-1) });
    expect(answer.sub_code).toBe("ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR");
  });

  it("may use the longest values", async () => {
    const longest = { ...order, out_trade_no: "t".repeat(64), subject: "茶".repeat(256), total_amount: "100000000.00" };
    expect(await ask(env, "alipay.trade.precreate", { ...longest, time_expire: inHours(14 * 24) })).toMatchObject({
      code: "10000",
    });
  });
});

describe("a refund request", () => {
  it("needs an amount, one of the trade's numbers, and a number of its own when partial", async () => {
    const invalid = { sub_code: "ACQ.INVALID_PARAMETER" };
    expect(await ask(env, "alipay.trade.refund", { out_trade_no: "t_rules" })).toMatchObject(invalid);
    expect(await ask(env, "alipay.trade.refund", { refund_amount: "1.00" })).toMatchObject(invalid);
    expect(await ask(env, "alipay.trade.fastpay.refund.query", { out_trade_no: "t_rules" })).toMatchObject(invalid);
    expect(await ask(env, "alipay.trade.close", { out_trade_no: "t", operator_id: "o".repeat(29) })).toMatchObject(
      invalid,
    );
  });
});
