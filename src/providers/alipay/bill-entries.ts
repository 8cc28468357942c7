/** Alipay's trade bills in the words that all providers share. */
import { fen } from "../../money.ts";
import type { BillEntry, Bills, OpenedBill } from "../bill.ts";
import { BillError } from "../bills/error.ts";
import type { CallContext } from "../call.ts";
import type { Outcome } from "../outcome.ts";
import { ok } from "../outcome.ts";
import { askTradeBill, type TradeBillRow } from "./bills.ts";
import type { AlipayClient } from "./client.ts";

export class AlipayBills implements Bills {
  readonly readyAtHour = 9;
  readonly refundsDatedBy = "success";
  readonly #client: Pick<AlipayClient, "call" | "download">;

  constructor(client: Pick<AlipayClient, "call" | "download">) {
    this.#client = client;
  }

  async open(date: string, call: CallContext): Promise<Outcome<OpenedBill>> {
    const asked = await askTradeBill(this.#client, date, call);
    if (asked.kind !== "ok") return asked;
    if (asked.value.status === "ready") return ok(entriesOf(asked.value.rows));
    return ok(asked.value.status === "none" ? "empty" : "not_ready");
  }
}

/** Kinds of business that are neither payments nor refunds, such as shares of a payment, are left out. */
async function* entriesOf(rows: AsyncIterable<TradeBillRow>): AsyncGenerator<BillEntry, void, undefined> {
  for await (const row of rows) if (row.kind !== "other") yield entryOf(row, row.kind);
}

/** Says a row in the shared words. A refund that was asked for without a number of its own has the payment's. */
export function entryOf(row: TradeBillRow, kind: BillEntry["kind"]): BillEntry {
  const { outTradeNo, tradeNo, refundRequestNo, orderAmount, fee } = row;
  if (kind === "payment" && orderAmount < 0) throw new BillError("malformed_row", "a payment of a negative amount");
  return {
    kind,
    number: kind === "refund" ? (refundRequestNo ?? outTradeNo) : outTradeNo,
    outTradeNo,
    providerNo: tradeNo,
    amount: fen(Math.abs(orderAmount)),
    // Zero has no sign in the books.
    fee: fee === null ? null : 0 - fee,
    status: "success",
    at: row.completedAt,
  };
}
