/** A simulator of WeChat Pay, and the standalone class as one of its merchants. */
import { startSandbox } from "../../../sandbox/server.ts";
import { type CallbackVerdict, type Outcome, WechatPay } from "../../../src/providers/wechat/wechat-pay.ts";
import { type Control, controlOf } from "../../sandbox/control.ts";

export interface SimulatedMerchant {
  readonly wechat: WechatPay;
  readonly control: Control;
  /** An openid of the application that a variable names. */
  readonly openid: (variable: string) => Promise<string>;
  /** The verdicts on the callbacks of an event that are due for a number. */
  readonly told: (outTradeNo: string, event: string) => Promise<readonly CallbackVerdict[]>;
  readonly close: () => Promise<void>;
}

export async function startMerchant(): Promise<SimulatedMerchant> {
  const sandbox = await startSandbox({ notify: "pull", shopUrl: "https://shop.example" });
  const control = controlOf(sandbox.url);
  const wechat = new WechatPay(configOf((name) => sandbox.env[name] ?? ""));
  return {
    wechat,
    control,
    openid: async (variable) => (await control.settings()).wechat.openids[sandbox.env[variable] ?? ""] ?? "",
    told: async (outTradeNo, event) => {
      const taken = await control.take({ outTradeNo, event });
      return Promise.all(
        taken.map(({ headers, body }) =>
          wechat.readCallback({ headers: new Headers(headers), body: Buffer.from(body, "base64") }),
        ),
      );
    },
    close: () => sandbox.close(),
  };
}

function configOf(env: (name: string) => string): ConstructorParameters<typeof WechatPay>[0] {
  return {
    appId: env("WECHAT_APP_ID"),
    miniAppId: env("WECHAT_MINI_APP_ID"),
    mobileAppId: env("WECHAT_MOBILE_APP_ID"),
    mchId: env("WECHAT_MCH_ID"),
    apiV3Key: env("WECHAT_API_V3_KEY"),
    v2Key: env("WECHAT_KEY"),
    privateKeyPem: env("WECHAT_API_CLIENT_KEY"),
    serialNo: env("WECHAT_API_SERIAL_NO"),
    publicKey: { id: env("WECHAT_PUBLIC_KEY_ID"), pem: env("WECHAT_PUBLIC_KEY") },
    baseUrl: env("WECHAT_API_BASE_URL"),
    proxyUrl: env("PROVIDER_PROXY_URL"),
    notifyUrl: env("WECHAT_NOTIFY_URL"),
    refundNotifyUrl: env("WECHAT_REFUND_NOTIFY_URL"),
  };
}

/** The value of an outcome that must be ok. */
export function okay<T>(outcome: Outcome<T>): T {
  if (outcome.kind !== "ok") throw new Error(`${outcome.kind}: ${outcome.message}`);
  return outcome.value;
}
