/** Alipay: signed requests, verified notices, replies and results, and what browsers come back with. */
import { importCbcKey, openCbc, sealCbc } from "../../src/crypto/aes-cbc.ts";
import { type Bytes, decodeUtf8, utf8 } from "../../src/crypto/bytes.ts";
import { readCertificate } from "../../src/crypto/certificate.ts";
import type { CryptoKey } from "../../src/crypto/key.ts";
import { signSha256 } from "../../src/crypto/rsa.ts";
import { readAppResult, verifyAppResult } from "../../src/providers/alipay/app-result.ts";
import { certificateSn, rootCertificateSn } from "../../src/providers/alipay/certificate-sn.ts";
import { parseMember, readEnvelope } from "../../src/providers/alipay/envelope.ts";
import { type FindKeys, verifiedNode } from "../../src/providers/alipay/node.ts";
import { verifyNotice } from "../../src/providers/alipay/notice.ts";
import { orderString } from "../../src/providers/alipay/page.ts";
import { verifyReturn } from "../../src/providers/alipay/return-url.ts";
import { requestContent } from "../../src/providers/alipay/signature.ts";
import { bodyOf, subjectOf } from "./alipay-form.ts";
import type { Inputs } from "./inputs.ts";
import { LABEL, signingKey, verifyingKey } from "./keys.ts";
import type { Kinds, Meets } from "./kind.ts";

export const ALIPAY_KINDS: Kinds = {
  "alipay.request-sign": async (inputs) => {
    const { sign: _, ...params } = Object.fromEntries(inputs.members("params"));
    const content = requestContent(params);
    const sign = await signSha256(await signingKey(inputs, "private_key_pkcs8_base64"), content);
    const printed = orderString({ common: { ...params, sign }, content: {} });
    return { string_to_sign: decodeUtf8(content), sign, order_string: sameParameters(printed) };
  },

  "alipay.params-verify": async (inputs) => ({
    valid: (await verifyNotice(bodyOf(inputs.members("params")), keysOf(inputs))).verified,
  }),

  "alipay.notify-body": async (inputs) => {
    const body = inputs.text("form_body");
    const result = await verifyNotice(utf8(body), keysOf(inputs));
    return { valid: result.verified, subject: result.verified ? result.fields.get("subject") : subjectOf(body) };
  },

  "alipay.return-url": async (inputs) => ({
    valid: (await verifyReturn(inputs.text("url"), keysOf(inputs))).verified,
  }),

  "alipay.response-extract": async (inputs) => {
    const node = replyOf(inputs)?.node;
    return { signed_text: node && textOf(node) };
  },

  "alipay.response-verify": async (inputs) => {
    const reply = replyOf(inputs);
    const verified = reply && (await verifiedNode(reply.node, reply.envelope, keysOf(inputs)));
    const result = { valid: verified !== undefined, signed_text: reply && textOf(reply.node) };
    if (!inputs.has("encrypt_key_base64")) return result;
    return { ...result, decrypted: verified && (await decrypted(verified, await encryptKeyOf(inputs))) };
  },

  "alipay.app-result": async (inputs) => {
    const raw = inputs.text("raw");
    const node = readAppResult(raw)?.node;
    return { valid: (await verifyAppResult(raw, keysOf(inputs))).verified, signed_text: node && textOf(node) };
  },

  "alipay.cert-sn": async (inputs) => ({ sn: certificateSn(readCertificate(inputs.text("pem"), LABEL)) }),

  "alipay.root-cert-sn": async (inputs) => ({ sn: rootCertificateSn(inputs.text("pem"), LABEL) }),

  "alipay.aes-encrypt": async (inputs) => ({
    ciphertext_base64: await sealCbc(await encryptKeyOf(inputs), inputs.textOrEmpty("plaintext")),
  }),

  "alipay.aes-decrypt": async (inputs) => ({
    plaintext: await openCbc(await encryptKeyOf(inputs), inputs.text("ciphertext_base64")),
  }),
};

function keysOf(inputs: Inputs): FindKeys {
  return async () => [await verifyingKey(inputs, "public_key_spki_base64")];
}

function encryptKeyOf(inputs: Inputs): Promise<CryptoKey> {
  return importCbcKey(inputs.text("encrypt_key_base64"), LABEL);
}

/** The node of a reply, in its envelope. */
function replyOf(inputs: Inputs) {
  const envelope = readEnvelope(utf8(inputs.text("raw")));
  const node = envelope?.members.get(inputs.text("node"));
  return envelope && node && { envelope, node };
}

function textOf(node: Bytes): string | undefined {
  return decodeUtf8(node);
}

/** The text of an encrypted node; undefined for one that is not encrypted. */
async function decrypted(node: Bytes, key: CryptoKey): Promise<string | undefined> {
  const value = parseMember(node, "utf-8");
  return typeof value === "string" ? openCbc(key, value) : undefined;
}

/** Parameters may come in any order, spaces as `%20` or `+`, empty values or none. Null says nothing. */
function sameParameters(printed: string): Meets {
  const partsOf = (text: string) => {
    return JSON.stringify([...new URLSearchParams(text)].filter(([, value]) => value !== "").sort());
  };
  return (expected) => expected === null || (typeof expected === "string" && partsOf(expected) === partsOf(printed));
}
