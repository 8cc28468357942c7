/** Alipay's content encryption, and answers in unusual forms. */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { ask, call, node, nodeText, pageUrl } from "./alipay-client.ts";
import { send } from "./http.ts";
import { openSimulator } from "./simulator.ts";
import { value } from "./wechat-client.ts";

interface Settings {
  readonly env: Record<string, string>;
  readonly alipay: { readonly encryptionEnv: Record<string, string> };
}

const { sandbox, control } = await openSimulator();
const order = (no: string) => ({ out_trade_no: no, total_amount: "1.00", subject: "茶" });
const settings = async () => (await control.get("/settings")) as Settings;
const setUp = (change: object) => control.post("/alipay/application", change);

afterEach(() => control.post("/reset"));

describe("content encryption", () => {
  const AES = "aes-128-cbc";
  const key = async () => Buffer.from(value((await settings()).alipay.encryptionEnv, "ALIPAY_ENCRYPT_KEY"), "base64");
  const sealed = async (text: string) => {
    const cipher = createCipheriv(AES, await key(), Buffer.alloc(16));
    return Buffer.concat([cipher.update(text, "utf8"), cipher.final()]).toString("base64");
  };
  const opened = async (text: string) => {
    const decipher = createDecipheriv(AES, await key(), Buffer.alloc(16));
    return JSON.parse(Buffer.concat([decipher.update(Buffer.from(text, "base64")), decipher.final()]).toString("utf8"));
  };
  const precreate = (biz: string, encrypt_type = "AES") =>
    call(sandbox.env, "alipay.trade.precreate", biz, { parameters: { encrypt_type } });

  it("is off until switched on", async () => {
    expect((await settings()).env).not.toHaveProperty("ALIPAY_ENCRYPT_KEY");
    expect((await precreate(await sealed("{}"))).body).toContain("isv.decryption-error-not-valid-encrypt-key");
    await setUp({ encryption: true });
    expect((await settings()).env.ALIPAY_ENCRYPT_KEY).toBe((await key()).toString("base64"));
  });

  it("encrypts the answer to an encrypted request, signed with its quotes", async () => {
    await setUp({ encryption: true });
    const answer = await precreate(await sealed(JSON.stringify(order("t_aes"))));
    const text = nodeText(sandbox.env, "alipay.trade.precreate", answer.body);
    expect(text).toMatch(/^"[0-9A-Za-z+/=]+"$/);
    expect(await opened(JSON.parse(text))).toMatchObject({ code: "10000", out_trade_no: "t_aes" });
    expect(await ask(sandbox.env, "alipay.trade.precreate", order("t_plain"))).toMatchObject({ code: "10000" });
  });

  it("refuses in the clear, signed, what it can't decrypt", async () => {
    await setUp({ encryption: true });
    const refused = async (answer: ReturnType<typeof precreate>) =>
      node(sandbox.env, "alipay.trade.precreate", await answer).sub_code;
    expect(await refused(precreate("AAAA"))).toBe("isv.decryption-error-unknown");
    const biz = await sealed(JSON.stringify(order("t_aes")));
    expect(await refused(precreate(biz, "RC4"))).toBe("isv.decryption-error-not-valid-encrypt-type");
    expect(await refused(precreate(biz, ""))).toBe("isv.decryption-error-missing-encrypt-type");
  });
});

describe("an answer", () => {
  const query = () => call(sandbox.env, "alipay.trade.query", { out_trade_no: "t_none" });
  const fault = (kind: string, more: object = {}) =>
    control.fault({ kind, provider: "alipay", operation: "query", ...more });

  it("may have its signature first, or its node twice", async () => {
    await fault("sign_first");
    expect((await query()).body).toMatch(/^\{"sign":"[^"]+","alipay_trade_query_response":\{.*\}\}$/);
    await fault("duplicate_node");
    expect((await query()).body.match(/"alipay_trade_query_response":/g)).toHaveLength(2);
  });

  it("may be GBK where the gateway itself fails", async () => {
    await fault("gbk_error");
    const { bytes } = await query();
    expect(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes)).toThrow();
    const text = new TextDecoder("gbk").decode(bytes);
    expect(text).toContain('"code":"20000","msg":"Service Currently Unavailable","sub_code":"aop.unknow-error"');
    expect(text).toContain("模拟器按要求拒绝");
  });

  it("may be an error_response that nobody signed", async () => {
    await fault("error_response");
    const answer = await query();
    expect(answer.json()).toEqual({
      error_response: expect.objectContaining({ code: "40002", sub_code: "isv.code-invalid" }),
    });
  });

  it("may be a limit, an unknown failure, a missing permission, a bad token", async () => {
    const codes = async (kind: string, code?: string) => {
      await fault(kind, code === undefined ? {} : { code });
      const { code: gateway, sub_code } = node(sandbox.env, "alipay.trade.query", await query());
      return [gateway, sub_code];
    };
    expect(await codes("http_429")).toEqual(["40005", "isv.app-call-limited"]);
    expect(await codes("refuse", "isp.unknow-error")).toEqual(["20000", "isp.unknow-error"]);
    expect(await codes("refuse", "isv.insufficient-isv-permissions")).toEqual([
      "40006",
      "isv.insufficient-isv-permissions",
    ]);
    expect(await codes("refuse", "aop.invalid-app-auth-token")).toEqual(["20001", "aop.invalid-app-auth-token"]);
    expect(await codes("refuse", "AQC.SYSTEM_ERROR")).toEqual(["40004", "AQC.SYSTEM_ERROR"]);
    expect(await codes("refuse", "SYSTEM_ERROR")).toEqual(["40004", "ACQ.SYSTEM_ERROR"]);
  });

  it("brings a trace_id", async () => {
    expect((await query()).headers.trace_id).toMatch(/.{16,}/);
  });
});

describe("a browser's request", () => {
  it("meets faults too", async () => {
    await control.fault({ kind: "http_503", operation: "create", outTradeNo: "t_page" });
    const url = pageUrl(sandbox.env, "alipay.trade.page.pay", {
      ...order("t_page"),
      product_code: "FAST_INSTANT_TRADE_PAY",
    });
    expect((await send({ method: "GET", url })).status).toBe(503);
    expect((await send({ method: "GET", url })).status).toBe(302);
  });
});
