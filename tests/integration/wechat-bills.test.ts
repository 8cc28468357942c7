/** Bills of the simulated WeChat Pay, through the standalone class: over HTTP, packed, with what really happened. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { formatBeijing } from "../../src/providers/beijing-time.ts";
import { fen, type TradeBill, WechatPay } from "../../src/providers/wechat/wechat-pay.ts";
import { world } from "../setup/slot.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { misbehave, payAt, sandbox } from "./support/controls.ts";
import { openShop, type Shop } from "./support/shop.ts";

const HOUR = 3600;

let shop: Shop;
let pay: WechatPay;
beforeEach(async () => {
  await startAfresh();
  shop = openShop();
  const { wechat } = readConfig({ ...world().env, DATABASE_URL: world().databaseUrl, JWT_SECRET: "x".repeat(32) });
  if (!wechat) throw new Error("the simulator gave no settings");
  pay = new WechatPay(wechat);
});
afterAll(startAfresh);

const options = () => ({ now: shop.ctx.now });
const today = () => formatBeijing(new Date(shop.ctx.now())).slice(0, 10);

/** Lets time pass until some hour of the next day in Beijing. Gives the day that it was. */
async function tomorrowAt(hour: number): Promise<string> {
  const day = today();
  const midnight = Date.parse(`${day}T24:00:00+08:00`);
  await letPass(shop, Math.ceil((midnight - shop.ctx.now()) / 1000) + hour * HOUR);
  return day;
}

/** A payment of 100.50 yuan, and a refund of 50.00 of it. */
async function trade(outTradeNo: string): Promise<void> {
  const expiresAt = new Date(shop.ctx.now() + HOUR * 1000);
  const wanted = { outTradeNo, description: "茶，一套", amount: fen(10_050), attach: "a,b", expiresAt };
  expect(await pay.createNative(wanted, options())).toMatchObject({ kind: "ok" });
  await payAt("wechat", outTradeNo);
  const refund = { outTradeNo, outRefundNo: `${outTradeNo}R1`, amount: fen(5_000), total: fen(10_050), reason: "" };
  expect(await pay.refund(refund, options())).toMatchObject({ kind: "ok" });
}

function ready<B extends { readonly status: string }>(outcome: { readonly kind: string; readonly value?: B }) {
  if (outcome.kind !== "ok" || outcome.value?.status !== "ready") throw new Error(JSON.stringify(outcome));
  return outcome.value as Extract<B, { readonly status: "ready" }>;
}

async function readAll<Row, Summary>(rows: AsyncGenerator<Row, Summary, undefined>) {
  const read: Row[] = [];
  for (;;) {
    const next = await rows.next();
    if (next.done) return { rows: read, summary: next.value };
    read.push(next.value);
  }
}

const PAYMENT = { tradeState: "SUCCESS", outTradeNo: "BILL-1", orderAmount: 10_050, attach: "a\\ b", refund: null };
const REFUND = { outRefundNo: "BILL-1R1", amount: 5_000, status: "SUCCESS" };

it.each([
  ["in the present columns", false],
  ["in the old columns", true],
])("lists a day's trades %s, packed and not", async (_, oldForm) => {
  await sandbox("POST", "wechat/bills", { oldForm });
  await tomorrowAt(8);
  await trade("BILL-1");
  const billDate = await tomorrowAt(10);
  for (const gzip of [true, false]) {
    const bill = await readAll(ready<TradeBill>(await pay.tradeBill({ billDate, gzip }, options())).rows);
    expect(bill.rows).toMatchObject([PAYMENT, { tradeState: "REFUND", outTradeNo: "BILL-1", refund: REFUND }]);
    expect(bill.summary).toMatchObject({ count: 2, orderTotal: 10_050, refundTotal: 5_000 });
  }
  const refunds = ready(await pay.tradeBill({ billDate, billType: "REFUND" }, options()));
  const succeeded = { ...REFUND, requestedAt: expect.any(Date), succeededAt: expect.any(Date) };
  expect((await readAll(refunds.rows)).rows).toMatchObject([{ refund: succeeded }]);
  const payments = ready(await pay.tradeBill({ billDate, billType: "SUCCESS" }, options()));
  expect((await readAll(payments.rows)).rows).toMatchObject([PAYMENT]);
});

it("lists a day's movements of an account", async () => {
  await tomorrowAt(8);
  await trade("BILL-2");
  const billDate = await tomorrowAt(10);
  const { rows, summary } = await readAll(ready(await pay.fundFlowBill({ billDate }, options())).rows);
  expect(rows.map((row) => [row.businessName, row.direction, row.amount])).toEqual([
    ["交易", "income", 10_050],
    ["扣除交易手续费", "expense", 60],
    ["退款", "expense", 5_000],
    ["退回交易手续费", "income", 29],
  ]);
  expect(summary).toEqual({ count: 4, incomeCount: 2, incomeTotal: 10_079, expenseCount: 2, expenseTotal: 5_060 });
});

it("knows a day without a bill, and one whose bill is not made yet", async () => {
  expect(await tomorrowAt(9)).toBeTruthy();
  const yesterday = formatBeijing(new Date(shop.ctx.now() - 24 * HOUR * 1000)).slice(0, 10);
  expect(await pay.tradeBill({ billDate: yesterday }, options())).toMatchObject({
    kind: "later",
    code: "STATEMENT_CREATING",
  });
  await letPass(shop, HOUR);
  expect(await pay.tradeBill({ billDate: yesterday }, options())).toEqual({ kind: "ok", value: { status: "none" } });
  await expect(pay.tradeBill({ billDate: today() }, options())).rejects.toMatchObject({ field: "bill_date" });
});

it("reads 20,000 payments as they come in", async () => {
  const date = formatBeijing(new Date(Date.now() - 7 * 24 * HOUR * 1000)).slice(0, 10);
  await sandbox("POST", "wechat/bills", { invented: { date, payments: 20_000 } });
  const { rows } = ready<TradeBill>(await pay.tradeBill({ billDate: date }));
  let [count, total] = [0, 0];
  let next = await rows.next();
  for (; !next.done; next = await rows.next()) {
    count += 1;
    total += next.value.orderAmount;
  }
  expect(next.value).toMatchObject({ count, orderTotal: total });
  expect(count).toBe(20_000);
});

it("says later when the download is not to be had now", async () => {
  const date = formatBeijing(new Date(Date.now() - 7 * 24 * HOUR * 1000)).slice(0, 10);
  await sandbox("POST", "wechat/bills", { invented: { date, payments: 1 } });
  await misbehave({ kind: "refuse", operation: "bill_download", code: "INVALID_REQUEST", status: 400 });
  expect(await pay.tradeBill({ billDate: date })).toMatchObject({ kind: "later", code: "INVALID_REQUEST" });
});
