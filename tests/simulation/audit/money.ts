/** Where the money is, by the providers' books, and what operators decided about it. */
import type { Simulation } from "../simulation.ts";
import type { ShopBooks } from "./books.ts";

/** Every fen that came has paid its order, has gone back, was written off, or is in an open anomaly. */
export function money(sim: Simulation, books: ShopBooks): string[] {
  const trades = sim.providers.act((world) => world.books.trades()).filter(({ state }) => state === "paid");
  return trades.flatMap(({ outTradeNo, amount, refunds }) => {
    const attempt = books.attempts.find((each) => each.out_trade_no === outTradeNo);
    const order = books.orders.find(({ id }) => id === attempt?.order_id);
    const gone = refunds.filter(({ status }) => status === "SUCCESS").reduce((sum, refund) => sum + refund.amount, 0);
    if (gone > amount) return [`${outTradeNo}: ${gone} fen went back of ${amount}`];
    if (gone === amount) return [];
    const paidIt = order?.state === "PAID" && order.paid_by === outTradeNo && order.amount === amount;
    const isKnown = books.anomalies.some((each) => each.state === "OPEN" && each.out_trade_no === outTradeNo);
    const isWrittenOff = attempt?.disposition === "WRITTEN_OFF" && sim.ledger.mayBeWrittenOff.has(outTradeNo);
    return paidIt || isKnown || isWrittenOff
      ? []
      : [`${outTradeNo}: ${amount - gone} fen are kept, have paid nothing, and nobody is told`];
  });
}

/** What operators were told has become of money is so. Shelves that nobody counts hold what is promised. */
export function receipts(sim: Simulation, { attempts }: ShopBooks): string[] {
  const undecided = [...sim.ledger.decided].flatMap(([outTradeNo, told]) => {
    const is = attempts.find((each) => each.out_trade_no === outTradeNo)?.disposition;
    return is === told ? [] : [`${outTradeNo} was told to be ${told}, and is ${is}`];
  });
  if (sim.settings.hasCounts) return undecided;
  const refused = attempts.filter((each) => each.unapplied_reason === "BOOKS_REFUSED");
  return [...undecided, ...refused.map((each) => `${each.out_trade_no} came for an order whose pieces were gone`)];
}

/** What was wanted once goes back once, however often it was tried. */
export function retries({ refunds, anomalies }: ShopBooks): string[] {
  const isLate = (id: string) => anomalies.some((each) => each.kind === "REFUND_AFTER_CLOSE" && each.refund_id === id);
  return refunds.flatMap(({ id, state, retry_of: failed }) => {
    const before = refunds.find((each) => each.id === failed);
    if (!before || state !== "SUCCESS" || before.state !== "SUCCESS" || isLate(before.id)) return [];
    return [`refund ${before.id} succeeded, and so did ${id} in its place`];
  });
}

/**
 * A payment or refund may be given up only when its provider has excluded it: what is under way anywhere must not be believed
 * lost. What an operator gives up is theirs to answer for, and a request that arrived long after its provider was asked about
 * it could not be foreseen.
 */
export function givenUp(sim: Simulation, { anomalies, attempts, refunds }: ShopBooks): string[] {
  const isForeseeable = (number: string) => !sim.network.lateRequests.some((content) => content.includes(number));
  const byOperator = new Set(
    refunds.flatMap((each) => (each.failure_code === "RELEASED_BY_OPERATOR" ? [each.id] : [])),
  );
  const trades = new Set(sim.providers.act((world) => world.books.trades()).map(({ outTradeNo }) => outTradeNo));
  const came = anomalies.flatMap(({ kind, refund_id: id }) => (kind === "REFUND_AFTER_CLOSE" && id ? [id] : []));
  return [
    ...came
      .filter((id) => !byOperator.has(id) && isForeseeable(id))
      .map((id) => `refund ${id} was given up, and the provider had it`),
    ...attempts
      .filter(({ state, out_trade_no: number }) => state === "FAILED" && trades.has(number) && isForeseeable(number))
      .map(({ out_trade_no: number }) => `${number} was given up as refused, and the provider had it`),
  ];
}
