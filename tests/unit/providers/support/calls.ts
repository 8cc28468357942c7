/** What provider tests pass in: a clock that stands still, and a fetch that records and answers by hand. */

import { fen } from "../../../../src/money.ts";
import type { AttemptRef } from "../../../../src/providers/attempt.ts";
import type { CallContext } from "../../../../src/providers/call.ts";
import type { PaymentMethod } from "../../../../src/providers/methods.ts";
import type { RefundRef } from "../../../../src/providers/refund.ts";

export const NOW = Date.parse("2026-11-22T10:00:00+08:00");

export function call(changes: Partial<CallContext> = {}): CallContext {
  return { signal: AbortSignal.timeout(10_000), now: () => NOW, firstSend: true, ...changes };
}

export function attempt(method: PaymentMethod, request = "{}"): AttemptRef {
  return {
    method,
    outTradeNo: "01JD8ZC4Q6V0X5T2R9N7M3K1B8A1",
    orderId: "01JD8ZC4Q6V0X5T2R9N7M3K1B8",
    userId: "user-1",
    amount: fen(10_050),
    request,
    expiresAt: new Date(NOW + 30 * 60_000),
  };
}

export function refundOf(ref: AttemptRef, request = "{}"): RefundRef {
  return { outRefundNo: `${ref.outTradeNo}R1`, outTradeNo: ref.outTradeNo, amount: fen(5_000), request };
}

export interface SentRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string;
  readonly redirect: string;
}

/** A fetch that answers with what `reply` returns, in order of the calls, and keeps what was sent. */
export function recordingFetch(reply: (request: SentRequest) => Promise<Response> | Response) {
  const sent: SentRequest[] = [];
  const send: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const recorded = {
      method: request.method,
      url: new URL(request.url),
      headers: request.headers,
      redirect: request.redirect,
      body: new TextDecoder().decode(await request.arrayBuffer()),
    };
    sent.push(recorded);
    return reply(recorded);
  };
  return { fetch: send, sent };
}
