/** The calls about refunds (alipay.trade.refund, alipay.trade.fastpay.refund.query). */
import type { Fen } from "../../money.ts";
import type { CallContext } from "../call.ts";
import type { Outcome } from "../outcome.ts";
import { ok, unknown } from "../outcome.ts";
import type { Application } from "./application.ts";
import { failure } from "./codes.ts";
import {
  type AskedRefund,
  type ExistingRefund,
  queriedRefund,
  refundQueryContent,
  refundQueryReply,
  refundReply,
  startedRefund,
} from "./refunds.ts";
import { anotherTrade, isError, NOT_FOUND, type NotFound, notUnderstood, strangeNumber } from "./replies.ts";

/** Sends a refund call, or repeats it: the same text gives the same refund, and moves its money once. */
export async function startRefund(
  { client }: Application,
  asked: AskedRefund & { readonly request: string; readonly amount: Fen },
  call: CallContext,
): Promise<Outcome<ExistingRefund>> {
  const reply = await client.call({ method: "alipay.trade.refund", bizContent: asked.request }, call);
  if (reply.kind !== "success") return failure(reply, "refund", call);
  const started = refundReply.safeParse(reply.node).data;
  if (!started) return notUnderstood("the refund has a member of another type");
  const strange = strangeNumber(started, asked.trade);
  return strange ? anotherTrade(strange) : ok(startedRefund(started, asked.amount));
}

/**
 * Asks for a refund by its number. `processing` also says that Alipay has not received it, or that it failed: ask again
 * ten seconds after the call at the earliest, and then repeat the call under the same number.
 */
export async function findRefund(
  { client }: Application,
  asked: AskedRefund,
  call: CallContext,
): Promise<Outcome<ExistingRefund | NotFound>> {
  const method = "alipay.trade.fastpay.refund.query";
  const reply = await client.call({ method, bizContent: refundQueryContent(asked) }, call);
  if (isError(reply, "TRADE_NOT_EXIST")) return ok(NOT_FOUND);
  if (reply.kind !== "success") return failure(reply, "refund_query", call);
  const queried = refundQueryReply.safeParse(reply.node).data;
  if (!queried) return notUnderstood("the refund has a member of another type");
  const view = queriedRefund(queried, asked);
  return view ? ok(view) : unknown("unverified", "the refund's number or amount is not what was asked for");
}
