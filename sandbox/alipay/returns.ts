/** How a browser comes back to the shop: return_url with signed parameters, none of which says paid (Alipay, return_url). */
import { signText } from "../crypto.ts";
import { SIGNATURE_KINDS } from "../faults.ts";
import { dateTime } from "../times.ts";
import type { Trade } from "../trade.ts";
import type { World } from "../world.ts";
import { signerOf } from "./envelope.ts";
import { joined } from "./request.ts";
import { toYuan } from "./yuan.ts";

/** The address with Alipay's parameters after those that it has itself, which are not signed. */
export function returnAddress(world: World, trade: Trade, returnUrl: string): string {
  const occasion = { provider: "alipay", operation: "return", outTradeNo: trade.outTradeNo } as const;
  const flaw = world.faults.take(occasion, SIGNATURE_KINDS)?.kind;
  const fields: Record<string, string> = {
    charset: "utf-8",
    out_trade_no: trade.outTradeNo,
    method: `alipay.trade.${trade.product}.pay.return`,
    total_amount: toYuan(trade.amount),
    trade_no: trade.providerTradeNo ?? "",
    auth_app_id: world.alipay.appId,
    version: "1.0",
    app_id: world.alipay.appId,
    seller_id: world.alipay.sellerId,
    timestamp: dateTime(world.clock.wall()),
  };
  const text = joined(Object.entries(fields));
  const sign = signText(signerOf(world).privateKey, flaw === undefined ? text : `${text} `);
  const url = new URL(returnUrl);
  const signature = flaw === "unsigned" ? {} : { sign, sign_type: "RSA2" };
  for (const [name, value] of Object.entries({ ...fields, ...signature })) url.searchParams.append(name, value);
  return url.href;
}
