/** One merchant at work: settings, signed calls, and unpredictable bytes. */

import type { CallContext } from "../call.ts";
import { type ProviderRuntime, randomBytes } from "../exchange.ts";
import { WECHAT_METHODS, type WechatMethod } from "../methods.ts";
import { makeNonce } from "./authorization.ts";
import { WechatClient } from "./client.ts";
import { appIdOf, type WechatPayConfig } from "./config.ts";
import type { InvocationSigner } from "./pay-sign.ts";

export interface Merchant {
  readonly config: WechatPayConfig;
  readonly client: WechatClient;
  readonly random: (length: number) => Uint8Array;
}

export function openMerchant(config: WechatPayConfig, runtime: ProviderRuntime): Merchant {
  return { config, client: new WechatClient(config, runtime), random: runtime.random ?? randomBytes };
}

/** A signer of one invocation: its time stamp and nonce are fresh each time. */
export async function invocationSigner(
  merchant: Merchant,
  method: WechatMethod,
  call: Pick<CallContext, "now">,
): Promise<InvocationSigner> {
  return {
    appId: appIdOf(merchant.config, method),
    mchId: merchant.config.mchId,
    key: await merchant.client.signingKey(),
    timeStamp: String(Math.floor(call.now() / 1000)),
    nonceStr: makeNonce(merchant.random),
  };
}

/** The methods whose trades belong to an application; none when it is not one of the merchant's. */
export function methodsOf(config: Parameters<typeof appIdOf>[0], appId: string): readonly WechatMethod[] {
  return WECHAT_METHODS.filter((method) => appIdOf(config, method) === appId);
}
