import { ecb } from "@noble/ciphers/aes.js";
import { md5 } from "@noble/hashes/legacy.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CallbackVerdict } from "../../../../src/providers/callback.ts";
import { NOW } from "../support/calls.ts";
import { base64 } from "../support/keys.ts";
import { MCH_ID, signatureHeaders, wechatConfig, wechatProvider } from "../support/wechat.ts";

const V2_KEY = "abcdefghijklmnopqrstuvwxyz012345";
const REFUND: Readonly<Record<string, string>> = {
  out_refund_no: "131811191610442717309",
  out_trade_no: "71106718111915575302817",
  refund_account: "REFUND_SOURCE_RECHARGE_FUNDS",
  refund_fee: "3960",
  refund_id: "50000408942018111907145868882",
  refund_recv_accout: "支付用户零钱",
  refund_request_source: "API",
  refund_status: "SUCCESS",
  settlement_refund_fee: "3960",
  settlement_total_fee: "3960",
  success_time: "2018-11-19 16:24:13",
  total_fee: "3960",
  transaction_id: "4200000215201811190261405420",
};

const encode = (text: string) => new TextEncoder().encode(text);

function members(fields: Readonly<Record<string, string | undefined>>): string {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return present.map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>\n`).join("");
}

/** `req_info` as WeChat Pay seals it, by a key that only this test knows. */
function sealed(plaintext: string, key = V2_KEY): string {
  return base64(ecb(encode(bytesToHex(md5(encode(key))))).encrypt(encode(plaintext)));
}

function notice(refund: Readonly<Record<string, string | undefined>>, outer: Readonly<Record<string, string>> = {}) {
  const fields = {
    return_code: "SUCCESS",
    appid: "wx2421b1c4370ec43b",
    mch_id: MCH_ID,
    nonce_str: "TeqClE3i0mvn3DrK",
    req_info: sealed(`<root>\n${members(refund)}</root>`),
    ...outer,
  };
  return `<xml>\n${members(fields)}</xml>`;
}

async function receive(body: string, v2Key: string | undefined = V2_KEY): Promise<CallbackVerdict> {
  const { provider } = await wechatProvider(() => Promise.reject(new Error("no network")), v2Key ? { v2Key } : {});
  return provider.verifyCallback({ headers: new Headers(), body: encode(body) }, NOW);
}

describe("a refund notice of the V2 protocol", () => {
  test.each(["SUCCESS", "CHANGE", "REFUNDCLOSE"])("with status %s makes us ask", async (refund_status) => {
    expect(await receive(notice({ ...REFUND, refund_status }))).toEqual({
      verified: true,
      event: {
        kind: "refund_hint",
        notifyId: `v2-${REFUND.refund_id}-${refund_status}`,
        event: `V2.REFUND.${refund_status}`,
        outTradeNo: REFUND.out_trade_no,
        outRefundNo: REFUND.out_refund_no,
      },
    });
  });

  test("may have a declaration, a byte order mark, plain text and no line breaks", async () => {
    const body = notice(REFUND).replaceAll(/<!\[CDATA\[|\]\]>|\n/g, "");
    const verdict = { verified: true, event: { kind: "refund_hint" } };
    expect(await receive(`\uFEFF<?xml version="1.0" encoding="UTF-8"?>\r\n${body}\n`)).toMatchObject(verdict);
  });

  test("is not read without the V2 key", async () => {
    expect(await receive(notice(REFUND), "")).toMatchObject({ verified: false, reason: "undecryptable" });
  });

  test("is not read under another key, whatever is signed the V3 way", async () => {
    const { provider } = await wechatProvider(() => Promise.reject(new Error()), { v2Key: V2_KEY });
    const req_info = sealed(`<root>${members(REFUND)}</root>`, "another-key-of-thirty-two-bytes!");
    const body = notice(REFUND, { req_info });
    const callback = { headers: await signatureHeaders(body), body: encode(body) };
    expect((await provider.verifyCallback(callback, NOW)).verified).toBe(false);
  });

  test.each([
    [{ mch_id: "1900000000" }, "foreign_merchant"],
    [{ return_code: "FAIL" }, "malformed"],
    [{ req_info: "" }, "malformed"],
    [{ req_info: "?" }, "undecryptable"],
    [{ req_info: "AAAA" }, "undecryptable"],
    [{ req_info: base64(new Uint8Array(64)) }, "undecryptable"],
    [{ req_info: sealed("<root>") }, "malformed"],
    [{ req_info: sealed("not XML") }, "malformed"],
  ])("with %j is refused as %s", async (outer, reason) => {
    expect(await receive(notice(REFUND, outer))).toMatchObject({ verified: false, reason });
  });

  test.each(["out_refund_no", "out_trade_no", "refund_id", "refund_status"])(
    "whose %s is missing or no number is malformed",
    async (member) => {
      for (const value of [undefined, "", "' or 1=1", "a".repeat(65), "退款"]) {
        const verdict = await receive(notice({ ...REFUND, [member]: value }));
        expect(verdict).toMatchObject({ verified: false, reason: "malformed" });
      }
    },
  );

  test.each([
    ["accepted", 200, "SUCCESS", "OK"],
    ["unverified", 401, "FAIL", "签名失败"],
    ["failed", 500, "FAIL", "处理失败"],
  ] as const)("is answered as XML when %s", async (reply, status, code, message) => {
    const { provider } = await wechatProvider(() => Promise.reject(new Error()));
    expect(provider.answer(reply, { headers: new Headers(), body: encode(notice(REFUND)) })).toEqual({
      status,
      contentType: "text/xml; charset=utf-8",
      body: `<xml><return_code><![CDATA[${code}]]></return_code><return_msg><![CDATA[${message}]]></return_msg></xml>`,
    });
  });
});

describe("hostile XML", () => {
  const bomb = `<!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>`;
  test.each([
    ["an entity bomb", `${bomb}<xml><return_code>&b;</return_code></xml>`],
    ["an outside entity", `<!DOCTYPE xml [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><mch_id>&f;</mch_id></xml>`],
    ["an unknown entity", notice(REFUND).replace("<![CDATA[SUCCESS]]>", "SUCC&eacute;SS")],
    ["a character reference", notice(REFUND).replace("<![CDATA[SUCCESS]]>", "&#83;UCCESS")],
    ["a bare ampersand", notice(REFUND).replace("<![CDATA[SUCCESS]]>", "SUCCESS&")],
    ["a field twice", notice(REFUND).replace("</xml>", `<mch_id>${MCH_ID}</mch_id></xml>`)],
    ["an attribute", notice(REFUND).replace("<mch_id>", '<mch_id x="1">')],
    ["nested elements", notice(REFUND).replace("<mch_id>", "<mch_id><b/>")],
    ["a comment", notice(REFUND).replace("<mch_id>", "<!-- --><mch_id>")],
    ["an instruction", notice(REFUND).replace("<mch_id>", "<?php ?><mch_id>")],
    ["another root", notice(REFUND).replaceAll("xml>", "root>")],
    ["two roots", `${notice(REFUND)}${notice(REFUND)}`],
    ["text behind it", `${notice(REFUND)}text`],
    ["a CDATA section without end", notice(REFUND).replaceAll("]]>", "")],
    ["tags that do not fit", notice(REFUND).replace("</mch_id>", "</mchid>")],
    ["nothing", "<"],
    ["far too much", `<xml>${"<a>1</a>".repeat(50_000)}</xml>`],
    ["one endless value", `<xml><return_code>${"x".repeat(1_000_000)}</return_code></xml>`],
    ["endless space", `<xml>${" ".repeat(1_000_000)}`],
  ])("with %s is refused at once", async (_, body) => {
    expect(await receive(body)).toMatchObject({ verified: false, reason: "malformed" });
  });

  test("of any bytes is refused without an exception", async () => {
    const { provider } = await wechatProvider(() => Promise.reject(new Error()), { v2Key: V2_KEY });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (rest) => {
        const body = Uint8Array.of(0x3c, ...rest);
        expect((await provider.verifyCallback({ headers: new Headers(), body }, NOW)).verified).toBe(false);
      }),
    );
  });

  test("that breaks off at any byte is refused", async () => {
    const { provider } = await wechatProvider(() => Promise.reject(new Error()), { v2Key: V2_KEY });
    const whole = encode(notice(REFUND));
    for (let length = 0; length < whole.length; length += 1) {
      const callback = { headers: new Headers(), body: whole.slice(0, length) };
      expect((await provider.verifyCallback(callback, NOW)).verified).toBe(false);
    }
  });
});

test("the entities of XML stand for their characters", async () => {
  const config = await wechatConfig({ v2Key: V2_KEY, mchId: `a&b<c>"d'` });
  const body = notice(REFUND, { mch_id: config.mchId }).replace(
    `<![CDATA[${config.mchId}]]>`,
    "a&amp;b&lt;c&gt;&quot;d&apos;",
  );
  const { provider } = await wechatProvider(() => Promise.reject(new Error()), config);
  const verdict = await provider.verifyCallback({ headers: new Headers(), body: encode(body) }, NOW);
  expect(verdict).toMatchObject({ verified: true });
});
