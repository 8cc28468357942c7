import { describe, expect, test } from "vitest";
import {
  requestFundFlowBill,
  requestTradeBill,
  type TradeBillRequest,
} from "../../../../../src/providers/wechat/bills.ts";
import { WechatClient } from "../../../../../src/providers/wechat/client.ts";
import { billLines, billRow, billText, FLOW_COLUMNS, gzip, sha1Hex } from "../../support/bills.ts";
import { call, recordingFetch, type SentRequest } from "../../support/calls.ts";
import { errorReply, signedReply, wechatConfig } from "../../support/wechat.ts";

const YESTERDAY = "2026-11-21";
const DOWNLOAD_URL = "https://files.example.com:8443/v3/billdownload/file?token=a%2Fb&x=1%20";
const BYTES = new TextEncoder().encode(billText());

/** WeChat Pay: announces a bill and hands it out, unless told to answer otherwise. */
async function bank(answers: { announce?: () => Promise<Response> | Response; file?: () => Response } = {}) {
  const announcement = { hash_type: "SHA1", hash_value: await sha1Hex(BYTES), download_url: DOWNLOAD_URL };
  const { announce = () => signedReply(announcement), file = () => new Response(BYTES) } = answers;
  const { fetch, sent } = recordingFetch(({ url }: SentRequest) =>
    url.hostname === "files.example.com" ? file() : announce(),
  );
  return { client: new WechatClient(await wechatConfig(), { fetch }), sent, announcement };
}

type Bank = Awaited<ReturnType<typeof bank>>;

const ask = ({ client }: Bank, request: Partial<TradeBillRequest> = {}) =>
  requestTradeBill(client, { billDate: YESTERDAY, ...request }, call());

async function countRows(outcome: Awaited<ReturnType<typeof ask>>): Promise<number> {
  if (outcome.kind !== "ok" || outcome.value.status !== "ready") throw new Error(`no bill: ${JSON.stringify(outcome)}`);
  let rows = 0;
  for await (const _ of outcome.value.rows) rows += 1;
  return rows;
}

describe("a bill is asked for", () => {
  test.each([
    [{}, `/v3/bill/tradebill?bill_date=${YESTERDAY}&bill_type=ALL&tar_type=GZIP`],
    [{ billType: "REFUND" }, `/v3/bill/tradebill?bill_date=${YESTERDAY}&bill_type=REFUND&tar_type=GZIP`],
    [{ billType: "SUCCESS", gzip: false }, `/v3/bill/tradebill?bill_date=${YESTERDAY}&bill_type=SUCCESS`],
  ] as const)("as %j", async (request, path) => {
    const wechat = await bank();
    await countRows(await ask(wechat, request));
    expect(wechat.sent[0]?.url.href).toBe(`https://api.mch.weixin.qq.com${path}`);
  });

  test.each([
    [undefined, "BASIC"],
    ["OPERATION", "OPERATION"],
    ["FEES", "FEES"],
  ] as const)("as a fund flow bill of the account %s", async (accountType, named) => {
    const wechat = await bank();
    await requestFundFlowBill(wechat.client, { billDate: YESTERDAY, accountType }, call());
    const path = `/v3/bill/fundflowbill?bill_date=${YESTERDAY}&account_type=${named}&tar_type=GZIP`;
    expect(wechat.sent[0]?.url.href).toBe(`https://api.mch.weixin.qq.com${path}`);
  });

  test("and downloaded from the very address that was given, signed, without a signature in return", async () => {
    const wechat = await bank();
    expect(await countRows(await ask(wechat))).toBe(2);
    expect(wechat.sent[1]?.url.href).toBe(DOWNLOAD_URL);
    expect(wechat.sent[1]?.headers.get("Authorization")).toMatch(/^WECHATPAY2-SHA256-RSA2048 mchid="/);
  });

  test("and read packed as it comes, or unpacked on the way", async () => {
    const packed = await gzip(BYTES);
    expect(await countRows(await ask(await bank({ file: () => new Response(packed) })))).toBe(2);
    expect(await countRows(await ask(await bank({ file: () => new Response(BYTES) })))).toBe(2);
  });
});

describe("days", () => {
  // It is 22 November 2026, ten o'clock in Beijing.
  test.each(["2026-11-21", "2026-08-22"])("%s has a bill", async (billDate) => {
    expect(await ask(await bank(), { billDate })).toMatchObject({ kind: "ok" });
  });

  test.each([
    "2026-11-22",
    "2026-11-23",
    "2026-08-21",
    "2025-11-21",
    "2026-02-30",
    "20261121",
    "2026-11-2",
    "",
    "2026-11-21 ",
  ])("%j is refused before anything is asked, by the field's name", async (billDate) => {
    const wechat = await bank();
    const refusal = await Promise.resolve(ask(wechat, { billDate })).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: "InputError", field: "bill_date" });
    expect(wechat.sent).toEqual([]);
  });

  test.each([
    ["2026-11-21T15:59:59Z", "2026-11-21", false],
    ["2026-11-21T16:00:00Z", "2026-11-21", true],
    ["2026-05-31T04:00:00Z", "2026-02-28", true],
    ["2026-05-31T04:00:00Z", "2026-02-27", false],
    ["2026-01-15T04:00:00Z", "2025-10-15", true],
    ["2026-01-15T04:00:00Z", "2025-10-14", false],
  ])("are Beijing's and months the calendar's: at %s the bill of %s is to be had: %s", async (now, billDate, there) => {
    const { client, sent } = await bank();
    const timing = call({ now: () => Date.parse(now) });
    await requestTradeBill(client, { billDate }, timing).catch(() => undefined);
    expect(sent.length > 0).toBe(there);
  });
});

describe("answers that are no bill", () => {
  test("nothing happened that day", async () => {
    for (const code of ["NO_STATEMENT_EXIST", "NOSTATEMENTEXIST"]) {
      const wechat = await bank({ announce: () => errorReply(400, code) });
      expect(await ask(wechat)).toEqual({ kind: "ok", value: { status: "none" } });
    }
  });

  test.each([
    [400, "STATEMENT_CREATING", "later"],
    [429, "FREQUENCY_LIMITED", "later"],
    [400, "INVALID_REQUEST", "refused"],
    [403, "NO_AUTH", "refused"],
    [500, "NO_STATEMENT_EXIST", "unknown"],
  ])("%d %s: %s", async (status, code, kind) => {
    expect(await ask(await bank({ announce: () => errorReply(status, code) }))).toMatchObject({ kind });
  });

  test("an announcement that nobody signed", async () => {
    const { announcement } = await bank();
    const outcome = await ask(await bank({ announce: () => Response.json(announcement) }));
    expect(outcome).toMatchObject({ kind: "unknown", cause: "unverified" });
  });

  test.each([
    ["hash_type", "SHA256"],
    ["hash_value", "abc"],
    ["download_url", ""],
    ["download_url", "file:///etc/passwd"],
    ["download_url", undefined],
  ])("an announcement whose %s is %j", async (member, value) => {
    const { announcement } = await bank();
    const wechat = await bank({ announce: () => signedReply({ ...announcement, [member]: value }) });
    expect(await ask(wechat)).toMatchObject({ kind: "unknown", cause: "unlisted" });
    expect(wechat.sent).toHaveLength(1);
  });

  test.each([
    [400, "INVALID_REQUEST", "later"],
    [403, "NO_AUTH", "refused"],
    [429, "RATELIMIT_EXCEEDED", "later"],
  ])("a download that ends in %d %s: %s", async (status, code, kind) => {
    expect(await ask(await bank({ file: () => errorReply(status, code) }))).toMatchObject({ kind });
  });
});

test("a fund flow bill gives typed rows and its summary", async () => {
  const flow = {
    记账时间: "2026-11-21 10:00:02",
    微信支付业务单号: "4200002026112100001",
    资金流水单号: "1900007291202611210001",
    业务名称: "交易",
    业务类型: "交易",
    收支类型: "收入",
    "收支金额(元)": "100.50",
    "账户结余(元)": "123456789012.34",
    业务凭证号: "01JD8ZC4Q6V0X5T2R9N7M3K1B8A1",
  };
  const fee = {
    ...flow,
    业务名称: "扣除交易手续费",
    收支类型: "支出",
    "收支金额(元)": "0.60",
    备注: "结算手续费",
    业务凭证号: "",
  };
  const summary = { 资金流水总笔数: "2", 收入笔数: "1", 收入金额: "100.50", 支出笔数: "1", 支出金额: "0.60" };
  const rows = [billRow(FLOW_COLUMNS, flow), billRow(FLOW_COLUMNS, fee)];
  const text = new TextEncoder().encode(billText(billLines({ columns: FLOW_COLUMNS, rows, summary })));
  const announced = { hash_type: "SHA1", hash_value: await sha1Hex(text), download_url: DOWNLOAD_URL };
  const { client } = await bank({ announce: () => signedReply(announced), file: () => new Response(text) });
  const outcome = await requestFundFlowBill(client, { billDate: YESTERDAY }, call());
  if (outcome.kind !== "ok" || outcome.value.status !== "ready") throw new Error("no bill");
  const first = await outcome.value.rows.next();
  expect(first.value).toEqual({
    bookedAt: new Date("2026-11-21T02:00:02Z"),
    businessNo: "4200002026112100001",
    flowNo: "1900007291202611210001",
    businessName: "交易",
    businessType: "交易",
    direction: "income",
    amount: 10_050,
    balance: 12_345_678_901_234,
    applicant: null,
    remark: null,
    voucherNo: "01JD8ZC4Q6V0X5T2R9N7M3K1B8A1",
  });
  expect((await outcome.value.rows.next()).value).toMatchObject({ direction: "expense", amount: 60, voucherNo: null });
  expect(await outcome.value.rows.next()).toEqual({
    done: true,
    value: { count: 2, incomeCount: 1, incomeTotal: 10_050, expenseCount: 1, expenseTotal: 60 },
  });
});
