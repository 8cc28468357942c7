/** What a mobile application gets back from Alipay's SDK: it names a trade, and even 9000 proves no payment. */
import * as z from "zod";
import type { Fen } from "../../money.ts";
import type { Application } from "./application.ts";
import { optional, yuan } from "./values.ts";
import { foreignness, type Refusal, refuse } from "./verdicts.ts";

/** A result that Alipay has signed. Whether the trade is paid only a query or a notice tells. */
export interface AppResult {
  readonly verified: true;
  /** As the SDK said, and nobody signed: 9000 paid, 8000 and 6004 unknown, 4000 failed, 6001 given up, 6002 no connection. */
  readonly resultStatus: string | null;
  readonly outTradeNo: string;
  readonly tradeNo: string | null;
  readonly amount: Fen | null;
}

const appNode = z.object({
  app_id: z.string(),
  seller_id: optional(z.string()),
  out_trade_no: z.string().min(1),
  trade_no: optional(z.string()),
  total_amount: optional(yuan),
});

/**
 * Verifies what the SDK handed back and says which trade it is about. Never throws for bad input.
 * @param text all of it as JSON, or its member `result` alone
 * @param now milliseconds since the epoch
 */
export async function receiveAppResult(
  { config, client }: Application,
  text: string,
  now: number,
): Promise<AppResult | Refusal> {
  const verification = await client.verifyAppResult(text, now);
  if (!verification.verified) return verification;
  const node = appNode.safeParse(verification.node).data;
  if (!node) return refuse("malformed", "the result lacks a member or has one of another type");
  const fields = new Map([
    ["app_id", node.app_id],
    ["seller_id", node.seller_id ?? ""],
  ]);
  const foreign = foreignness(fields, config);
  if (foreign) return foreign;
  return {
    verified: true,
    resultStatus: verification.resultStatus ?? null,
    outTradeNo: node.out_trade_no,
    tradeNo: node.trade_no ?? null,
    amount: node.total_amount ?? null,
  };
}
