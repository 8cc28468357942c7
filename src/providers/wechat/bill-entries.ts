/** WeChat Pay's trade bills in the words that all providers share. */
import type { BillEntry, BillEntryStatus, Bills, OpenedBill } from "../bill.ts";
import type { CallContext } from "../call.ts";
import type { Outcome } from "../outcome.ts";
import { ok } from "../outcome.ts";
import { requestTradeBill, type TradeBillRow } from "./bills.ts";
import type { WechatClient } from "./client.ts";
import { plainCode } from "./codes.ts";

export class WechatBills implements Bills {
  readonly readyAtHour = 10;
  readonly refundsDatedBy = "request";
  readonly #client: Pick<WechatClient, "call" | "download">;

  constructor(client: Pick<WechatClient, "call" | "download">) {
    this.#client = client;
  }

  async open(date: string, call: CallContext): Promise<Outcome<OpenedBill>> {
    const asked = await requestTradeBill(this.#client, { billDate: date }, call);
    if (asked.kind === "later" && plainCode(asked.code) === "STATEMENTCREATING") return ok("not_ready");
    if (asked.kind !== "ok") return asked;
    return ok(asked.value.status === "none" ? "empty" : entriesOf(asked.value.rows));
  }
}

async function* entriesOf(rows: AsyncIterable<TradeBillRow>): AsyncGenerator<BillEntry, void, undefined> {
  for await (const row of rows) yield entryOf(row);
}

/** Says a row in the shared words. A payment by barcode that was taken back is a refund under the payment's number. */
export function entryOf(row: TradeBillRow): BillEntry {
  const { outTradeNo, transactionId, orderAmount, fee, refund } = row;
  const common = { outTradeNo, fee, at: row.tradedAt };
  if (refund) {
    const { outRefundNo: number, refundId: providerNo, amount } = refund;
    return { ...common, kind: "refund", number, providerNo, amount, status: statusOf(refund.status) };
  }
  const kind = row.tradeState === "SUCCESS" ? "payment" : "refund";
  return { ...common, kind, number: outTradeNo, providerNo: transactionId, amount: orderAmount, status: "success" };
}

const STATUSES: ReadonlyMap<string | null, BillEntryStatus> = new Map([
  ["SUCCESS", "success"],
  ["FAIL", "closed"],
  ["CHANGE", "abnormal"],
]);

/** A word that bills have only lately says nothing certain: the refund is taken for one on its way. */
function statusOf(status: string | null): BillEntryStatus {
  return STATUSES.get(status) ?? "processing";
}
