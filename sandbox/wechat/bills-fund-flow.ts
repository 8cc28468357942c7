/** Fund flow bills: every change of the merchant's accounts on one day (WeChat Pay V3, bills). */
import { dateTime } from "../times.ts";
import type { Refund, Trade } from "../trade.ts";
import type { World } from "../world.ts";
import type { BillDay } from "./bills-calendar.ts";
import { type Form, merchantText, yuan } from "./bills-csv.ts";
import { inventedPayments, isWithin } from "./bills-entries.ts";
import { fee, returnedFee } from "./bills-fees.ts";

export const ACCOUNTS = ["BASIC", "OPERATION", "FEES"] as const;
export type Account = (typeof ACCOUNTS)[number];

/** What changes an account, with the digit that its flow number ends in. */
const KINDS = { 交易: 1, 扣除交易手续费: 2, 退款: 3, 退回交易手续费: 4, 退款失败退回: 5, 商家转账: 6 };

interface Flow {
  readonly at: number;
  readonly kind: keyof typeof KINDS;
  /** Fen; negative when money goes out. */
  readonly amount: number;
  readonly businessNo: string;
  readonly voucher: string;
  readonly remark: string;
}

interface Booked extends Flow {
  /** What the account holds afterwards. */
  readonly balance: number;
}

/** What each account held before anything happened. */
const OPENING = 100_000_000;

/** A day's flows of an account in the order of time, then those of `invented` payments, made one by one. */
export function* flows(world: World, day: BillDay, account: Account, invented: number): Generator<Booked> {
  let balance = OPENING;
  for (const flow of history(world, account).sort((a, b) => a.at - b.at)) {
    balance += flow.amount;
    if (isWithin(flow.at, day)) yield { ...flow, balance };
  }
  if (account !== "BASIC") return;
  for (const entry of inventedPayments(world, day, invented)) {
    for (const flow of paymentFlows(entry.at, entry)) {
      balance += flow.amount;
      yield { ...flow, balance };
    }
  }
}

export const FUND_FLOW_FORM: Form<Booked> = {
  columns: [
    ["记账时间", (flow) => dateTime(flow.at)],
    ["微信支付业务单号", (flow) => flow.businessNo],
    ["资金流水单号", (flow) => `${flow.businessNo}${KINDS[flow.kind]}`],
    ["业务名称", (flow) => flow.kind],
    ["业务类型", (flow) => flow.kind],
    ["收支类型", (flow) => (flow.amount > 0 ? "收入" : "支出")],
    ["收支金额(元)", (flow) => yuan(Math.abs(flow.amount))],
    ["账户结余(元)", (flow) => yuan(flow.balance)],
    ["资金变更提交申请人", () => "system"],
    ["备注", (flow) => merchantText(flow.remark)],
    ["业务凭证号", (flow) => flow.voucher],
  ],
  totals: [
    { name: "资金流水总笔数", amount: () => 1, print: String },
    { name: "收入笔数", amount: (flow) => (flow.amount > 0 ? 1 : 0), print: String },
    { name: "收入金额", amount: (flow) => Math.max(flow.amount, 0), print: yuan },
    { name: "支出笔数", amount: (flow) => (flow.amount > 0 ? 0 : 1), print: String },
    { name: "支出金额", amount: (flow) => Math.max(-flow.amount, 0), print: yuan },
  ],
};

/** Payments and refunds move the basic account, transfers the operation account, nothing the one for fees. */
function history(world: World, account: Account): Flow[] {
  if (account === "BASIC") return world.books.trades("wechat").reverse().flatMap(tradeFlows);
  return account === "OPERATION" ? transferFlows(world) : [];
}

function tradeFlows(trade: Trade): Flow[] {
  if (trade.paidAt === null) return [];
  const { outTradeNo, amount } = trade;
  return [
    ...paymentFlows(trade.paidAt, { transactionId: trade.providerTradeNo ?? "", outTradeNo, amount }),
    ...trade.refunds.flatMap((refund) => refundFlows(trade, refund)),
  ];
}

interface Payment {
  readonly transactionId: string;
  readonly outTradeNo: string;
  readonly amount: number;
}

function paymentFlows(at: number, { transactionId, outTradeNo, amount }: Payment): Flow[] {
  const payment = { at, businessNo: transactionId, voucher: outTradeNo, remark: "" };
  return withFee({ ...payment, kind: "交易", amount }, { ...payment, kind: "扣除交易手续费", amount: -fee(amount) });
}

/** The money leaves when the refund is asked for, and comes back when the refund is closed. */
function refundFlows(trade: Trade, refund: Refund): Flow[] {
  const share = returnedFee(trade.amount, refund.amount);
  const same = { businessNo: refund.providerRefundNo, voucher: refund.outRefundNo, remark: refund.reason ?? "" };
  const out = { ...same, at: refund.createdAt };
  const closed = refund.changes.find((change) => change.status === "CLOSED");
  const back = closed && { ...same, at: closed.at };
  return [
    ...withFee({ ...out, kind: "退款", amount: -refund.amount }, { ...out, kind: "退回交易手续费", amount: share }),
    ...(back
      ? withFee(
          { ...back, kind: "退款失败退回", amount: refund.amount },
          { ...back, kind: "扣除交易手续费", amount: -share },
        )
      : []),
  ];
}

function withFee(main: Flow, its: Flow): Flow[] {
  return its.amount === 0 ? [main] : [main, its];
}

function transferFlows(world: World): Flow[] {
  return world.wechat.transfers
    .list()
    .reverse()
    .flatMap((transfer) =>
      transfer.state === "SUCCESS"
        ? [
            {
              at: transfer.updatedAt,
              kind: "商家转账" as const,
              amount: -transfer.amount,
              businessNo: transfer.transferBillNo,
              voucher: transfer.outBillNo,
              remark: transfer.remark,
            },
          ]
        : [],
    );
}
