import { describe, expect, it } from "vitest";
import { transferEndpoints } from "../../sandbox/wechat/transfers.ts";
import type { Received } from "./http.ts";
import { openSimulator } from "./simulator.ts";
import { askTransfer, cancelTransfer, queryTransfer, sealedName, transferOrder } from "./transfers-client.ts";
import { call, type Oddities, value } from "./wechat-client.ts";

const { env, control } = await openSimulator();

const outcome = (answer: Received) => [answer.status, answer.json().code];
const ask = (no: string, more: object = {}, odd?: Oddities) => askTransfer(env, transferOrder(env, no, more), odd);
const report = (info_type: string) => ({ info_type, info_content: "内容" });

describe("a transfer request", () => {
  const changed: [string, object, string][] = [
    ["out_bill_no missing", { out_bill_no: undefined }, "/out_bill_no"],
    ["out_bill_no with a dash", { out_bill_no: "tf-1" }, "/out_bill_no"],
    ["out_bill_no of 33 characters", { out_bill_no: "a".repeat(33) }, "/out_bill_no"],
    ["a scene that does not exist", { transfer_scene_id: "1007" }, "/transfer_scene_id"],
    ["nine fen", { transfer_amount: 9 }, "/transfer_amount"],
    ["an amount in text", { transfer_amount: "100" }, "/transfer_amount"],
    ["no remark", { transfer_remark: "" }, "/transfer_remark"],
    ["a remark of 33 characters", { transfer_remark: "佣".repeat(33) }, "/transfer_remark"],
    ["nobody's openid", { openid: "oSomebody_elsewhere" }, "/openid"],
    ["an openid of another application", { openid: "oMini_recipient" }, "/openid"],
    ["no reports", { transfer_scene_report_infos: [] }, "/transfer_scene_report_infos"],
    ["a report missing", { transfer_scene_report_infos: [report("岗位类型")] }, "/transfer_scene_report_infos"],
    [
      "a report twice",
      { transfer_scene_report_infos: [report("岗位类型"), report("岗位类型")] },
      "/transfer_scene_report_infos",
    ],
    [
      "a report too many",
      { transfer_scene_report_infos: [report("岗位类型"), report("报酬说明"), report("活动名称")] },
      "/transfer_scene_report_infos",
    ],
    [
      "the reports of another scene",
      { transfer_scene_report_infos: [report("活动名称"), report("奖励说明")] },
      "/transfer_scene_report_infos",
    ],
    ["a perception of another scene", { user_recv_perception: "现金奖励" }, "/user_recv_perception"],
    ["an unknown style", { user_recv_style: { type: "POPUP" } }, "/user_recv_style/type"],
    ["notify_url with a query", { notify_url: "https://shop.example/n?x=1" }, "/notify_url"],
    ["2,000 yuan and no name", { transfer_amount: 200_000 }, "/user_name"],
    ["a name in the clear", { user_name: "张三" }, "/user_name"],
  ];

  it.each(changed)("is refused with %s", async (_, change, field) => {
    const answer = await ask("tfRules", change);
    expect(outcome(answer)).toEqual([400, "PARAM_ERROR"]);
    expect(answer.json().detail).toMatchObject({ location: "body", field });
    expect(outcome(await queryTransfer(env, "tfRules"))).toEqual([404, "RESOURCE_NOT_EXISTS"]);
  });

  it("is refused with an application that is not the merchant's", async () => {
    expect(outcome(await ask("tfRules", { appid: "wx0000000000000000" }))).toEqual([400, "APPID_MCHID_NOT_MATCH"]);
  });

  it("may use the longest values, any scene and either style", async () => {
    const longest = {
      transfer_scene_id: "1000",
      transfer_scene_report_infos: [report("奖励说明"), report("活动名称")],
      transfer_remark: "备".repeat(32),
      user_recv_perception: "现金奖励",
      user_recv_style: { type: "RED_PACKET" },
      transfer_amount: 10,
    };
    expect((await ask("L".repeat(32), longest)).status).toBe(200);
    const mini = { appid: env.WECHAT_MINI_APP_ID, openid: "oMini_recipient" };
    expect((await ask("tfMini", mini)).status).toBe(200);
  });

  it("may be of a scene whose reports are not published, with any, each once", async () => {
    const expenses = { transfer_scene_id: "1006", transfer_scene_report_infos: [report("报销类型")] };
    expect((await ask("tfExpenses", expenses)).status).toBe(200);
    const twice = { ...expenses, transfer_scene_report_infos: [report("报销类型"), report("报销类型")] };
    expect(outcome(await ask("tfExpensesTwice", twice))).toEqual([400, "PARAM_ERROR"]);
  });
});

describe("the recipient's name", () => {
  it("comes encrypted for the key that Wechatpay-Serial names", async () => {
    const named = { transfer_amount: 200_000, user_name: sealedName(env, "张三") };
    expect((await ask("tfNamed", named)).status).toBe(200);
    expect(await control.get("/transfers/tfNamed")).toMatchObject({ userName: "张三", amount: 200_000 });
    const missing = await ask("tfNamed2", named, { headers: { "Wechatpay-Serial": "" } });
    expect(outcome(missing)).toEqual([400, "PARAM_ERROR"]);
    expect(missing.json().message).toContain("HTTP header缺少微信支付平台证书序列号(Wechatpay-Serial)");
  });

  it("is demanded by some scenes whatever the amount", async () => {
    await control.post("/wechat/transfers", { namedScenes: ["1005"] });
    expect(outcome(await ask("tfScene"))).toEqual([400, "PARAM_ERROR"]);
    expect((await ask("tfScene", { user_name: sealedName(env, "李四") })).status).toBe(200);
    await control.post("/wechat/transfers", { namedScenes: [] });
  });
});

describe("repeating a request", () => {
  it("gives the same transfer, though the name is encrypted differently each time", async () => {
    const named = () => ({ user_name: sealedName(env, "王五") });
    const first = await ask("tfAgain", named());
    expect((await ask("tfAgain", named())).json()).toEqual(first.json());
    await control.post("/transfers/tfAgain/confirm");
    const { package_info: _, ...rest } = first.json();
    expect((await ask("tfAgain", named())).json()).toEqual({ ...rest, state: "TRANSFERING" });
  });

  it("is refused when anything has changed", async () => {
    const name = sealedName(env, "王五");
    await ask("tfChanged", { user_name: name });
    const changes = [{ transfer_amount: 101 }, { openid: "oOfcl_another" }, { user_name: sealedName(env, "赵六") }];
    for (const change of changes) {
      const answer = await ask("tfChanged", { user_name: name, ...change });
      expect(outcome(answer)).toEqual([400, "INVALID_REQUEST"]);
      expect(answer.json().message).toContain("请求内容和上次请求不一致");
    }
  });
});

describe("the merchant", () => {
  it("needs money, and can use the same number once there is some", async () => {
    await control.post("/wechat/merchant", { balance: "empty" });
    expect(outcome(await ask("tfPoor"))).toEqual([403, "NOT_ENOUGH"]);
    expect(outcome(await queryTransfer(env, "tfPoor"))).toEqual([404, "RESOURCE_NOT_EXISTS"]);
    await control.post("/wechat/merchant", { balance: "enough" });
    expect((await ask("tfPoor")).status).toBe(200);
  });

  it("must call from a listed address when the list is on, by which the proxy's calls come", async () => {
    await control.post("/wechat/transfers", { listedAddresses: ["203.0.113.10"] });
    for (const asked of [ask("tfListed"), queryTransfer(env, "tfListed"), cancelTransfer(env, "tfListed")]) {
      const answer = await asked;
      expect(outcome(answer)).toEqual([403, "NO_AUTH"]);
      expect(answer.json().message).toBe("此IP地址不允许调用该接口");
    }
    const throughProxy = { ...env, WECHAT_API_BASE_URL: value(env, "PROVIDER_PROXY_URL") };
    expect((await askTransfer(throughProxy, transferOrder(env, "tfListed"))).status).toBe(200);
    expect((await queryTransfer(throughProxy, "tfListed")).status).toBe(200);
    await control.post("/wechat/transfers", { listedAddresses: null });
    expect((await queryTransfer(env, "tfListed")).status).toBe(200);
  });

  it("has no access to the transfers of old", async () => {
    expect(outcome(await call(env, "POST", "/v3/transfer/batches", {}))).toEqual([403, "NO_AUTH"]);
  });

  it("may ask for a hundred transfers a second", () => {
    const limits = transferEndpoints.filter(({ operation }) => operation === "transfer").map(({ limit }) => limit);
    expect(limits).toContainEqual({ name: "transfer", perSecond: 100 });
  });
});
