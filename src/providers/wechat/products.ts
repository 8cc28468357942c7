/** WeChat Pay's ways to pay as data: where each is created, and what its reply gives the client. */
import * as z from "zod";
import type { Bytes } from "../../crypto/bytes.ts";
import type { Credential } from "../credential.ts";
import { readJson } from "../json.ts";
import { METHODS, type PaymentMethod, type WechatMethod } from "../methods.ts";
import { type InvocationSigner, signApp, signJsapi, signMini } from "./pay-sign.ts";

/** What one method's client is handed. */
export type CredentialOf<M extends WechatMethod> = Extract<Credential, { readonly method: M }>;

/** One way to pay. */
interface WechatProduct<M extends WechatMethod> {
  /** The last part of the path, the same for single and combined payments. */
  readonly endpoint: "jsapi" | "native" | "app" | "h5";
  /** Turns the body of a create reply into the client's credential; undefined when it holds none. */
  readonly credential: (reply: Bytes, signer: InvocationSigner) => Promise<CredentialOf<M> | undefined>;
}

const prepaid = z.object({ prepay_id: z.string().min(1) });
const withCode = z.object({ code_url: z.string().min(1) });
const withAddress = z.object({ h5_url: z.string().min(1) });

const PRODUCTS: { readonly [M in WechatMethod]: WechatProduct<M> } = {
  WECHAT_JSAPI: {
    endpoint: "jsapi",
    credential: async (body, signer) => {
      const reply = readJson(body, prepaid);
      return reply && { method: "WECHAT_JSAPI", invoke: await signJsapi(reply.prepay_id, signer) };
    },
  },
  WECHAT_MINI: {
    endpoint: "jsapi",
    credential: async (body, signer) => {
      const reply = readJson(body, prepaid);
      return reply && { method: "WECHAT_MINI", invoke: await signMini(reply.prepay_id, signer) };
    },
  },
  WECHAT_NATIVE: {
    endpoint: "native",
    credential: async (body) => {
      const reply = readJson(body, withCode);
      return reply && { method: "WECHAT_NATIVE", codeUrl: reply.code_url };
    },
  },
  WECHAT_APP: {
    endpoint: "app",
    credential: async (body, signer) => {
      const reply = readJson(body, prepaid);
      return reply && { method: "WECHAT_APP", invoke: await signApp(reply.prepay_id, signer) };
    },
  },
  WECHAT_H5: {
    endpoint: "h5",
    credential: async (body) => {
      const reply = readJson(body, withAddress);
      return reply && { method: "WECHAT_H5", h5Url: reply.h5_url };
    },
  },
};

/** The product behind a method. */
export function wechatProduct<M extends WechatMethod>(method: M): WechatProduct<M> {
  return PRODUCTS[method];
}

/** The method as one of WeChat Pay's. Throws RangeError for one that another provider serves. */
export function wechatMethod(method: PaymentMethod): WechatMethod {
  if (!isWechatMethod(method)) throw new RangeError(`WeChat Pay does not serve ${method}`);
  return method;
}

function isWechatMethod(method: PaymentMethod): method is WechatMethod {
  return METHODS[method].provider === "wechat";
}

/**
 * Says where the buyer's browser goes after paying. Nothing else of the address may ever be changed.
 * @param returnUrl https, of a domain that the merchant has registered for H5
 */
export function withReturnUrl(h5Url: string, returnUrl: string): string {
  return `${h5Url}&redirect_url=${encodeURIComponent(returnUrl)}`;
}
