/** Transfers of the simulated Alipay: for certificates alone, by strict rules, each number once. */
import { beforeEach, describe, expect, it } from "vitest";
import { ask, call } from "./alipay-client.ts";
import { openSimulator } from "./simulator.ts";
import type { Env } from "./wechat-client.ts";

const CREATE = "alipay.fund.trans.uni.transfer";
const QUERY = "alipay.fund.trans.common.query";

const { sandbox, control } = await openSimulator();
let env: Env;

beforeEach(async () => {
  await control.post("/reset");
  await control.post("/alipay/application", { mode: "certificate" });
  env = ((await control.get("/settings")) as { env: Env }).env;
});

const ORDER = {
  out_biz_no: "T1",
  trans_amount: "1.00",
  product_code: "TRANS_ACCOUNT_NO_PWD",
  biz_scene: "DIRECT_TRANSFER",
  order_title: "活动奖励",
  payee_info: { identity: "2088000000000003", identity_type: "ALIPAY_USER_ID" },
};
const NAMED = { out_biz_no: "T1", product_code: "TRANS_ACCOUNT_NO_PWD", biz_scene: "DIRECT_TRANSFER" };
const transfer = (more: object = {}) => ask(env, CREATE, { ...ORDER, ...more });

it("pays at once, and is found by its number with its product, or by Alipay's numbers", async () => {
  const made = await transfer();
  expect(made).toMatchObject({ code: "10000", out_biz_no: "T1", status: "SUCCESS", trans_date: expect.any(String) });
  const found = await ask(env, QUERY, NAMED);
  expect(found).toMatchObject({ order_id: made.order_id, trans_amount: "1.00", status: "SUCCESS" });
  expect(await ask(env, QUERY, { pay_fund_order_id: made.pay_fund_order_id })).toEqual(found);
  const otherwise = await ask(env, QUERY, { ...NAMED, product_code: "STD_RED_PACKET" });
  expect(otherwise.sub_code).toBe("ORDER_NOT_EXIST");
});

it("answers the same request the same, and refuses another under its number", async () => {
  const made = await transfer();
  expect(await transfer()).toEqual(made);
  expect((await transfer({ trans_amount: "2.00" })).sub_code).toBe("PAYMENT_INFO_INCONSISTENCY");
  expect(await control.get("/alipay/transfers")).toHaveLength(1);
});

it("is refused in public-key mode", async () => {
  await control.post("/alipay/application", { mode: "public_key" });
  const answer = await call(sandbox.env, CREATE, ORDER);
  expect(answer.body).toContain("isv.insufficient-isv-permissions");
});

describe("refuses", () => {
  const payee = (identity: string, identity_type: string) => ({ payee_info: { identity, identity_type } });
  it.each<[string, object, string]>([
    ["less than 0.10 to an account", { trans_amount: "0.09" }, "trans_amount"],
    ["three decimals", { trans_amount: "1.001" }, "trans_amount"],
    ["an amount that is no text", { trans_amount: 1 }, "trans_amount"],
    ["no title", { order_title: undefined }, "order_title"],
    ["another product", { product_code: "GIFT" }, "product_code"],
    ["no scene", { biz_scene: undefined }, "biz_scene"],
    ["a number with a dash", { out_biz_no: "T-1" }, "out_biz_no"],
    ["a sign-in name without a name", payee("13800001234", "ALIPAY_LOGON_ID"), "payee_info.name"],
    ["an identity of another type", payee("13800001234", "ALIPAY_USER_ID"), "payee_info.identity"],
    ["reports without a scene", { transfer_scene_report_infos: [{ info_type: "a", info_content: "b" }] }, "scene_name"],
  ])("%s, naming it", async (_, more, member) => {
    const answer = await transfer(more);
    expect(answer.sub_code).toBe("INVALID_PARAMETER");
    expect(answer.sub_msg).toContain(member);
    expect(await control.get("/alipay/transfers")).toEqual([]);
  });

  it("a payee whom nobody knows, and a merchant without money, and leaves no trace", async () => {
    expect((await transfer(payee("2088000000000404", "ALIPAY_USER_ID"))).sub_code).toBe("PAYEE_NOT_EXIST");
    await control.post("/alipay/application", { balance: "empty" });
    expect((await transfer()).sub_code).toBe("PAYER_BALANCE_NOT_ENOUGH");
    await control.post("/alipay/application", { balance: "enough" });
    expect((await transfer()).status).toBe("SUCCESS");
  });

  it("a query that names nothing", async () => {
    expect((await ask(env, QUERY, { out_biz_no: "T1" })).sub_code).toBe("INVALID_PARAMETER");
  });
});

it("goes as a test wants it, and never back from an end", async () => {
  await control.post("/alipay/transfers", { status: "DEALING" });
  expect((await transfer()).status).toBe("DEALING");
  await expect(control.post("/alipay/transfers/T1/return")).rejects.toThrow("409");
  await control.post("/alipay/transfers/T1/fail");
  expect(await ask(env, QUERY, NAMED)).toMatchObject({ status: "FAIL", error_code: "PAYEE_ACCOUNT_STATUS_ERROR" });
  await expect(control.post("/alipay/transfers/T1/succeed")).rejects.toThrow("409");
});

it("takes a red packet back after a day, unless it was opened", async () => {
  const packet = { product_code: "STD_RED_PACKET", trans_amount: "0.01" };
  for (const out_biz_no of ["T1", "T2"]) await transfer({ ...packet, out_biz_no });
  await control.post("/alipay/transfers/T2/open");
  await control.advance(24 * 3600);
  const status = async (out_biz_no: string) =>
    (await ask(env, QUERY, { ...NAMED, product_code: "STD_RED_PACKET", out_biz_no })).status;
  expect([await status("T1"), await status("T2")]).toEqual(["REFUND", "SUCCESS"]);
});
