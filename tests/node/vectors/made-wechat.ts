import { makeKeyPair } from "../../unit/providers/support/keys.ts";
import { makeCertificate } from "../../unit/providers/support/wechat.ts";
import { lines, type MadeVector, privateKeyPem, publicKeyPem, sign, vector } from "./made.ts";
import { AES_KEY, gcm } from "./made-crypto.ts";

const NOW = 1_767_319_200;
const NONCE = "593BEC0C930BF1AFEB40B4A08C8FB242";
const SERIAL = "408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB";

export async function wechatVectors(): Promise<readonly MadeVector[]> {
  return [...requests(), ...messages(), ...callbacks(), ...invocations(), ...bills(), ...(await certificates())];
}

function requests(): readonly MadeVector[] {
  const url = "/v3/bill/tradebill?bill_date=2026-11-21&x=%7B%22a%22%3A1%7D";
  const request = { method: "GET", url, timestamp: String(NOW), nonce: NONCE };
  const message = lines("GET", url, String(NOW), NONCE, "");
  const signature = sign(message);
  const authorization = `WECHATPAY2-SHA256-RSA2048 signature="${signature}",serial_no="${SERIAL}",mchid="19",timestamp="${NOW}",nonce_str="${NONCE}"`;
  const patch = { ...request, method: "PATCH", url: "https://api.mch.weixin.qq.com/v3/x", body: '{"中":1}\n' };
  const members = { mchid: "19", nonce_str: NONCE, signature, timestamp: NOW, serial_no: SERIAL };
  const signer = { privateKeyPem, mchid: "19", serial_no: SERIAL };
  return [
    vector("wechat.request-message", "no body", request, { message }),
    vector("wechat.request-message", "a full address and a body", patch, {
      message: lines("PATCH", "/v3/x", String(NOW), NONCE, '{"中":1}\n'),
    }),
    vector(
      "wechat.request-sign",
      "a request",
      { ...request, ...signer },
      {
        message,
        signatureBase64: signature,
        authorization,
      },
    ),
    vector("wechat.authorization", "a header in another order", members, { value: authorization }),
    vector(
      "wechat.request-message",
      "a time that is no number",
      { ...request, timestamp: "0-mock" },
      {
        message: lines("GET", url, "0-mock", NONCE, ""),
      },
    ),
  ];
}

/** A signed message, as inputs. */
function signed(body: string, timestamp = NOW) {
  const headers = {
    "wechatpay-timestamp": String(timestamp),
    "Wechatpay-Nonce": NONCE,
    "Wechatpay-Serial": SERIAL,
    "Wechatpay-Signature": sign(lines(String(timestamp), NONCE, body)),
  };
  return { publicKeyPem, headers, body };
}

function messages(): readonly MadeVector[] {
  const kind = "wechat.message-verify";
  const { headers, ...message } = signed('{"a":"\\/"}');
  const probe = { ...headers, "Wechatpay-Signature": "WECHATPAY/SIGNTEST/x" };
  const { "Wechatpay-Nonce": _, ...without } = headers;
  const { "Wechatpay-Serial": _serial, ...unnamed } = headers;
  const tampered = { ...message, headers: unnamed, body: "{}" };
  return [
    vector(kind, "a reply of long ago", { ...message, headers }, { signatureValid: true }),
    vector(kind, "a reply that names no key", { ...message, headers: unnamed }, { signatureValid: true }),
    vector(kind, "another body that names no key", tampered, { signatureValid: false }),
    vector(kind, "no body", { ...signed(""), body: undefined }, { signatureValid: true }),
    vector(kind, "a body written anew", { ...message, headers, body: '{"a":"/"}' }, { signatureValid: false }),
    vector(kind, "a probe", { ...message, headers: probe }, { signatureValid: false }),
    vector(kind, "a header that is missing", { ...message, headers: without }, { signatureValid: false }),
    vector(kind, "headers that can't be any", { ...message, headers: { "a b": "\n" } }, { signatureValid: false }),
  ];
}

function callbacks(): readonly MadeVector[] {
  const kind = "wechat.callback";
  const plaintext = '{"mchid":"19","out_trade_no":"1"}';
  const sealed = { algorithm: "AEAD_AES_256_GCM", nonce: "0123456789ab", associated_data: "transaction" };
  const ciphertext = gcm(AES_KEY, sealed.nonce, sealed.associated_data, plaintext);
  const body = JSON.stringify({ id: "1", event_type: "TRANSACTION.SUCCESS", resource: { ...sealed, ciphertext } });
  const inputs = { now: NOW, apiV3Key: AES_KEY, ...signed(body) };
  const otherKey = AES_KEY.replace("0", "1");
  return [
    vector(kind, "a callback, as text", inputs, { signatureValid: true, plaintext }),
    vector(kind, "a callback, as an object", inputs, { signatureValid: true, plaintext: JSON.parse(plaintext) }),
    vector(kind, "a body that was touched", { ...inputs, body: `${body} ` }, { signatureValid: false }),
    vector(kind, "one that comes too late", { ...inputs, now: NOW + 301 }, { signatureValid: false }),
    vector(kind, "another key, said of the text", { ...inputs, apiV3Key: otherKey }, { plaintext: { error: true } }),
    vector(kind, "another key", { ...inputs, apiV3Key: otherKey }, { signatureValid: true, error: true }),
  ];
}

function invocations(): readonly MadeVector[] {
  const prepayId = "wx201410272009395522657a690389285100";
  const jsapi = { privateKeyPem, appId: "wx1", timeStamp: String(NOW), nonceStr: NONCE, prepay_id: prepayId };
  const app = { privateKeyPem, appid: "wx1", timestamp: NOW, noncestr: NONCE, prepayid: prepayId };
  const jsapiMessage = lines("wx1", String(NOW), NONCE, `prepay_id=${prepayId}`);
  const appMessage = lines("wx1", String(NOW), NONCE, prepayId);
  return [
    vector("wechat.pay-sign-jsapi", "inside of WeChat", jsapi, {
      message: jsapiMessage,
      package: `prepay_id=${prepayId}`,
      signType: "RSA",
      paySign: sign(jsapiMessage),
    }),
    vector("wechat.pay-sign-app", "in an application", app, {
      message: appMessage,
      package: "Sign=WXPay",
      sign: sign(appMessage),
    }),
  ];
}

function bills(): readonly MadeVector[] {
  const kind = "wechat.trade-bill";
  const csv =
    "\ufeff交易时间,订单金额,备注\r\n`2026-11-21 10:00:00,`1.00,`\r\n`2026-11-21 11:00:00,`2.00,`\r\n总交易单数,订单总金额\r\n`2.0,`3.00\r\n";
  const byName = { 交易时间: "2026-11-21 10:00:00", 订单金额: "`1.00", 备注: "" };
  return [
    vector(
      kind,
      "in order",
      { csv },
      {
        columns: ["交易时间", "订单金额", "备注"],
        firstRow: ["2026-11-21 10:00:00", "1.00", ""],
        summary: ["2.0", "3.00"],
      },
    ),
    vector(kind, "by name", { csv }, { columns: 3, firstRow: byName, summary: { 总交易单数: 2, 订单总金额: "3.00" } }),
    vector(
      kind,
      "as in the file",
      { csv: csv.replaceAll("\r", "") },
      {
        columns: "交易时间,订单金额,备注",
        firstRow: "`2026-11-21 10:00:00,`1.00,`",
        summary: ["`2.0", "`3.00"],
      },
    ),
    ...shapes(csv),
    vector(kind, "cut off", { csv: csv.slice(0, 60) }, { columns: 3, firstRow: { 订单金额: "1.00" } }),
  ];
}

/** The same bill, expected in all the ways that one may write it down. */
function shapes(csv: string): readonly MadeVector[] {
  const kind = "wechat.trade-bill";
  const [names, values] = [
    ["总交易单数", "订单总金额"],
    ["2.0", "3.00"],
  ];
  const withoutRows = csv.replaceAll(/`2026.*\r\n/g, "");
  const raw = {
    columns: "\ufeff交易时间,订单金额,备注\r\n",
    firstRow: "2026-11-21 10:00:00,1.00,",
    summary: "2.0,3.00",
  };
  return [
    vector(kind, "raw lines", { csv }, raw),
    vector(kind, "a byte order mark in a name", { csv }, { firstRow: { "\ufeff交易时间": "2026-11-21 10:00:00" } }),
    vector(kind, "a summary as a table", { csv }, { summary: { columns: names, values } }),
    vector(kind, "a summary as two lines", { csv }, { summary: [names, values] }),
    vector(
      kind,
      "a summary as pairs",
      { csv },
      {
        summary: [
          ["总交易单数", "2"],
          ["订单总金额", "3.00"],
        ],
      },
    ),
    vector(kind, "no rows", { csv: withoutRows }, { columns: 3, firstRow: null, summary: values }),
  ];
}

async function certificates(): Promise<readonly MadeVector[]> {
  const kind = "wechat.certificates";
  const pem = makeCertificate(Buffer.from(SERIAL, "hex"), await makeKeyPair(), "350101000000Z");
  const ciphertext = gcm(AES_KEY, "0123456789ab", "certificate", pem);
  const sealed = { algorithm: "AEAD_AES_256_GCM", nonce: "0123456789ab", associated_data: "certificate", ciphertext };
  const responseBody = JSON.stringify({ data: [{ serial_no: SERIAL, encrypt_certificate: sealed }] });
  const inputs = { apiV3Key: AES_KEY, responseBody };
  return [
    vector(kind, "a list", inputs, { serial_no: SERIAL }),
    vector(kind, "a list, in small letters", inputs, { serial_no: SERIAL.toLowerCase() }),
    vector(kind, "an empty list", { ...inputs, responseBody: '{"data":[]}' }, { serial_no: null }),
  ];
}
