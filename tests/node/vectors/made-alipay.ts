import { createCipheriv, createHash } from "node:crypto";
import {
  authorities,
  certificateFiles,
  issue,
  named,
  SERIALS,
  snOf,
} from "../../unit/providers/support/alipay-certificates.ts";
import { makeKeyPair } from "../../unit/providers/support/keys.ts";
import { type MadeVector, privateKey, publicKey, sign, vector } from "./made.ts";

const public_key_spki_base64 = publicKey.export({ type: "spki", format: "der" }).toString("base64");
const private_key_pkcs8_base64 = privateKey.export({ type: "pkcs8", format: "der" }).toString("base64");
const ENCRYPT_KEY = createHash("md5").update("key").digest("base64");

export async function alipayVectors(): Promise<readonly MadeVector[]> {
  return [
    ...requests(),
    ...forms(),
    ...returns(),
    ...replies(),
    ...results(),
    ...encrypted(),
    ...(await certificates()),
  ];
}

/** Fields sorted and joined, as Alipay signs them. */
function joined(fields: Readonly<Record<string, string>>): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  return lines.sort().join("&");
}

function requests(): readonly MadeVector[] {
  const params = {
    method: "alipay.trade.app.pay",
    version: "1.0",
    biz_content: '{"subject":"茶 A+B"}',
    charset: "utf-8",
  };
  const string_to_sign = joined(params);
  const expected = { string_to_sign, sign: sign(string_to_sign) };
  const printed = new URLSearchParams({ ...params, sign: expected.sign }).toString();
  return [
    vector("alipay.request-sign", "a request", { params, private_key_pkcs8_base64 }, expected),
    vector(
      "alipay.request-sign",
      "an order string with pluses",
      { params, private_key_pkcs8_base64 },
      {
        ...expected,
        order_string: printed,
      },
    ),
    vector(
      "alipay.request-sign",
      "an empty value",
      { params: { ...params, return_url: "" }, private_key_pkcs8_base64 },
      expected,
    ),
  ];
}

function forms(): readonly MadeVector[] {
  const fields = { app_id: "1", notify_id: "2", subject: "茶 A+B 50%" };
  const params = { ...fields, body: "", sign: sign(joined(fields)), sign_type: "RSA2" };
  const form_body = new URLSearchParams(params).toString();
  const withType = { ...params, sign: sign(joined({ ...fields, body: "", sign_type: "RSA2" })) };
  return [
    vector("alipay.params-verify", "the usual form", { params, public_key_spki_base64 }, { valid: true }),
    vector("alipay.params-verify", "all signed", { params: withType, public_key_spki_base64 }, { valid: true }),
    vector(
      "alipay.params-verify",
      "altered",
      { params: { ...params, app_id: "2" }, public_key_spki_base64 },
      { valid: false },
    ),
    vector(
      "alipay.notify-body",
      "a notice",
      { form_body, public_key_spki_base64 },
      { valid: true, subject: fields.subject },
    ),
    vector(
      "alipay.notify-body",
      "decoded twice",
      { form_body: decodeURIComponent(form_body), public_key_spki_base64 },
      { valid: false },
    ),
  ];
}

function returns(): readonly MadeVector[] {
  const fields = {
    app_id: "1",
    method: "alipay.trade.page.pay.return",
    out_trade_no: "2",
    timestamp: "2026-11-22 10:00:00",
  };
  const query = new URLSearchParams({ ...fields, sign: sign(joined(fields)), sign_type: "RSA2" });
  const url = `https://shop.test/paid?mine=1&${query}`;
  return [
    vector("alipay.return-url", "with a parameter of the shop's", { url, public_key_spki_base64 }, { valid: true }),
    vector(
      "alipay.return-url",
      "altered",
      { url: url.replace("out_trade_no=2", "out_trade_no=3"), public_key_spki_base64 },
      { valid: false },
    ),
  ];
}

function replies(): readonly MadeVector[] {
  const node = "alipay_trade_query_response";
  const signed_text = '{"code":"10000","url":"https:\\/\\/x","sign":"}"}';
  const raw = `{ "sign" : "${sign(signed_text)}" , "${node}" : ${signed_text} }`;
  const inputs = { raw, node, public_key_spki_base64 };
  const decrypted = '{"code":"10000","msg":"成功"}';
  const sealed = JSON.stringify(encrypt(decrypted));
  const secret = { ...inputs, encrypt_key_base64: ENCRYPT_KEY, raw: `{"${node}":${sealed},"sign":"${sign(sealed)}"}` };
  return [
    vector("alipay.response-extract", "the signature first", { raw, node }, { signed_text }),
    vector("alipay.response-extract", "no such node", { raw, node: "x_response" }, { reject: true }),
    vector("alipay.response-extract", "a node twice", { raw: `{"${node}":{},"${node}":{}}`, node }, { reject: true }),
    vector("alipay.response-verify", "escaped slashes", inputs, { valid: true, signed_text }),
    vector("alipay.response-verify", "altered", { ...inputs, raw: raw.replace("10000", "10001") }, { valid: false }),
    vector("alipay.response-verify", "encrypted", secret, { valid: true, signed_text: sealed, decrypted }),
    vector(
      "alipay.response-verify",
      "encrypted, altered",
      { ...secret, raw: secret.raw.replace(sealed.slice(1, 5), "AAAA") },
      { valid: false },
    ),
  ];
}

function results(): readonly MadeVector[] {
  const signed_text = '{"code":"10000","out_trade_no":"1"}';
  const result = `{"alipay_trade_app_pay_response":${signed_text},"sign":"${sign(signed_text)}","sign_type":"RSA2"}`;
  const raw = JSON.stringify({ memo: "", resultStatus: "9000", result });
  return [
    vector("alipay.app-result", "all of it", { raw, public_key_spki_base64 }, { valid: true, signed_text }),
    vector(
      "alipay.app-result",
      "the result alone",
      { raw: result, public_key_spki_base64 },
      { valid: true, signed_text },
    ),
    vector(
      "alipay.app-result",
      "altered",
      { raw: result.replace("10000", "10001"), public_key_spki_base64 },
      { valid: false },
    ),
  ];
}

function encrypt(text: string): string {
  const cipher = createCipheriv("aes-128-cbc", Buffer.from(ENCRYPT_KEY, "base64"), Buffer.alloc(16));
  return Buffer.concat([cipher.update(text), cipher.final()]).toString("base64");
}

function encrypted(): readonly MadeVector[] {
  const inputs = { encrypt_key_base64: ENCRYPT_KEY };
  const [plaintext, ciphertext_base64] = ["龙井茶", encrypt("龙井茶")];
  return [
    vector("alipay.aes-encrypt", "text", { ...inputs, plaintext }, { ciphertext_base64 }),
    vector("alipay.aes-decrypt", "text", { ...inputs, ciphertext_base64 }, { plaintext }),
    vector("alipay.aes-decrypt", "no whole block", { ...inputs, ciphertext_base64: "AAAA" }, { error: true }),
  ];
}

async function certificates(): Promise<readonly MadeVector[]> {
  const { class2, root } = await authorities();
  const key = await makeKeyPair();
  const pem = await issue({ subject: named("leaf"), key, issuer: class2, serial: SERIALS.next });
  const files = await certificateFiles();
  return [
    vector("alipay.cert-sn", "a serial with its highest bit set", { pem }, { sn: snOf(class2.name, SERIALS.next) }),
    vector("alipay.root-cert-sn", "one root", { pem: files.root }, { sn: snOf(root.name, SERIALS.root) }),
  ];
}
