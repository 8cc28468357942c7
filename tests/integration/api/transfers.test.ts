/** Money paid out, over REST: for operators alone. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { transfers } from "../../../db/schema/transfers.ts";
import { letPass, startAfresh } from "../support/afresh.ts";
import { OPERATOR, openShop, unique } from "../support/shop.ts";
import { providerTransfers, REQUEST } from "../support/transfers.ts";
import { openApi } from "./support.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const api = openApi();
const AUDITOR = { id: "auditor-1", role: "auditor" } as const;

function make(changes: object = {}, headers: Record<string, string> = { "Idempotency-Key": unique("key") }) {
  return api.call("POST", "/transfers", { as: OPERATOR, body: { ...REQUEST, amount: "10.00", ...changes }, headers });
}

it("makes one, shows it to auditors, and takes it back", async () => {
  const made = await make();
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({
    status: "AWAITING_USER",
    amount: "10.00",
    confirm: { mchId: expect.any(String), appId: expect.any(String), package: expect.any(String) },
    requestedBy: OPERATOR.id,
    finishedAt: null,
  });
  const path = `/transfers/${made.body.outBillNo}`;
  expect((await api.call("GET", path, { as: AUDITOR })).body).toEqual(made.body);
  const taken = await api.call("POST", `${path}/cancel`, { as: OPERATOR });
  expect([taken.status, taken.body.status, taken.body.confirm]).toEqual([202, "CANCELLING", null]);
  await letPass(openShop(), 5);
  const gone = await api.call("GET", path, { as: OPERATOR });
  expect(gone.body).toMatchObject({ status: "CANCELLED", finishedAt: expect.any(String) });
  expect((await api.call("POST", `${path}/cancel`, { as: OPERATOR })).status).toBe(200);
});

it("lists them by state, newest first, page by page", async () => {
  // Those that other tests made on the same database, some of them in days to come.
  await openShop().db.delete(transfers);
  const numbers = [(await make()).body.outBillNo, (await make()).body.outBillNo, (await make()).body.outBillNo];
  const path = "/transfers?state=AWAITING_USER&limit=2";
  const page = await api.call("GET", path, { as: AUDITOR });
  const next = await api.call("GET", `${path}&before=${page.body.next}`, { as: AUDITOR });
  const listed = [page, next].flatMap(({ body }) => Object.values(body.transfers ?? {}).map((each) => each.outBillNo));
  expect(listed).toEqual(numbers.reverse());
  expect(next.body.next).toBeNull();
});

describe("refuses", () => {
  it.each([
    ["less than 0.10 yuan", "amount", { amount: "0.09" }],
    ["2,000 yuan to nobody by name", "userName", { amount: "2000.00" }],
    ["a remark of 33 characters", "remark", { remark: "谢".repeat(33) }],
    ["a remark with an emoji", "remark", { remark: "🧧" }],
    ["no reports", "sceneReports", { sceneReports: [] }],
    ["a field that nobody knows", "outBillNo", { outBillNo: "T1" }],
  ])("%s, naming %s", async (_, path, changes) => {
    const answer = await make(changes);
    expect(answer).toMatchObject({ status: 400, body: { code: "BAD_INPUT", issues: [{ path }] } });
    expect(await providerTransfers()).toEqual([]);
  });

  it("a call without an Idempotency-Key", async () => {
    const answer = await make({}, {});
    expect([answer.status, answer.body.code]).toEqual([400, "IDEMPOTENCY_KEY_REQUIRED"]);
  });

  it("a number that is not there", async () => {
    const answer = await api.call("GET", "/transfers/T0", { as: OPERATOR });
    expect([answer.status, answer.body.code]).toEqual([404, "TRANSFER_NOT_FOUND"]);
  });

  it("what the provider refuses, with its code", async () => {
    const answer = await make({ openid: "oMini_another_application_01" });
    expect(answer).toMatchObject({ status: 422, body: { code: "PROVIDER_REFUSED", providerCode: "PARAM_ERROR" } });
  });
});

it("takes 2,000 yuan with a name, and logs nothing of the recipient", async () => {
  const made = await make({ amount: "2000.00", userName: "张三丰" });
  expect(made.status).toBe(201);
  expect(made.text).not.toContain("张三丰");
  expect(api.lines.join("\n")).not.toMatch(/张三丰|oOfcl_the_recipient/);
});

describe("by Alipay", () => {
  const ALIPAY = {
    provider: "alipay",
    payee: { identity: "2088000000000003", identityType: "ALIPAY_USER_ID" },
    title: "活动奖励",
    amount: "10.00",
    productCode: "TRANS_ACCOUNT_NO_PWD",
  };
  const payee = { identity: "13800001234", identityType: "ALIPAY_LOGON_ID" };
  const ask = (changes: object) =>
    api.call("POST", "/transfers", {
      as: OPERATOR,
      body: { ...ALIPAY, ...changes },
      headers: { "Idempotency-Key": unique("key") },
    });

  it.each([
    ["an account less than 0.10 yuan", "amount", { amount: "0.09" }],
    ["nothing", "amount", { amount: "0.00", productCode: "STD_RED_PACKET" }],
    ["a sign-in name without a name", "payee.name", { payee }],
    ["nobody", "payee", { payee: undefined }],
    ["by a product that is none", "productCode", { productCode: "GIFT" }],
    ["as WeChat Pay would", "openid", { openid: "oOfcl_the_recipient_01" }],
    ["by a provider that does not pay out", "provider", { provider: "points" }],
  ])("refuses to pay %s, naming %s", async (_, path, changes) => {
    expect(await ask(changes)).toMatchObject({ status: 400, body: { code: "BAD_INPUT", issues: [{ path }] } });
  });

  it("needs certificate mode, and says so", async () => {
    const answer = await ask({});
    expect([answer.status, answer.body.code]).toEqual([400, "METHOD_UNAVAILABLE"]);
    expect(answer.text).toContain("certificate mode");
  });
});
