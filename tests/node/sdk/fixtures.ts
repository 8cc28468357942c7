/**
 * Checks the crypto and the providers against published vectors, which can't be part of the repository. Run it as
 * `FIXTURES_DIR=<folder> node tests/node/sdk/fixtures.ts`: it names each vector with its result and fails on any
 * that doesn't fit. Kinds that nothing here implements yet are counted, not hidden.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { importAeadKey, openSealed } from "../../../src/crypto/aead.ts";
import { decodeBase64, decodeUtf8, encodeBase64, utf8 } from "../../../src/crypto/bytes.ts";
import { readCertificate } from "../../../src/crypto/certificate.ts";
import { decodePem } from "../../../src/crypto/pem.ts";
import {
  importPrivateKey,
  importPublicKey,
  importSpki,
  signSha256,
  toPkcs8,
  verifySha256,
} from "../../../src/crypto/rsa.ts";
import { readEnvelope } from "../../../src/providers/alipay/envelope.ts";
import { verifyNotice } from "../../../src/providers/alipay/notice.ts";
import { requestContent } from "../../../src/providers/alipay/signature.ts";
import { parseJson } from "../../../src/providers/json.ts";
import { authorize, requestMessage } from "../../../src/providers/wechat/authorization.ts";
import { readCallback } from "../../../src/providers/wechat/callback.ts";
import { readPlatformKeys } from "../../../src/providers/wechat/certificates.ts";
import { verifyMessage } from "../../../src/providers/wechat/verification.ts";

type Values = Readonly<Record<string, unknown>>;
interface Vector {
  readonly kind: string;
  readonly what: string;
  readonly inputs: Values;
  readonly expected: Values;
}
type Check = (inputs: Values, expected: Values) => Promise<boolean>;

const text = (values: Values, name: string): string => String(values[name] ?? "");
const bytes = (base64: string) => decodeBase64(base64) ?? utf8("");

async function verifyKey(inputs: Values) {
  if (!inputs.certificatePem) return importPublicKey(text(inputs, "publicKeyPem"), "vector");
  return importSpki(readCertificate(text(inputs, "certificatePem"), "vector").spki, "vector");
}

function signedMessage(inputs: Values) {
  const headers = new Headers(Object.entries(Object(inputs.headers)).map(([name, value]) => [name, String(value)]));
  return { headers, body: utf8(text(inputs, "body")) };
}

async function messageVerifies(inputs: Values): Promise<boolean> {
  const message = signedMessage(inputs);
  const now = Number(message.headers.get("Wechatpay-Timestamp")) * 1000;
  const key = await verifyKey(inputs);
  return (await verifyMessage(message, now, async () => key)).verified;
}

function wechatRequest(inputs: Values) {
  const url = new URL(text(inputs, "url"), "https://api.mch.weixin.qq.com");
  return {
    method: inputs.method === "GET" ? "GET" : "POST",
    pathAndQuery: url.pathname + url.search,
    timestamp: Number(inputs.timestamp),
    nonce: text(inputs, "nonce"),
    body: text(inputs, "body"),
  } as const;
}

function formBody(parameters: Values): Uint8Array {
  return utf8(new URLSearchParams(Object.entries(parameters).map(([name, value]) => [name, String(value)])).toString());
}

const CHECKS: Readonly<Record<string, Check>> = {
  "crypto.rsa-sha256-sign": async (inputs, expected) => {
    const key = await importPrivateKey(text(inputs, "privateKeyPem"), "vector");
    return (await signSha256(key, utf8(text(inputs, "message")))) === expected.signatureBase64;
  },
  "crypto.rsa-sha256-verify": async (inputs, expected) => {
    const verified = verifySha256(
      await verifyKey(inputs),
      utf8(text(inputs, "message")),
      text(inputs, "signatureBase64"),
    );
    return (await verified) === expected.valid;
  },
  "crypto.aes-256-gcm": async (inputs, expected) => {
    const opened = await openSealed(await importAeadKey(text(inputs, "key"), "vector"), {
      nonce: utf8(text(inputs, "nonce")),
      associatedData: utf8(text(inputs, "associated_data")),
      ciphertext: bytes(text(inputs, "ciphertext")),
    });
    return expected.error ? opened === undefined : opened !== undefined && decodeUtf8(opened) === expected.plaintext;
  },
  "crypto.certificate": async (inputs, expected) => {
    const certificate = readCertificate(text(inputs, "certificatePem"), "vector");
    const serialFits = expected.serial === undefined || certificate.serial === expected.serial;
    return encodeBase64(certificate.spki) === expected.spki_base64 && serialFits;
  },
  "crypto.key-formats": async (inputs, expected) =>
    encodeBase64(toPkcs8(decodePem(text(inputs, "pkcs1_base64"), "vector"), "vector")) === expected.pkcs8_base64,
  "wechat.request-message": async (inputs, expected) => requestMessage(wechatRequest(inputs)) === expected.message,
  "wechat.request-sign": async (inputs, expected) => {
    const request = wechatRequest(inputs);
    const key = await importPrivateKey(text(inputs, "privateKeyPem"), "vector");
    const signer = { mchId: text(inputs, "mchid"), serialNo: text(inputs, "serial_no"), key };
    const header = await authorize(request, signer);
    return requestMessage(request) === expected.message && header.includes(`signature="${expected.signatureBase64}"`);
  },
  "wechat.message-verify": async (inputs, expected) => (await messageVerifies(inputs)) === expected.signatureValid,
  "wechat.callback": async (inputs, expected) => {
    const verified = await messageVerifies(inputs);
    if (!expected.signatureValid) return !verified;
    const plaintext = Object(parseJson(text(expected, "plaintext")));
    const apiV3Key = await importAeadKey(text(inputs, "apiV3Key"), "vector");
    const owner = { mchId: String(plaintext.mchid), appId: String(plaintext.appid), apiV3Key };
    const verdict = await readCallback(utf8(text(inputs, "body")), owner);
    return verified && verdict.verified && Object(verdict.event).outTradeNo === plaintext.out_trade_no;
  },
  "wechat.certificates": async (inputs, expected) => {
    const apiV3Key = await importAeadKey(text(inputs, "apiV3Key"), "vector");
    const keys = await readPlatformKeys(utf8(text(inputs, "responseBody")), apiV3Key);
    return keys?.[0]?.serial === expected.serial_no;
  },
  "alipay.request-sign": async (inputs, expected) => {
    const parameters = Object.entries(Object(inputs.params)).map(([name, value]) => [name, String(value)]);
    const content = requestContent(Object.fromEntries(parameters));
    const key = await importPrivateKey(text(inputs, "private_key_pkcs8_base64"), "vector");
    return decodeUtf8(content) === expected.string_to_sign && (await signSha256(key, content)) === expected.sign;
  },
  "alipay.params-verify": async (inputs, expected) => {
    const key = await importPublicKey(text(inputs, "public_key_spki_base64"), "vector");
    return (await verifyNotice(formBody(Object(inputs.params)), key)).verified === expected.valid;
  },
  "alipay.notify-body": async (inputs, expected) => {
    const key = await importPublicKey(text(inputs, "public_key_spki_base64"), "vector");
    const result = await verifyNotice(utf8(text(inputs, "form_body")), key);
    return result.verified ? result.notice.get("subject") === expected.subject : !expected.valid;
  },
  "alipay.response-extract": async (inputs, expected) => {
    const node = readEnvelope(utf8(text(inputs, "raw")))?.members.get(text(inputs, "node"));
    return expected.reject ? node === undefined : node !== undefined && decodeUtf8(node) === expected.signed_text;
  },
  "alipay.response-verify": async (inputs, expected) => {
    const envelope = readEnvelope(utf8(text(inputs, "raw")));
    const node = envelope?.members.get(text(inputs, "node"));
    const sign = envelope?.members.get("sign");
    if (!node || !sign) return false;
    const key = await importPublicKey(text(inputs, "public_key_spki_base64"), "vector");
    return (await verifySha256(key, node, String(parseJson(decodeUtf8(sign))))) === expected.valid;
  },
};

function readVectors(folder: string): readonly Vector[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".json"))
    .flatMap((file): readonly Vector[] => JSON.parse(readFileSync(join(folder, file), "utf8")));
}

const folder = process.env.FIXTURES_DIR;
if (!folder) throw new Error("FIXTURES_DIR is not set");
const results = { pass: 0, fail: 0, "not implemented": 0 };
for (const { kind, what, inputs, expected } of readVectors(folder)) {
  const check = CHECKS[kind];
  const result = check ? ((await check(inputs, expected)) ? "pass" : "fail") : "not implemented";
  results[result] += 1;
  console.log(`${result}  ${kind}  ${what.slice(0, 100)}`);
}
console.log(results);
process.exitCode = results.fail > 0 ? 1 : 0;
