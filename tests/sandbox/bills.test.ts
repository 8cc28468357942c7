import { beforeAll, describe, expect, it } from "vitest";
import { Formatter } from "wechatpay-axios-plugin";
import { askTradeBill, billText, download, parsed } from "./bills-client.ts";
import { eventfulDay } from "./bills-day.ts";
import { openSimulator } from "./simulator.ts";

const HEAD =
  "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类";
const ALL = `${HEAD},应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注`;
const { env, control } = await openSimulator();

const tradeBill = async (query: string) => parsed(await billText(env, await askTradeBill(env, query)));

describe("a day's trade bill", () => {
  let day: string;
  beforeAll(async () => {
    day = await eventfulDay(env, control);
  });

  it("lists what was paid and what was given back, with sums", async () => {
    const bill = await tradeBill(`bill_date=${day}`);
    expect(bill.columns.join()).toBe(ALL);
    expect(bill.rows.map((row) => [row.交易状态, row.商户订单号, row.商户退款单号, row.退款状态])).toEqual([
      ["SUCCESS", "bill-one", "0", ""],
      ["SUCCESS", "bill-two", "0", ""],
      ["REFUND", "bill-one", "bill-SUCCESS", "SUCCESS"],
      ["REFUND", "bill-one", "bill-ABNORMAL", "CHANGE"],
      ["REFUND", "bill-one", "bill-CLOSED", "FAIL"],
    ]);
    const trade = await control.trade("wechat", "bill-one");
    expect(bill.rows[0]).toMatchObject({
      交易时间: time(trade.paidAt),
      公众账号ID: env.WECHAT_APP_ID,
      商户号: env.WECHAT_MCH_ID,
      特约商户号: "0",
      设备号: "till 1",
      微信订单号: trade.providerTradeNo,
      交易类型: "NATIVE",
      应结订单金额: "88.00",
      代金券金额: "0.00",
      退款金额: "0.00",
      手续费: "0.53",
      费率: "0.60%",
      订单金额: "88.00",
      费率备注: "",
    });
    expect(bill.rows[2]).toMatchObject({
      交易时间: expect.stringContaining(`${day} 08:02:`),
      微信订单号: trade.providerTradeNo,
      微信退款单号: trade.refunds[0]?.providerRefundNo,
      应结订单金额: "0.00",
      订单金额: "0.00",
      退款金额: "10.00",
      申请退款金额: "10.00",
      退款类型: "ORIGINAL",
      手续费: "-0.06",
    });
    expect(bill.summary).toEqual({
      总交易单数: "5.0",
      应结订单总金额: "89.00",
      退款总金额: "30.03",
      充值券退款总金额: "0.00",
      手续费总金额: "0.36",
      订单总金额: "89.00",
      申请退款总金额: "30.03",
    });
  });

  it("keeps commas and line breaks of the merchant's out of its lines", async () => {
    const [first] = (await tradeBill(`bill_date=${day}`)).rows;
    expect([first?.商品名称, first?.商户数据包]).toEqual(["龙井茶\\ 250 克", "a\\ b\\nc"]);
  });

  it("has columns of its own for payments and for refunds", async () => {
    const payments = await tradeBill(`bill_date=${day}&bill_type=SUCCESS`);
    expect(payments.columns.join()).toBe(
      `${HEAD},应结订单金额,代金券金额,商品名称,商户数据包,手续费,费率,订单金额,费率备注`,
    );
    expect(payments.rows.map((row) => row.商户订单号)).toEqual(["bill-one", "bill-two"]);
    const refunds = await tradeBill(`bill_date=${day}&bill_type=REFUND`);
    expect(refunds.columns.join()).toBe(ALL.replace("微信退款单号", "退款申请时间,退款成功时间,微信退款单号"));
    expect(refunds.rows.map((row) => [row.交易时间, row.退款申请时间, row.退款成功时间].map(minute))).toEqual([
      [`${day} 08:00`, `${day} 08:02`, `${day} 08:02`],
      [`${day} 08:00`, `${day} 08:03`, ""],
      [`${day} 08:00`, `${day} 08:04`, ""],
    ]);
    expect(refunds.summary).toMatchObject({ 总交易单数: "3.0", 退款总金额: "30.03", 订单总金额: "0.00" });
  });

  it("has the old columns for merchants of the old form", async () => {
    await control.post("/wechat/bills", { oldForm: true });
    const bill = await tradeBill(`bill_date=${day}`);
    await control.post("/wechat/bills", { oldForm: false });
    const head = HEAD.replace("特约商户号", "子商户号");
    expect(bill.columns.join()).toBe(
      `${head},总金额,企业红包金额,微信退款单号,商户退款单号,退款金额,企业红包退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率`,
    );
    expect(bill.rows[0]).toMatchObject({ 总金额: "88.00", 企业红包金额: "0.00", 手续费: "0.53000" });
    expect(bill.summary).toEqual({
      总交易单数: "5",
      总交易额: "89.00",
      总退款金额: "30.03",
      总企业红包退款金额: "0.00",
      手续费总金额: "0.36000",
    });
  });

  it("never changes afterwards: a refund stays as it was when the bill was made", async () => {
    await control.post("/refunds/wechat/bill-ABNORMAL", { status: "SUCCESS" });
    const rows = (await tradeBill(`bill_date=${day}&bill_type=REFUND`)).rows;
    expect(rows.map((row) => row.退款状态)).toEqual(["SUCCESS", "CHANGE", "FAIL"]);
    expect((await control.trade("wechat", "bill-one")).refunds[1]).toMatchObject({ status: "SUCCESS" });
  });

  it("comes compressed when asked to, with the same hash", async () => {
    const plain = await askTradeBill(env, `bill_date=${day}`);
    const packed = await askTradeBill(env, `bill_date=${day}&tar_type=GZIP`);
    expect(packed.json().hash_value).toBe(plain.json().hash_value);
    expect((await download(env, packed)).bytes.subarray(0, 2).toString("hex")).toBe("1f8b");
    expect(await billText(env, packed)).toBe(await billText(env, plain));
  });

  it("is understood by the published library", async () => {
    const read = Formatter.castCsvBill(await billText(env, await askTradeBill(env, `bill_date=${day}`)));
    expect(read).toMatchObject({
      rows: [
        { 商户订单号: "bill-one", 订单金额: "88.00" },
        { 商户订单号: "bill-two", 订单金额: "1.00", 费率备注: "" },
        ...["bill-SUCCESS", "bill-ABNORMAL", "bill-CLOSED"].map((no) => ({ 商户退款单号: no })),
      ],
      summary: { 总交易单数: "5.0", 申请退款总金额: "30.03" },
    });
  });
});

/** 2026-11-22T20:15:00+08:00 as bills write it. */
const time = (rfc3339: string | null) => rfc3339?.slice(0, 19).replace("T", " ");
const minute = (text: string | undefined) => text?.slice(0, 16);
