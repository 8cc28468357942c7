/** A shop that sells by every product of Alipay's, each order for 10.00 yuan, and reads what it is told. */
import { ask, noticeFields, pageUrl, signedParameters } from "./alipay-client.ts";
import type { Control, TakenDelivery } from "./control.ts";
import { send } from "./http.ts";
import type { Env } from "./wechat-client.ts";

const NOTIFY = { notify_url: "https://shop.example/alipay" };
export const PRODUCTS = ["precreate", "pay", "page", "wap", "app", "create"] as const;
type Product = (typeof PRODUCTS)[number];

export interface AlipayShop {
  /** Makes a trade that waits for its buyer. */
  open(product: Product, no: string): Promise<void>;
  paid(product: Product, no: string): Promise<void>;
  query(no: string): Promise<Record<string, string>>;
  refund(no: string, request: string, amount: string): Promise<Record<string, string>>;
  /** The fields of the notices that are due, verified. */
  told(no: string): Promise<Record<string, string>[]>;
  states(no: string): Promise<(string | undefined)[]>;
  /** Says success to the notices that are due. */
  accept(no: string): Promise<void>;
}

export function alipayShop(env: Env, control: Control): AlipayShop {
  const pay = (no: string) => control.post(`/trades/alipay/${no}/pay`);
  const told = async (no: string) =>
    (await control.take({ outTradeNo: no })).map((taken) => noticeFields(env, bodyOf(taken)));
  const open = async (product: Product, no: string) => {
    await ordered(env, control, product, no);
    await control.post(`/trades/alipay/${no}/open`);
  };
  return {
    open,
    paid: async (product, no) => {
      await open(product, no);
      await pay(no);
    },
    query: (no) => ask(env, "alipay.trade.query", { out_trade_no: no }),
    refund: (no, request, amount) =>
      ask(env, "alipay.trade.refund", { out_trade_no: no, out_request_no: request, refund_amount: amount }),
    told,
    states: async (no) => (await told(no)).map((fields) => fields.trade_status),
    accept: async (no) => {
      for (const { id } of await control.take({ outTradeNo: no })) {
        await control.post(`/deliveries/${id}/answer`, { status: 200, body: "success" });
      }
    },
  };
}

/** The body of a callback that was taken: a form, which is ASCII. */
export function bodyOf(taken: TakenDelivery | undefined): string {
  return Buffer.from(taken?.body ?? "", "base64").toString("latin1");
}

function ordered(env: Env, control: Control, product: Product, no: string): Promise<unknown> {
  const order = { out_trade_no: no, total_amount: "10.00", subject: "龙井茶 100% +1", passback_params: "a%3D1" };
  const create = (name: string, more: object) =>
    ask(env, `alipay.trade.${name}`, { ...order, ...more }, { parameters: NOTIFY });
  const browse = (name: string, more: object) =>
    send({ method: "GET", url: pageUrl(env, `alipay.trade.${name}.pay`, { ...order, ...more }, NOTIFY) });
  switch (product) {
    case "precreate":
      return create("precreate", {});
    case "create":
      return create("create", { buyer_id: "2088000000000002" });
    case "pay":
      return shownCode(control).then((auth_code) => create("pay", { auth_code }));
    case "page":
      return browse("page", { product_code: "FAST_INSTANT_TRADE_PAY" });
    case "wap":
      return browse("wap", { quit_url: "https://shop.example/" });
    case "app": {
      const parameters = signedParameters(env, "alipay.trade.app.pay", order, NOTIFY);
      return control.post("/alipay/app-pay", { orderString: new URLSearchParams(parameters).toString() });
    }
  }
}

/** A payment code whose buyer has to confirm on the phone. */
async function shownCode(control: Control): Promise<string> {
  const { authCode } = (await control.post("/alipay/auth-codes", { asksPassword: true })) as { authCode: string };
  return authCode;
}
