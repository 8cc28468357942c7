/** Alipay: signed requests, verified notices and replies. */
import { decodeUtf8, utf8 } from "../../src/crypto/bytes.ts";
import { importPublicKey, signSha256, verifySha256 } from "../../src/crypto/rsa.ts";
import { parseMember, readEnvelope } from "../../src/providers/alipay/envelope.ts";
import { verifyNotice } from "../../src/providers/alipay/notice.ts";
import { requestContent } from "../../src/providers/alipay/signature.ts";
import type { Inputs } from "./inputs.ts";
import { LABEL, signingKey } from "./keys.ts";
import type { Kinds } from "./kind.ts";

export const ALIPAY_KINDS: Kinds = {
  "alipay.request-sign": async (inputs) => {
    const content = requestContent(Object.fromEntries(inputs.members("params")));
    const key = await signingKey(inputs, "private_key_pkcs8_base64");
    return { string_to_sign: decodeUtf8(content), sign: await signSha256(key, content) };
  },

  "alipay.params-verify": async (inputs) => {
    const form = new URLSearchParams(inputs.members("params").map(([name, value]) => [name, value]));
    return { valid: (await verifyNotice(utf8(form.toString()), await alipayKey(inputs))).verified };
  },

  "alipay.notify-body": async (inputs) => {
    const result = await verifyNotice(utf8(inputs.text("form_body")), await alipayKey(inputs));
    return { valid: result.verified, subject: result.verified ? result.notice.get("subject") : undefined };
  },

  "alipay.response-extract": async (inputs) => ({ signed_text: replyOf(inputs).signedText }),

  "alipay.response-verify": async (inputs) => {
    const { node, sign, signedText } = replyOf(inputs);
    const valid = node && sign ? await verifySha256(await alipayKey(inputs), node, sign) : false;
    return { valid, signed_text: signedText };
  },
};

function alipayKey(inputs: Inputs) {
  return importPublicKey(inputs.text("public_key_spki_base64"), LABEL);
}

/** The node of a reply, as its signature covers it, and the signature. */
function replyOf(inputs: Inputs) {
  const envelope = readEnvelope(utf8(inputs.text("raw")));
  const node = envelope?.members.get(inputs.text("node"));
  const member = envelope?.members.get("sign");
  const sign = envelope && member && parseMember(member, envelope.charset);
  return { node, sign: typeof sign === "string" ? sign : undefined, signedText: node && decodeUtf8(node) };
}
