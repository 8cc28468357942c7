/** Alipay's bills: when there are any, what is in them, how they come. */
import { crc32, inflateRawSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { ask, call } from "./alipay-client.ts";
import { daysAgo, nextDay } from "./bills-client.ts";
import { send } from "./http.ts";
import { openSimulator } from "./simulator.ts";
import { value } from "./wechat-client.ts";

const METHOD = "alipay.data.dataservice.bill.downloadurl.query";
const { env, control } = await openSimulator();
let date: string;

beforeAll(async () => {
  await nextDay(control, { hour: 8 });
  await paid("t_one", "88.00", { subject: '龙井茶,"明前"\n250 克', body: "赠品", store_id: "S1", operator_id: "op" });
  await paid("t_two", "1.00");
  await ask(env, "alipay.trade.refund", { out_trade_no: "t_one", out_request_no: "r1", refund_amount: "8.00" });
  date = await nextDay(control, { hour: 9, minute: 1 });
});

async function paid(no: string, amount: string, more: object = {}): Promise<void> {
  const order = { out_trade_no: no, total_amount: amount, subject: "茶", ...more };
  const { subject = "" } = order;
  await ask(env, "alipay.trade.precreate", { ...order, subject });
  await control.post(`/trades/alipay/${no}/pay`);
  await control.advance(60);
}

const offer = (bill_type: string, bill_date: string) => ask(env, METHOD, { bill_type, bill_date });
const download = (offered: Record<string, string>) => send({ method: "GET", url: offered.bill_download_url ?? "" });

/** The files of a zip by its directory: name and text, both in GBK. */
function files(zip: Buffer): { name: string; text: string }[] {
  const end = zip.lastIndexOf(Buffer.from("504b0506", "hex"));
  const decoder = new TextDecoder("gbk", { fatal: true });
  let at = zip.readUInt32LE(end + 16);
  return Array.from({ length: zip.readUInt16LE(end + 10) }, () => {
    const [length, size, name] = [zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 24), zip.readUInt16LE(at + 28)];
    const start = zip.readUInt32LE(at + 42) + 30 + name;
    const text = inflateRawSync(zip.subarray(start, start + length));
    if (text.length !== size || crc32(text) !== zip.readUInt32LE(at + 16)) throw new Error("the directory is wrong");
    const entry = { name: decoder.decode(zip.subarray(at + 46, at + 46 + name)), text: decoder.decode(text) };
    at += 46 + name;
    return entry;
  });
}

/** The table within a file, by the names of its columns; each value ends in a tab. */
function table(text: string): Record<string, string>[] {
  const [head = "", ...rows] = text.split("\r\n").filter((line) => line !== "" && !line.startsWith("#"));
  const columns = head.split(",");
  return rows.map((row) => {
    const cells = row.match(/"(?:[^"]|"")*"|[^,\t]*\t/g) ?? [];
    if (cells.length !== columns.length) throw new Error(`not a row of ${columns.length} values: ${row}`);
    return Object.fromEntries(columns.map((column, index) => [column, unquoted(cells[index] ?? "")]));
  });
}

function unquoted(cell: string): string {
  const text = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
  if (!text.endsWith("\t")) throw new Error(`no tab behind ${text}`);
  return text.slice(0, -1);
}

async function bill(type: string, day: string) {
  const [detail, summary] = files((await download(await offer(type, day))).bytes);
  if (!detail || !summary) throw new Error("two files expected");
  return { detail, summary };
}

describe("a sales bill", () => {
  it("lists the day's payments and refunds in a GBK file, with comments around them", async () => {
    const { detail } = await bill("trade", date);
    expect(detail.name).toMatch(/^2088\d+_\d{8}_业务明细\.csv$/);
    const lines = detail.text.split("\r\n");
    expect(lines[0]).toBe("#支付宝业务明细查询");
    expect(lines[2]).toContain(`起始日期：[${date.replace("-", "年").replace("-", "月")}日 00:00:00]`);
    const rows = table(detail.text);
    expect(rows.map((row) => [row.商户订单号, row.业务类型, row["订单金额（元）"], row["服务费（元）"]])).toEqual([
      ["t_one", "交易", "88.00", "-0.53"],
      ["t_two", "交易", "1.00", "-0.01"],
      ["t_one", "退款", "-8.00", "0.04"],
    ]);
    expect(rows[0]).toMatchObject({ 商品名称: '龙井茶,"明前" 250 克', 门店编号: "S1", 操作员: "op", 备注: "赠品" });
    expect(rows[0]?.支付宝交易号).toBe((await control.trade("alipay", "t_one")).providerTradeNo);
    expect(rows[2]?.["退款批次号/请求号"]).toBe("r1");
    expect(detail.text).toContain("#交易合计：2笔，商家实收共89.00元");
    expect(detail.text).toContain("#退款合计：1笔，商家实收退款共8.00元");
  });

  it("is summed up in a second file", async () => {
    const { summary } = await bill("trade", date);
    expect(summary.name).toContain("(汇总)");
    expect(table(summary.text)).toEqual([
      expect.objectContaining({ 交易订单总笔数: "2", 退款订单总笔数: "1", "实收净额（元）": "80.50" }),
    ]);
  });

  it("of a month covers its days, from the third of the next one on", async () => {
    const month = date.slice(0, 7);
    expect(await offer("trade", month)).toMatchObject({ sub_code: "INVAILID_ARGUMENTS" });
    const days = 33 - Number(date.slice(8));
    await control.advance(days * 86_400);
    while ((await offer("trade", month)).sub_code === "BILL_NOT_EXIST") await control.advance(86_400);
    expect(table((await bill("trade", month)).detail.text)).toHaveLength(3);
  });
});

describe("a ledger", () => {
  it("books payments, refunds and fees, with the balance behind each", async () => {
    const { detail, summary } = await bill("signcustomer", date);
    const rows = table(detail.text);
    expect(
      rows.map((row) => [row.业务类型, row["收入金额（+元）"], row["支出金额（-元）"], row["账户余额（元）"]]),
    ).toEqual([
      ["在线支付", "88.00", "0.00", "1000088.00"],
      ["收费", "0.00", "-0.53", "1000087.47"],
      ["在线支付", "1.00", "0.00", "1000088.47"],
      ["收费", "0.00", "-0.01", "1000088.46"],
      ["交易退款", "0.00", "-8.00", "1000080.46"],
      ["退费", "0.04", "0.00", "1000080.50"],
    ]);
    expect(table(summary.text)).toMatchObject([{ 收入笔数: "3", "总金额（元）": "80.50" }]);
  });
});

describe("asking for a bill", () => {
  it("is refused for today, tomorrow, long ago and nonsense, by codes without ACQ", async () => {
    const invalid = { code: "40004", sub_code: "INVAILID_ARGUMENTS" };
    for (const wrong of [await daysAgo(control, 0), await daysAgo(control, -1), "2019-01-01", "2026-02-30", "today"]) {
      expect(await offer("trade", wrong)).toMatchObject(invalid);
    }
    expect(await offer("everything", date)).toMatchObject(invalid);
    expect(await ask(env, METHOD, { bill_type: "trade" })).toMatchObject(invalid);
  });

  it("finds none before nine in the morning", async () => {
    const day = await nextDay(control, { hour: 8, minute: 59 });
    expect(await offer("trade", day)).toMatchObject({ sub_code: "BILL_NOT_EXIST" });
    await control.advance(61);
    expect(await offer("trade", day)).toMatchObject({ code: "10000" });
  });

  it("of an empty day gives a file without rows, and says so", async () => {
    const day = await nextDay(control, { hour: 10 });
    const offered = await offer("trade", day);
    expect(offered).toMatchObject({ code: "10000", bill_file_code: "EMPTY_DATA_WITH_BILL_FILE" });
    const [detail] = files((await download(offered)).bytes);
    expect(table(detail?.text ?? "")).toEqual([]);
    expect(await offer("trade", date)).not.toHaveProperty("bill_file_code");
  });

  it("gives an address that lives thirty seconds", async () => {
    const offered = await offer("trade", date);
    await control.advance(29);
    expect((await download(offered)).status).toBe(200);
    await control.advance(2);
    expect((await download(offered)).status).toBe(403);
  });

  it("escapes the address's slashes in the answer", async () => {
    const answer = await call(env, METHOD, { bill_type: "trade", bill_date: date });
    expect(answer.body).toContain(
      `"bill_download_url":"${value(env, "ALIPAY_GATEWAY_URL").replace("/gateway.do", "").replaceAll("/", "\\/")}`,
    );
  });
});

describe("a bill of any size", () => {
  it("lists payments that nobody made, always the same ones", async () => {
    const day = await nextDay(control, { hour: 10 });
    await control.post("/alipay/bills", { date: day, payments: 5000 });
    const { detail } = await bill("trade", day);
    expect(new Set(table(detail.text).map((row) => row.支付宝交易号)).size).toBe(5000);
    const again = (await bill("trade", day)).detail.text;
    expect(again.slice(0, again.lastIndexOf("#"))).toBe(detail.text.slice(0, detail.text.lastIndexOf("#")));
  });

  it("begins to come before it has been made as a whole", async () => {
    const day = await nextDay(control, { hour: 10 });
    await control.post("/alipay/bills", { date: day, payments: 10_000_000 });
    const response = await fetch((await offer("trade", day)).bill_download_url ?? "");
    const reader = response.body?.getReader();
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
    await reader?.cancel();
    expect((await download(await offer("trade", date))).status).toBe(200);
  });
});
