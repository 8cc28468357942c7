/** What a browser comes back with from page.pay or wap.pay: it names a trade, and has no trade_status at all. */
import type { Fen } from "../../money.ts";
import type { Application } from "./application.ts";
import { yuan } from "./values.ts";
import { foreignness, type Refusal, refuse } from "./verdicts.ts";

const METHODS: readonly string[] = ["alipay.trade.page.pay.return", "alipay.trade.wap.pay.return"];

/** A trade that somebody has come back from. Whether it is paid only a query or a notice tells. */
export interface ReturnedTrade {
  readonly verified: true;
  readonly outTradeNo: string;
  readonly tradeNo: string | null;
  readonly amount: Fen | null;
}

/**
 * Verifies the query of a return_url and says which trade it is about. Never throws for bad input.
 * @param query as it came, with or without the address before it
 * @param now milliseconds since the epoch
 */
export async function receiveReturn(
  { config, client }: Application,
  query: string,
  now: number,
): Promise<ReturnedTrade | Refusal> {
  const verification = await client.verifyReturn(query, now);
  if (!verification.verified) return verification;
  const { fields } = verification;
  const foreign = foreignness(fields, config);
  if (foreign) return foreign;
  const method = fields.get("method");
  if (method !== undefined && !METHODS.includes(method)) return refuse("malformed", "method is not that of a return");
  const outTradeNo = fields.get("out_trade_no");
  if (!outTradeNo) return refuse("malformed", "field out_trade_no is missing");
  const amount = yuan.safeParse(fields.get("total_amount")).data ?? null;
  return { verified: true, outTradeNo, tradeNo: fields.get("trade_no") ?? null, amount };
}
