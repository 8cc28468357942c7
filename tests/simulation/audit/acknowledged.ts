/** A provider has been told that its callback is dealt with: from this moment on the books, or an anomaly, must say so. */
import type { Delivery } from "../../../sandbox/deliveries.ts";
import type { Simulation } from "../simulation.ts";

const PAID = ["TRANSACTION.SUCCESS", "TRADE_SUCCESS", "TRADE_FINISHED"];
const REFUNDED = ["REFUND.SUCCESS", "REFUND"];

export async function checkAcknowledged(sim: Simulation, { notice }: Delivery): Promise<void> {
  const { provider, event, outTradeNo } = notice;
  const combined = sim.providers.act((world) => world.wechat.combinations.byOutTradeNo(outTradeNo)?.trades);
  const numbers = combined?.map((trade) => trade.outTradeNo) ?? [outTradeNo];
  for (const number of numbers) {
    const told = `${provider} was told that ${event} of ${number} is dealt with`;
    if (PAID.includes(event) && !(await isPaidHere(sim, number))) sim.broken.push(`${told}, and nothing is on record`);
    if (REFUNDED.includes(event)) await checkRefund(sim, number, told);
  }
}

async function isPaidHere(sim: Simulation, outTradeNo: string): Promise<boolean> {
  const sql = `select 1 from payment_transactions where out_trade_no = ? and state = 'SUCCESS'
    union all select 1 from anomalies where out_trade_no = ?`;
  return (await sim.mysql.ask(sql, [outTradeNo, outTradeNo])).length > 0;
}

/** With several refunds of one payment the notice does not say outside of its seal which one it means. */
async function checkRefund(sim: Simulation, outTradeNo: string, told: string): Promise<void> {
  const refunds = sim.providers
    .act((world) => world.books.refunds())
    .filter((refund) => refund.outTradeNo === outTradeNo);
  const [only] = refunds;
  if (refunds.length !== 1 || only?.status !== "SUCCESS") return;
  const sql = `select 1 from refund_records where out_refund_no = ? and state = 'SUCCESS'
    union all select 1 from anomalies where refund_id = ? or out_trade_no = ?`;
  const found = await sim.mysql.ask(sql, [only.outRefundNo, only.outRefundNo, outTradeNo]);
  if (found.length === 0) sim.broken.push(`${told}, and the refund is not on record`);
}
