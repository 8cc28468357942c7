import { describe, expect, it } from "vitest";
import { askFundFlowBill, billText, nextDay, parsed } from "./bills-client.ts";
import { type Received, send } from "./http.ts";
import { openSimulator } from "./simulator.ts";
import { askTransfer, cancelTransfer, queryTransfer, TRANSFERS, transferOrder } from "./transfers-client.ts";
import { call, value, verified } from "./wechat-client.ts";

const DAY = 86_400;
const { sandbox, env, control } = await openSimulator();

const outcome = (answer: Received) => [answer.status, answer.json().code];
const asked = async (no: string, more: object = {}) => {
  const answer = await askTransfer(env, transferOrder(env, no, more));
  expect(answer.status).toBe(200);
  return answer.json();
};
const seen = async (no: string) => {
  const { state, fail_reason } = (await queryTransfer(env, no)).json();
  return fail_reason === undefined ? state : `${state} ${fail_reason}`;
};
const invocation = (packageInfo: unknown) => ({
  mchId: value(env, "WECHAT_MCH_ID"),
  appId: value(env, "WECHAT_APP_ID"),
  package: String(packageInfo),
});
const pageOf = async (packageInfo: unknown) => {
  const { url } = (await control.post("/wechat/request-merchant-transfer", invocation(packageInfo))) as { url: string };
  return (await send({ method: "GET", url })).body;
};

describe("a transfer", () => {
  it("waits for the user, who confirms on the phone, and arrives a little later", async () => {
    const created = await askTransfer(env, transferOrder(env, "tfPhone"));
    expect(verified(env, created.headers, created.body)).toBe(true);
    expect(created.json()).toEqual({
      out_bill_no: "tfPhone",
      transfer_bill_no: expect.stringMatching(/^\d{40}$/),
      create_time: expect.stringMatching(/\+08:00$/),
      state: "WAIT_USER_CONFIRM",
      package_info: expect.any(String),
    });
    const list = (await send({ method: "GET", url: `${sandbox.url}/` })).body;
    for (const text of ["tfPhone", "/wechat/transfer?"]) expect(list).toContain(text);
    const page = await pageOf(created.json().package_info);
    for (const text of ["¥1.00", "劳务报酬", "7月佣金", "确认收款"]) expect(page).toContain(text);
    const action = /action="([^"]+)"/.exec(page)?.[1]?.replaceAll("&amp;", "&");
    await send({ method: "POST", url: `${sandbox.url}${action}` });
    expect(await seen("tfPhone")).toBe("TRANSFERING");
    await control.advance(2);
    expect((await queryTransfer(env, "tfPhone")).json()).toEqual({
      mch_id: env.WECHAT_MCH_ID,
      out_bill_no: "tfPhone",
      transfer_bill_no: created.json().transfer_bill_no,
      appid: env.WECHAT_APP_ID,
      state: "SUCCESS",
      transfer_amount: 100,
      transfer_remark: "7月佣金",
      openid: "oOfcl_recipient",
      create_time: created.json().create_time,
      update_time: expect.any(String),
    });
    expect(await pageOf(created.json().package_info)).toContain("已收款");
  });

  it("is found by both numbers, in signed answers, for 30 days", async () => {
    const { transfer_bill_no } = await asked("tfFound");
    const byNumber = () => call(env, "GET", `${TRANSFERS}/transfer-bill-no/${transfer_bill_no}`);
    const found = await byNumber();
    expect(verified(env, found.headers, found.body)).toBe(true);
    expect(found.json()).toEqual((await queryTransfer(env, "tfFound")).json());
    await control.advance(30 * DAY - 60);
    expect((await byNumber()).status).toBe(200);
    await control.advance(61);
    expect(outcome(await byNumber())).toEqual([404, "RESOURCE_NOT_EXISTS"]);
    expect(outcome(await queryTransfer(env, "tfFound"))).toEqual([404, "RESOURCE_NOT_EXISTS"]);
    expect(outcome(await queryTransfer(env, "tfNever"))).toEqual([404, "RESOURCE_NOT_EXISTS"]);
  });

  it("fails when the user does not confirm within a day", async () => {
    const { package_info } = await asked("tfOverdue");
    await control.advance(DAY - 60);
    expect(await seen("tfOverdue")).toBe("WAIT_USER_CONFIRM");
    await control.advance(61);
    expect(await seen("tfOverdue")).toBe("FAIL OVERDUE_CLOSE");
    await expect(control.post("/transfers/tfOverdue/confirm")).rejects.toThrow("409");
    expect(await pageOf(package_info)).not.toContain("<form");
  });

  it("ends otherwise when a test wants it", async () => {
    await asked("tfRejected");
    await control.post("/transfers/tfRejected/reject");
    expect(await seen("tfRejected")).toBe("FAIL USER_REJECTED");
    await asked("tfFrozen");
    await control.post("/transfers/tfFrozen/confirm");
    await control.post("/transfers/tfFrozen/fail", { reason: "ACCOUNT_FROZEN" });
    expect(await seen("tfFrozen")).toBe("FAIL ACCOUNT_FROZEN");
    await control.advance(DAY);
    expect(await seen("tfFrozen")).toBe("FAIL ACCOUNT_FROZEN");
  });

  it("may take its time before the user can confirm", async () => {
    await control.post("/wechat/transfers", { acceptedSeconds: 10, processingSeconds: 20 });
    const created = await asked("tfSlow");
    expect([created.state, created.package_info]).toEqual(["ACCEPTED", undefined]);
    await control.advance(10);
    expect(await seen("tfSlow")).toBe("PROCESSING");
    await expect(control.post("/transfers/tfSlow/confirm")).rejects.toThrow("409");
    await control.advance(20);
    expect((await asked("tfSlow")).package_info).toEqual(expect.any(String));
    await control.post("/wechat/transfers", { acceptedSeconds: 0, processingSeconds: 0 });
  });

  it("stands in the fund flow bill of the operation account once it has arrived", async () => {
    await nextDay(control, { hour: 8 });
    for (const no of ["tfBilled", "tfUnbilled"]) await asked(no, { transfer_amount: 1234 });
    await control.post("/transfers/tfBilled/confirm");
    await control.advance(2);
    const day = await nextDay(control, { hour: 10 });
    const { rows } = parsed(await billText(env, await askFundFlowBill(env, `bill_date=${day}&account_type=OPERATION`)));
    expect(rows.map((row) => [row.业务类型, row.收支类型, row["收支金额(元)"], row.业务凭证号])).toEqual([
      ["商家转账", "支出", "12.34", "tfBilled"],
    ]);
  });
});

describe("taking a transfer back", () => {
  it("is accepted at once, done later, and may be asked for again", async () => {
    await asked("tfBack");
    const first = await cancelTransfer(env, "tfBack");
    expect(verified(env, first.headers, first.body)).toBe(true);
    expect(first.json()).toMatchObject({ out_bill_no: "tfBack", state: "CANCELING", update_time: expect.any(String) });
    expect((await cancelTransfer(env, "tfBack")).json()).toEqual(first.json());
    await expect(control.post("/transfers/tfBack/confirm")).rejects.toThrow("409");
    await control.advance(2);
    expect((await cancelTransfer(env, "tfBack")).json()).toMatchObject({ state: "CANCELLED" });
    await control.advance(DAY);
    expect(await seen("tfBack")).toBe("CANCELLED");
  });

  it("comes too late once the user has confirmed, and needs a transfer", async () => {
    await asked("tfLate");
    await control.post("/transfers/tfLate/confirm");
    expect(outcome(await cancelTransfer(env, "tfLate"))).toEqual([400, "INVALID_REQUEST"]);
    await control.advance(2);
    expect(outcome(await cancelTransfer(env, "tfLate"))).toEqual([400, "INVALID_REQUEST"]);
    expect(outcome(await cancelTransfer(env, "tfNever"))).toEqual([404, "RESOURCE_NOT_EXISTS"]);
  });
});
