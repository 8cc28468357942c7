/** The columns of trade bills, new and old form, by bill type (WeChat Pay V3, bills). */
import { dateTime } from "../times.ts";
import type { World } from "../world.ts";
import { type Cell, type Form, merchantText, type Total, yuan } from "./bills-csv.ts";
import type { BillType, Entry, PaymentEntry, RefundEntry } from "./bills-entries.ts";
import { fee, RATE_TEXT, returnedFee } from "./bills-fees.ts";

/** A refund's status in the words of bills, which are not the API's. */
const REFUND_STATUS = { SUCCESS: "SUCCESS", PROCESSING: "PROCESSING", CLOSED: "FAIL", ABNORMAL: "CHANGE" };

/** The form of bills. `old` is that of merchants who never turned the newer coupons on. */
export function tradeForm(world: World, type: BillType, old: boolean): Form<Entry> {
  return { columns: old ? oldColumns(world, type) : newColumns(world, type), totals: old ? OLD_TOTALS : NEW_TOTALS };
}

function newColumns(world: World, type: BillType): Form<Entry>["columns"] {
  const refunds: Form<Entry>["columns"] = [
    ...refundNumbers(type),
    ["退款金额", (row) => yuan(refunded(row))],
    ["充值券退款金额", (row) => yuan(couponRefunded(row))],
    ...REFUND_END,
  ];
  return [
    ...head(world, type, "特约商户号"),
    ["应结订单金额", (row) => yuan(paid(row))],
    ["代金券金额", (row) => yuan(couponPaid(row))],
    ...(type === "SUCCESS" ? [] : refunds),
    ...goods(2),
    ["订单金额", (row) => yuan(paid(row))],
    ...(type === "SUCCESS" ? [] : [["申请退款金额", (row: Entry) => yuan(refunded(row))] as const]),
    ["费率备注", () => ""],
  ];
}

function oldColumns(world: World, type: BillType): Form<Entry>["columns"] {
  const refunds: Form<Entry>["columns"] = [
    ...refundNumbers(type),
    ["退款金额", (row) => yuan(refunded(row))],
    ["企业红包退款金额", (row) => yuan(couponRefunded(row))],
    ...REFUND_END,
  ];
  return [
    ...head(world, type, "子商户号"),
    ["总金额", (row) => yuan(paid(row))],
    ["企业红包金额", (row) => yuan(couponPaid(row))],
    ...(type === "SUCCESS" ? [] : refunds),
    ...goods(5),
  ];
}

/** Bills of refunds date a trade by its payment, the others by what the row is about. */
function head(world: World, type: BillType, merchantBelow: string): Form<Entry>["columns"] {
  const time: Cell<Entry> = (row) => dateTime(type === "REFUND" ? payment(row).at : row.at);
  return [
    ["交易时间", time],
    ["公众账号ID", (row) => payment(row).appId],
    ["商户号", () => world.wechat.mchId],
    [merchantBelow, () => "0"],
    ["设备号", (row) => merchantText(payment(row).deviceId)],
    ["微信订单号", (row) => payment(row).transactionId],
    ["商户订单号", (row) => payment(row).outTradeNo],
    ["用户标识", (row) => payment(row).openid],
    ["交易类型", (row) => payment(row).tradeType],
    ["交易状态", (row) => (row.kind === "payment" ? "SUCCESS" : "REFUND")],
    ["付款银行", () => "OTHERS"],
    ["货币种类", () => "CNY"],
  ];
}

function refundNumbers(type: BillType): Form<Entry>["columns"] {
  const times: Form<Entry>["columns"] = [
    ["退款申请时间", (row) => dateTime(row.at)],
    ["退款成功时间", ofRefund(({ succeededAt }) => (succeededAt === null ? "" : dateTime(succeededAt)), "")],
  ];
  return [
    ...(type === "REFUND" ? times : []),
    ["微信退款单号", ofRefund((refund) => refund.refundId, "0")],
    ["商户退款单号", ofRefund((refund) => refund.outRefundNo, "0")],
  ];
}

const REFUND_END: Form<Entry>["columns"] = [
  ["退款类型", ofRefund(() => "ORIGINAL", "")],
  ["退款状态", ofRefund((refund) => REFUND_STATUS[refund.status], "")],
];

function goods(feeDecimals: number): Form<Entry>["columns"] {
  return [
    ["商品名称", (row) => merchantText(payment(row).description)],
    ["商户数据包", (row) => merchantText(payment(row).attach)],
    ["手续费", (row) => yuan(feeOf(row), feeDecimals)],
    ["费率", () => RATE_TEXT],
  ];
}

const NEW_TOTALS: readonly Total<Entry>[] = [
  { name: "总交易单数", amount: () => 1, print: (count) => `${count}.0` },
  { name: "应结订单总金额", amount: paid, print: yuan },
  { name: "退款总金额", amount: refunded, print: yuan },
  { name: "充值券退款总金额", amount: couponRefunded, print: yuan },
  { name: "手续费总金额", amount: feeOf, print: yuan },
  { name: "订单总金额", amount: paid, print: yuan },
  { name: "申请退款总金额", amount: refunded, print: yuan },
];

const OLD_TOTALS: readonly Total<Entry>[] = [
  { name: "总交易单数", amount: () => 1, print: String },
  { name: "总交易额", amount: paid, print: yuan },
  { name: "总退款金额", amount: refunded, print: yuan },
  { name: "总企业红包退款金额", amount: couponRefunded, print: yuan },
  { name: "手续费总金额", amount: feeOf, print: (sum) => yuan(sum, 5) },
];

function payment(row: Entry): PaymentEntry {
  return row.kind === "payment" ? row : row.payment;
}

function ofRefund(cell: (refund: RefundEntry) => string, otherwise: string): Cell<Entry> {
  return (row) => (row.kind === "refund" ? cell(row) : otherwise);
}

function paid(row: Entry): number {
  return row.kind === "payment" ? row.amount : 0;
}

function refunded(row: Entry): number {
  return row.kind === "refund" ? row.amount : 0;
}

function couponPaid(row: Entry): number {
  return row.kind === "payment" ? row.coupon : 0;
}

function couponRefunded(row: Entry): number {
  return row.kind === "refund" ? row.coupon : 0;
}

function feeOf(row: Entry): number {
  return row.kind === "payment" ? fee(row.amount) : -returnedFee(row.payment.amount, row.amount);
}
