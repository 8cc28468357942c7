import { describe, expect, it } from "vitest";
import { opened, told } from "./callbacks-client.ts";
import type { TakenDelivery } from "./control.ts";
import { send } from "./http.ts";
import { openSimulator } from "./simulator.ts";
import { askTransfer, cancelTransfer, queryTransfer, transferOrder } from "./transfers-client.ts";
import { value } from "./wechat-client.ts";

const { sandbox, env, control } = await openSimulator();

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

describe("the callback", () => {
  it("tells the end, and nothing but the end", async () => {
    const { transfer_bill_no } = await asked("tfTold");
    await control.post("/transfers/tfTold/confirm");
    expect(await told(env, control, "tfTold")).toEqual([]);
    await control.advance(2);
    expect(await told(env, control, "tfTold")).toEqual([
      {
        event: "MCHTRANSFER.BILL.FINISHED",
        originalType: "mch_payment",
        associatedData: "mch_payment",
        plaintext: {
          mch_id: env.WECHAT_MCH_ID,
          out_bill_no: "tfTold",
          transfer_bill_no,
          transfer_amount: 100,
          state: "SUCCESS",
          openid: "oOfcl_recipient",
          create_time: expect.any(String),
          update_time: expect.any(String),
        },
      },
    ]);
  });

  it("tells of failure and of taking back, too", async () => {
    await asked("tfToldFail");
    await control.post("/transfers/tfToldFail/fail", { reason: "NAME_NOT_CORRECT" });
    const [failed] = await told(env, control, "tfToldFail");
    expect(failed?.plaintext).toMatchObject({ state: "FAIL", fail_reason: "NAME_NOT_CORRECT" });
    await asked("tfToldCancel");
    await cancelTransfer(env, "tfToldCancel");
    expect(await told(env, control, "tfToldCancel")).toEqual([]);
    await control.advance(2);
    const [cancelled] = await told(env, control, "tfToldCancel");
    expect(cancelled?.plaintext).toMatchObject({ state: "CANCELLED" });
  });

  it("says another amount when a test wants it", async () => {
    await asked("tfLied");
    await control.fault({ kind: "callback_wrong_amount", outTradeNo: "tfLied", amount: 101 });
    await control.post("/transfers/tfLied/fail");
    const [lie] = await told(env, control, "tfLied");
    expect(lie?.plaintext).toMatchObject({ transfer_amount: 101 });
    expect((await queryTransfer(env, "tfLied")).json()).toMatchObject({ transfer_amount: 100 });
  });

  it("can be ordered with other members", async () => {
    await asked("tfForged");
    const order = { provider: "wechat", callback: "transfer", outTradeNo: "tfForged", fields: { state: "SUCCESS" } };
    const { plaintext } = opened(env, (await control.post("/sign", order)) as TakenDelivery);
    expect(plaintext).toMatchObject({ out_bill_no: "tfForged", state: "SUCCESS", transfer_amount: 100 });
    await expect(control.post("/sign", { ...order, outTradeNo: "tfNever" })).rejects.toThrow("404");
  });

  it("comes only where the request names an address", async () => {
    await asked("tfSilent", { notify_url: undefined });
    await control.post("/transfers/tfSilent/fail");
    expect(await told(env, control, "tfSilent")).toEqual([]);
  });
});

describe("the client call", () => {
  it("must name the merchant, the application and the package as they were given out", async () => {
    const { package_info } = await asked("tfClient");
    for (const [change, problem] of [
      [{ mchId: "1999999999" }, "mchId"],
      [{ appId: "wx0000000000000000" }, "appId"],
      [{ package: "bWFkZSB1cA==" }, "package"],
    ] as const) {
      const call = control.post("/wechat/request-merchant-transfer", { ...invocation(package_info), ...change });
      await expect(call).rejects.toThrow(problem);
    }
    const parameters = new URLSearchParams({ ...invocation(package_info), appId: "wx0000000000000000" });
    const page = await send({ method: "GET", url: `${sandbox.url}/wechat/transfer?${parameters}` });
    expect([page.status, page.body.includes("<form")]).toEqual([404, false]);
    await send({ method: "POST", url: `${sandbox.url}/wechat/transfer/confirm?${parameters}` });
    expect(await seen("tfClient")).toBe("WAIT_USER_CONFIRM");
  });
});
