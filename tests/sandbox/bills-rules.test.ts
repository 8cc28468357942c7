import { beforeEach, describe, expect, it } from "vitest";
import { billText as writtenBill } from "../../sandbox/wechat/bills-csv.ts";
import { askFundFlowBill, askTradeBill, billText, daysAgo, download, nextDay } from "./bills-client.ts";
import { type Received, send } from "./http.ts";
import { openSimulator } from "./simulator.ts";
import { call, nativeOrder } from "./wechat-client.ts";

const { env, control } = await openSimulator();

const outcome = (answer: Received) => [answer.status, answer.json().code];
const invented = (date: string, payments: number) => control.post("/wechat/bills", { invented: { date, payments } });
/** A day that lies behind and has a bill of so many payments. */
const billedDay = async (payments = 1) => {
  const date = await daysAgo(control, 2);
  await invented(date, payments);
  return date;
};

describe("the day that a bill is for", () => {
  it("must be a date", async () => {
    for (const query of [
      "bill_type=ALL",
      "bill_date=",
      "bill_date=20261101",
      "bill_date=2026-02-30",
      "bill_date=2026-11-01T00:00:00",
    ]) {
      const answer = await askTradeBill(env, query);
      expect(outcome(answer)).toEqual([400, "PARAM_ERROR"]);
      expect(answer.json().detail).toMatchObject({ location: "query", field: "/bill_date" });
    }
  });

  it("must have ended and lie no more than three months back", async () => {
    for (const days of [0, -1, 93, 400]) {
      const date = await daysAgo(control, days);
      await invented(date, 1);
      expect(outcome(await askTradeBill(env, `bill_date=${date}`))).toEqual([400, "INVALID_REQUEST"]);
    }
    expect(outcome(await askFundFlowBill(env, `bill_date=${await daysAgo(control, 0)}`))).toEqual([
      400,
      "INVALID_REQUEST",
    ]);
    const old = await daysAgo(control, 88);
    await invented(old, 1);
    expect((await askTradeBill(env, `bill_date=${old}`)).status).toBe(200);
  });

  it("has no bill before ten on the next morning, and none at all when nothing happened", async () => {
    await nextDay(control, { hour: 12 });
    await call(env, "POST", "/v3/pay/transactions/native", nativeOrder(env, "bill-early", "https://shop.example/n"));
    await control.post("/trades/wechat/bill-early/pay");
    const day = await nextDay(control, { hour: 9, minute: 58 });
    expect(outcome(await askTradeBill(env, `bill_date=${day}`))).toEqual([400, "STATEMENT_CREATING"]);
    expect(outcome(await askFundFlowBill(env, `bill_date=${day}`))).toEqual([400, "STATEMENT_CREATING"]);
    await control.advance(121);
    expect((await askTradeBill(env, `bill_date=${day}`)).status).toBe(200);
    expect((await askFundFlowBill(env, `bill_date=${day}`)).status).toBe(200);
    expect(outcome(await askTradeBill(env, `bill_date=${day}&bill_type=REFUND`))).toEqual([400, "NO_STATEMENT_EXIST"]);
    const empty = await daysAgo(control, 30);
    expect(outcome(await askTradeBill(env, `bill_date=${empty}`))).toEqual([400, "NO_STATEMENT_EXIST"]);
  });
});

describe("asking for a bill", () => {
  beforeEach(() => control.post("/reset"));

  it("knows three types, three accounts and one compression", async () => {
    const day = await billedDay();
    for (const query of ["bill_type=RECHARGE_REFUND", "bill_type=all", "tar_type=ZIP"]) {
      expect(outcome(await askTradeBill(env, `bill_date=${day}&${query}`))).toEqual([400, "PARAM_ERROR"]);
    }
    const answer = await askFundFlowBill(env, `bill_date=${day}&account_type=CASH`);
    expect(outcome(answer)).toEqual([400, "PARAM_ERROR"]);
    expect(answer.json().detail).toMatchObject({ field: "/account_type" });
  });

  it("is refused without an Authorization, in the words of the endpoints that are not for payments", async () => {
    const target = `/v3/bill/tradebill?bill_date=${await billedDay()}`;
    const answer = await call(env, "GET", target, undefined, { authorization: "none" });
    expect(outcome(answer)).toEqual([401, "SIGN_ERROR"]);
    expect(answer.json().message).toContain("Http头Authorization值格式错误");
  });

  it("answers three fund flow bills a second", async () => {
    const day = await billedDay();
    const answers = await Promise.all(Array.from({ length: 5 }, () => askFundFlowBill(env, `bill_date=${day}`)));
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(3);
    expect(outcome(answers.find((answer) => answer.status !== 200) ?? expect.fail())).toEqual([
      429,
      "FREQUENCY_LIMITED",
    ]);
  });
});

describe("a download", () => {
  it("is signed by the shop and not by WeChat Pay", async () => {
    const offered = await askTradeBill(env, `bill_date=${await billedDay()}`);
    const file = await download(env, offered);
    expect([file.status, file.headers["wechatpay-signature"]]).toEqual([200, undefined]);
    const url = String(offered.json().download_url);
    expect(outcome(await send({ method: "GET", url }))).toEqual([401, "SIGN_ERROR"]);
  });

  it("works for five minutes", async () => {
    const offered = await askTradeBill(env, `bill_date=${await billedDay()}`);
    await control.advance(290);
    expect((await download(env, offered)).status).toBe(200);
    await control.advance(11);
    expect(outcome(await download(env, offered))).toEqual([400, "INVALID_REQUEST"]);
    const unknown = await call(env, "GET", "/v3/billdownload/file?token=unknown");
    expect(outcome(unknown)).toEqual([400, "INVALID_REQUEST"]);
  });

  it("fails on request like any other call", async () => {
    const offered = await askTradeBill(env, `bill_date=${await billedDay()}`);
    await control.fault({ kind: "http_500", operation: "bill_download" });
    expect((await download(env, offered)).status).toBe(500);
    expect((await download(env, offered)).status).toBe(200);
  });
});

describe("a large bill", () => {
  it("of 20,000 payments is right to the last line", async () => {
    const day = await billedDay(20_000);
    const text = await billText(env, await askTradeBill(env, `bill_date=${day}&bill_type=SUCCESS&tar_type=GZIP`));
    const lines = text.split("\r\n");
    const cells = lines.slice(1, -3).map((line) => line.split(",`"));
    const numbers = new Set(cells.map((row) => row[6]));
    const fen = cells.reduce((sum, row) => sum + Number(row.at(-2)?.replace(".", "")), 0);
    expect([cells.length, numbers.size]).toEqual([20_000, 20_000]);
    expect(lines.at(-2)).toMatch(new RegExp(`^\`20000\\.0,.*,\`${(fen / 100).toFixed(2)},\`0\\.00$`));
  });

  it("is written row by row, never as a whole", () => {
    let read = 0;
    const rows = function* () {
      for (;;) {
        read += 1;
        yield read;
      }
    };
    const lines = writtenBill({ columns: [["number", String]], totals: [] }, rows());
    expect([lines.next().value, lines.next().value, lines.next().value]).toEqual([
      "\ufeffnumber\r\n",
      "`1\r\n",
      "`2\r\n",
    ]);
    expect(read).toBe(2);
  });
});
