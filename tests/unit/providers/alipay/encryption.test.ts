import { createCipheriv, createDecipheriv } from "node:crypto";
import { expect, test } from "vitest";
import { success } from "../support/alipay.ts";
import { isSigned, parametersOf, replyText, scriptedClient } from "../support/alipay-client.ts";
import { NOW } from "../support/calls.ts";
import { testKeys } from "../support/keys.ts";
import { broken, timing } from "../support/wechat-client.ts";

const KEY = "aa4BtZ4tspm2wnXLb1ThQA==";
const QUERY = { method: "alipay.trade.query", bizContent: '{"out_trade_no":"1","subject":"龙井 + 茶"}' };
const SETTINGS = ["aes-128-cbc", Buffer.from(KEY, "base64"), Buffer.alloc(16)] as const;

function encrypt(text: string): string {
  const cipher = createCipheriv(...SETTINGS);
  return Buffer.concat([cipher.update(Buffer.from(text)), cipher.final()]).toString("base64");
}

function decrypt(text: string | undefined): string {
  const decipher = createDecipheriv(...SETTINGS);
  return Buffer.concat([decipher.update(text ?? "", "base64"), decipher.final()]).toString();
}

const node = success({ out_trade_no: "1", subject: "龙井/茶" });
const sealed = JSON.stringify(encrypt(JSON.stringify(node)));

test("content is encrypted, then signed; the reply is verified with its quotes, then decrypted", async () => {
  const { client, sent } = await scriptedClient(() => replyText(QUERY.method, sealed), { encryptKey: KEY });
  expect(await client.call(QUERY, timing())).toEqual({ kind: "success", node, sends: 1 });
  const parameters = parametersOf(sent[0]);
  expect(parameters.encrypt_type).toBe("AES");
  expect(decrypt(parameters.biz_content)).toBe(QUERY.bizContent);
  expect(await isSigned(parameters)).toBe(true);
});

test("a reply may have its slashes escaped", async () => {
  const escaped = sealed.replaceAll("/", "\\/");
  expect(escaped).not.toBe(sealed);
  const { client } = await scriptedClient(() => replyText(QUERY.method, escaped), { encryptKey: KEY });
  expect(await client.call(QUERY, timing())).toMatchObject({ kind: "success", node });
});

test("pages are encrypted as well", async () => {
  const { client } = await scriptedClient(broken, { encryptKey: KEY });
  const url = new URL(await client.pageUrl({ ...QUERY, method: "alipay.trade.page.pay" }, NOW));
  expect(decrypt(url.searchParams.get("biz_content") ?? "")).toBe(QUERY.bizContent);
});

test("an error about decrypting comes plain", async () => {
  const error = JSON.stringify({ code: "40003", sub_code: "isv.decryption-error-unknown", sub_msg: "解密出错" });
  const { client } = await scriptedClient(() => replyText(QUERY.method, error), { encryptKey: KEY });
  expect(await client.call(QUERY, timing())).toMatchObject({ kind: "error", gatewayCode: "40003" });
});

test.each([
  ["signed without its quotes", "unverified", async () => sealed, encrypt(JSON.stringify(node))],
  ["signed over what it decrypts to", "unverified", async () => sealed, JSON.stringify(node)],
  ["that does not decrypt", "unlisted", async () => JSON.stringify(encrypt("{}").slice(0, -8)), undefined],
])("a reply %s does not count", async (_, cause, make, signedText) => {
  const { platform } = await testKeys();
  const text = await make();
  const sign = await platform.sign(signedText ?? text);
  const body = `{"alipay_trade_query_response":${text},"sign":"${sign}"}`;
  const { client } = await scriptedClient(() => new Response(body), { encryptKey: KEY });
  expect(await client.call(QUERY, timing())).toMatchObject({ kind: "unknown", cause });
});

test("an encrypted reply can't be read without the key", async () => {
  const { client } = await scriptedClient(() => replyText(QUERY.method, sealed));
  expect(await client.call(QUERY, timing())).toMatchObject({ kind: "unknown", cause: "unlisted" });
});
