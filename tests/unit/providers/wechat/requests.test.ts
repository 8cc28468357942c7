import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fen } from "../../../../src/money.ts";
import type { AttemptDraft } from "../../../../src/providers/attempt.ts";
import { attempt, call, NOW } from "../support/calls.ts";
import { testKeys } from "../support/keys.ts";
import { errorReply, MCH_ID, PUBLIC_KEY_ID, signedReply, wechatConfig, wechatProvider } from "../support/wechat.ts";

const REF = attempt("WECHAT_NATIVE");
const draft: AttemptDraft = { ...REF, details: { method: "WECHAT_NATIVE" }, subject: "新年礼盒 🎁" };

describe("the create request", () => {
  test("is exactly the prepared text", async () => {
    const { provider, sent } = await wechatProvider(() => signedReply({ code_url: "weixin://wxpay/bizpayurl?pr=1" }));
    const request = provider.prepare(draft);
    await provider.create({ ...REF, request }, call());
    expect(sent[0]?.body).toBe(request);
    expect(sent[0]?.url.pathname).toBe("/v3/pay/transactions/native");
    expect(JSON.parse(request)).toEqual({
      appid: "wx2421b1c4370ec43b",
      mchid: MCH_ID,
      description: "新年礼盒",
      out_trade_no: REF.outTradeNo,
      time_expire: "2026-11-22T10:30:00+08:00",
      notify_url: "https://pay.example.com/api/v1/payments/wechat/notify",
      amount: { total: 10_050, currency: "CNY" },
    });
  });

  test("is prepared the same way twice, and without null or 4-byte characters for any subject", async () => {
    const { provider } = await wechatProvider(() => errorReply(400, "PARAM_ERROR"));
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 1_000_000 }), (subject, amount) => {
        const text = provider.prepare({ ...draft, subject, amount: fen(amount) });
        expect(provider.prepare({ ...draft, subject, amount: fen(amount) })).toBe(text);
        expect(text).not.toMatch(/null|[\u{10000}-\u{10FFFF}]/u);
        expect(JSON.parse(text).description).not.toBe("");
      }),
    );
  });

  test("carries every header, and a signature over the bytes sent", async () => {
    const { provider, sent } = await wechatProvider(() => errorReply(400, "PARAM_ERROR"));
    await provider.create({ ...REF, request: provider.prepare(draft) }, call());
    const [request] = sent;
    if (!request) throw new Error("nothing was sent");
    expect(request.headers.get("Accept")).toBe("application/json");
    expect(request.headers.get("Content-Type")).toBe("application/json");
    expect(request.headers.get("User-Agent")).toMatch(/^zhongdao-pay\/\d+\.\d+\.\d+$/);
    expect(request.headers.get("Wechatpay-Serial")).toBe(PUBLIC_KEY_ID);
    const header = request.headers.get("Authorization") ?? "";
    expect(header).toMatch(/^WECHATPAY2-SHA256-RSA2048 \w+="[^"]+"(,\w+="[^"]+"){4}$/);
    const member = (name: string) => new RegExp(`${name}="([^"]+)"`).exec(header)?.[1];
    expect(member("mchid")).toBe(MCH_ID);
    expect(member("serial_no")).toBe("408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB");
    expect(member("timestamp")).toBe(String(NOW / 1000));
    const lines = ["POST", request.url.pathname, member("timestamp"), member("nonce_str"), request.body, ""];
    const { merchant } = await testKeys();
    expect(member("signature")).toBe(await merchant.sign(lines.join("\n")));
  });

  test("never repeats a nonce", async () => {
    const { provider, sent } = await wechatProvider(() => errorReply(400, "PARAM_ERROR"));
    for (let times = 0; times < 20; times += 1) await provider.query(REF, call());
    const nonces = sent.map(({ headers }) => /nonce_str="(\w{32})"/.exec(headers.get("Authorization") ?? "")?.[1]);
    expect(new Set(nonces).size).toBe(20);
  });

  test("refuses a method of another provider", async () => {
    const { provider } = await wechatProvider(() => errorReply(400, "PARAM_ERROR"));
    const other: AttemptDraft = { ...draft, details: { method: "ALIPAY_QR" } };
    expect(() => provider.prepare(other)).toThrow("WeChat Pay does not serve ALIPAY_QR");
  });
});

test("a query signs its path with the query string", async () => {
  const { provider, sent } = await wechatProvider(() => errorReply(400, "PARAM_ERROR"));
  await provider.query({ ...REF, outTradeNo: "a|b*c" }, call());
  const [request] = sent;
  if (!request) throw new Error("nothing was sent");
  const target = `/v3/pay/transactions/out-trade-no/a%7Cb*c?mchid=${MCH_ID}`;
  expect(request.url.pathname + request.url.search).toBe(target);
  expect(request.headers.has("Content-Type")).toBe(false);
  const header = request.headers.get("Authorization") ?? "";
  const nonce = /nonce_str="([^"]+)"/.exec(header)?.[1];
  const { merchant } = await testKeys();
  expect(header).toContain(await merchant.sign(`GET\n${target}\n${NOW / 1000}\n${nonce}\n\n`));
});

describe("keys that can't be used", () => {
  test.each([
    ["WECHAT_API_CLIENT_KEY", { privateKeyPem: "nonsense" }],
    ["WECHAT_PUBLIC_KEY", { publicKey: { id: PUBLIC_KEY_ID, pem: "nonsense" } }],
  ])("are named: %s", async (name, changes) => {
    const { WechatPayProvider } = await import("../../../../src/providers/wechat/provider.ts");
    const provider = new WechatPayProvider(await wechatConfig(changes), {
      fetch: () => signedReply({ code_url: "weixin://" }),
    });
    await expect(provider.create(REF, call())).rejects.toThrow(name);
  });
});
