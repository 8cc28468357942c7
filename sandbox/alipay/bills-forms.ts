/** The columns of Alipay's bills: sales (业务) and the balance's ledger (账务), each in detail and in sum. */
import { dateTime } from "../times.ts";
import type { BillFile } from "./bills-csv.ts";
import type { Entry } from "./bills-entries.ts";
import { toYuan } from "./yuan.ts";

/** What the files in sum need to know of those in detail, gathered while they are written. */
export class Totals {
  payments = 0;
  refunds = 0;
  paid = 0;
  refunded = 0;
  fees = 0;

  add(entry: Entry): void {
    if (entry.kind === "payment") {
      this.payments += 1;
      this.paid += entry.amount;
    } else {
      this.refunds += 1;
      this.refunded += entry.amount;
    }
    this.fees += feeOf(entry);
  }
}

/** Hundredths of a per cent. */
const RATE = 60;

/** 0.60 %, rounded half up; a refund brings its share back, rounded down. Positive when the merchant pays it. */
export function feeOf({ kind, amount, total }: Entry): number {
  const whole = Math.floor((total * RATE + 5000) / 10_000);
  return kind === "payment" ? whole : -Math.floor((whole * amount) / total);
}

function signedYuan(fen: number): string {
  return fen < 0 ? `-${toYuan(-fen)}` : toYuan(fen);
}

const BUYER_SHOWN = "模拟买家(sim***@example.com)";
const nothing = () => "0.00";
const empty = () => "";
const flow = (entry: Entry) => (entry.kind === "payment" ? entry.amount : -entry.amount);

export const tradeDetail = (totals: Totals): BillFile<Entry> => ({
  title: "业务明细",
  columns: [
    ["支付宝交易号", (entry) => entry.tradeNo],
    ["商户订单号", (entry) => entry.outTradeNo],
    ["业务类型", (entry) => (entry.kind === "payment" ? "交易" : "退款")],
    ["商品名称", (entry) => entry.subject],
    ["创建时间", (entry) => dateTime(entry.createdAt)],
    ["完成时间", (entry) => dateTime(entry.at)],
    ["门店编号", (entry) => entry.storeId],
    ["门店名称", empty],
    ["操作员", (entry) => entry.operatorId],
    ["终端号", (entry) => entry.terminalId],
    ["对方账户", () => BUYER_SHOWN],
    ["订单金额（元）", (entry) => signedYuan(flow(entry))],
    ["商家实收（元）", (entry) => signedYuan(flow(entry))],
    ["支付宝红包（元）", nothing],
    ["集分宝（元）", nothing],
    ["支付宝优惠（元）", nothing],
    ["商家优惠（元）", nothing],
    ["券核销金额（元）", nothing],
    ["券名称", empty],
    ["商家红包消费金额（元）", nothing],
    ["卡消费金额（元）", nothing],
    ["退款批次号/请求号", (entry) => entry.requestNo],
    ["服务费（元）", (entry) => signedYuan(-feeOf(entry))],
    ["分润（元）", nothing],
    ["备注", (entry) => entry.remark],
  ],
  closing: () => [
    `#交易合计：${totals.payments}笔，商家实收共${toYuan(totals.paid)}元，商家优惠共0.00元`,
    `#退款合计：${totals.refunds}笔，商家实收退款共${toYuan(totals.refunded)}元，商家优惠退款共0.00元`,
  ],
});

export const tradeSummary: BillFile<Totals> = {
  title: "业务汇总",
  columns: [
    ["门店编号", () => "合计"],
    ["门店名称", empty],
    ["交易订单总笔数", (totals) => String(totals.payments)],
    ["退款订单总笔数", (totals) => String(totals.refunds)],
    ["订单金额（元）", (totals) => signedYuan(totals.paid - totals.refunded)],
    ["商家实收（元）", (totals) => signedYuan(totals.paid - totals.refunded)],
    ["支付宝优惠（元）", nothing],
    ["商家优惠（元）", nothing],
    ["卡消费金额（元）", nothing],
    ["服务费（元）", (totals) => signedYuan(-totals.fees)],
    ["分润（元）", nothing],
    ["实收净额（元）", (totals) => signedYuan(totals.paid - totals.refunded - totals.fees)],
  ],
  closing: () => [],
};

/** A change of the balance, and what it comes to. */
export interface LedgerRow {
  readonly entry: Entry;
  readonly kind: "在线支付" | "交易退款" | "收费" | "退费";
  /** Fen; negative when money goes out. */
  readonly amount: number;
  readonly balance: number;
}

const LEDGER_DIGITS = { 在线支付: 1, 交易退款: 2, 收费: 3, 退费: 4 };

export const ledgerDetail = (sums: LedgerSums): BillFile<LedgerRow> => ({
  title: "账务明细",
  columns: [
    ["账务流水号", ({ entry, kind }) => `${entry.tradeNo}${LEDGER_DIGITS[kind]}${entry.requestNo}`.slice(0, 64)],
    ["业务流水号", ({ entry }) => entry.tradeNo],
    ["商户订单号", ({ entry }) => entry.outTradeNo],
    ["商品名称", ({ entry }) => entry.subject],
    ["发生时间", ({ entry }) => dateTime(entry.at)],
    ["对方账号", () => BUYER_SHOWN],
    ["收入金额（+元）", ({ amount }) => (amount > 0 ? toYuan(amount) : "0.00")],
    ["支出金额（-元）", ({ amount }) => (amount < 0 ? signedYuan(amount) : "0.00")],
    ["账户余额（元）", ({ balance }) => signedYuan(balance)],
    ["交易渠道", () => "支付宝"],
    ["业务类型", ({ kind }) => kind],
    ["备注", ({ entry }) => entry.remark],
  ],
  closing: () => [
    `#支出合计：${sums.outgoing}笔，共${signedYuan(-sums.out)}元`,
    `#收入合计：${sums.incoming}笔，共${toYuan(sums.in)}元`,
  ],
});

export interface LedgerSums {
  incoming: number;
  outgoing: number;
  in: number;
  out: number;
}

export const ledgerSummary: BillFile<LedgerSums> = {
  title: "账务汇总",
  columns: [
    ["类型", () => "合计"],
    ["收入笔数", (sums) => String(sums.incoming)],
    ["收入金额（+元）", (sums) => toYuan(sums.in)],
    ["支出笔数", (sums) => String(sums.outgoing)],
    ["支出金额（-元）", (sums) => signedYuan(-sums.out)],
    ["总金额（元）", (sums) => signedYuan(sums.in - sums.out)],
  ],
  closing: () => [],
};
