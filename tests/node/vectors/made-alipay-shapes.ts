/** Alipay's vectors in the shapes that others have written them in. */
import { createHash, generateKeyPairSync } from "node:crypto";
import { type MadeVector, privateKey, publicKey, sign, vector } from "./made.ts";

const spkiOf = (key: typeof publicKey) => key.export({ type: "spki", format: "der" }).toString("base64");
const public_key_spki_base64 = spkiOf(publicKey);
const private_key_pkcs8_base64 = privateKey.export({ type: "pkcs8", format: "der" }).toString("base64");
const SUBJECT = "龙井茶";
const GBK_SUBJECT = Buffer.from("c1fabeaeb2e8", "hex");

/** Everything that is not simply a decoded form, its signature and a verdict. */
export function alipayShapes(): readonly MadeVector[] {
  return [...shortKeys(), ...forms(), ...orderStrings(), ...replies(), ...refusals()];
}

function shortKeys(): readonly MadeVector[] {
  const short = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const text = '{"code":"10000"}';
  const own = { public_key_spki_base64: spkiOf(short.publicKey) };
  const params = { app_id: "1", sign: sign("app_id=1", short.privateKey) };
  const form_body = `${new URLSearchParams(params)}`;
  const raw = `{"x_response":${text},"sign":"${sign(text, short.privateKey)}"}`;
  const result = raw.replace("x_response", "alipay_trade_app_pay_response");
  return [
    vector("alipay.params-verify", "a short key", { params, ...own }, { valid: true }),
    vector("alipay.notify-body", "a short key", { form_body, ...own }, { valid: true }),
    vector("alipay.return-url", "a short key", { url: `https://shop.test/?${form_body}`, ...own }, { valid: true }),
    vector("alipay.response-verify", "a short key", { raw, node: "x_response", ...own }, { valid: true }),
    vector("alipay.app-result", "a short key", { raw: result, ...own }, { valid: true }),
  ];
}

function forms(): readonly MadeVector[] {
  const list = [{ amount: "0.01", fundChannel: "ALIPAYACCOUNT" }];
  const text = `fund_bill_list=${JSON.stringify(list)}&subject=${SUBJECT}`;
  const listed = { fund_bill_list: list, subject: SUBJECT, sign: sign(text) };
  const gbkText = Buffer.concat([Buffer.from("charset=GBK&subject="), GBK_SUBJECT]);
  const gbk = { charset: "GBK", subject: SUBJECT, sign: sign(gbkText) };
  const encoded = [...GBK_SUBJECT].map((byte) => `%${byte.toString(16)}`).join("");
  const empty = { app_id: "1", body: "", sign_type: "RSA2" };
  const key = { public_key_spki_base64 };
  const notice = (what: string, form_body: string, subject: string) =>
    vector("alipay.notify-body", what, { form_body, ...key }, { valid: false, subject });
  return [
    vector("alipay.params-verify", "a list of one", { params: listed, ...key }, { valid: true }),
    vector("alipay.params-verify", "signed in GBK", { params: gbk, ...key }, { valid: true }),
    vector("alipay.params-verify", "altered in GBK", { params: { ...gbk, subject: "龙井" }, ...key }, { valid: false }),
    vector(
      "alipay.params-verify",
      "one empty value, out, and sign_type, in",
      { params: { ...empty, sign: sign("app_id=1&sign_type=RSA2") }, ...key },
      { valid: true },
    ),
    vector(
      "alipay.params-verify",
      "one empty value, in, and sign_type, out",
      { params: { ...empty, sign: sign("app_id=1&body=") }, ...key },
      { valid: true },
    ),
    notice("of a subject nobody has signed", `subject=a+b%2Bc&sign=AAAA`, "a b+c"),
    notice("of a subject in GBK nobody has signed", `subject=${encoded}&charset=gbk&sign=AAAA`, SUBJECT),
  ];
}

function orderStrings(): readonly MadeVector[] {
  const params = { app_id: "1", return_url: "", subject: "a b" };
  const string_to_sign = "app_id=1&subject=a b";
  const signature = sign(string_to_sign);
  const inputs = { params, private_key_pkcs8_base64 };
  const printed = (more: object) => new URLSearchParams({ app_id: "1", ...more, subject: "a b", sign: signature });
  const expects = (what: string, order_string: string | null) =>
    vector("alipay.request-sign", what, inputs, { string_to_sign, sign: signature, order_string });
  return [
    expects("an order string with its empty value", `${printed({ return_url: "" })}`),
    expects("an order string without its empty value", `${printed({})}`),
    expects("no order string", null),
  ];
}

function replies(): readonly MadeVector[] {
  const signed_text = '{"code":"10000"}';
  const raw = `\ufeff{"x_response":${signed_text},"sign":"${sign(signed_text)}"}`;
  const inputs = { raw, node: "x_response" };
  const valid = { valid: true, signed_text };
  return [
    vector("alipay.response-extract", "behind a byte order mark", inputs, { signed_text }),
    vector("alipay.response-verify", "behind a byte order mark", { ...inputs, public_key_spki_base64 }, valid),
  ];
}

function refusals(): readonly MadeVector[] {
  const encrypt_key_base64 = createHash("md5").update("key").digest("base64");
  return [
    vector("alipay.cert-sn", "of what is none", { pem: "garbage" }, { sn: null }),
    vector(
      "alipay.aes-decrypt",
      "half a block",
      { encrypt_key_base64, ciphertext_base64: "AAAA" },
      { plaintext: null },
    ),
  ];
}
