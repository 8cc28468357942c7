import { describe, expect, test } from "vitest";
import { fen } from "../../../../src/money.ts";
import type { WechatTransferDraft } from "../../../../src/providers/transfers.ts";
import { WechatPayProvider } from "../../../../src/providers/wechat/provider.ts";
import { call } from "../support/calls.ts";
import { openOaep, testKeys } from "../support/keys.ts";
import {
  APP_ID,
  APPLICATIONS,
  errorReply,
  MCH_ID,
  PUBLIC_KEY_ID,
  signedReply,
  wechatConfig,
  wechatProvider,
} from "../support/wechat.ts";

const PATH = "/v3/fund-app/mch-transfer/transfer-bills";
const DRAFT: WechatTransferDraft = {
  outBillNo: "plfk2020042013",
  application: "official_account",
  openid: "o-MYE42l80oelYMDE34nYD456Xoy",
  sceneId: "1000",
  amount: fen(2_000),
  remark: "新会员开通有礼 🎉",
  perception: "现金奖励",
  sceneReports: [
    { infoType: "活动名称", infoContent: "新会员有礼" },
    { infoType: "奖励说明", infoContent: "注册会员抽奖一等奖" },
  ],
};
const REPLY = {
  out_bill_no: DRAFT.outBillNo,
  transfer_bill_no: "1330000071100999991182020050700019480001",
  create_time: "2026-11-22T09:59:00.120+08:00",
  state: "WAIT_USER_CONFIRM",
  package_info: "affffddafdfafddffda==",
};
const BILL = {
  ...REPLY,
  mch_id: MCH_ID,
  appid: APP_ID,
  transfer_amount: 2_000,
  transfer_remark: "新会员开通有礼",
  update_time: "2026-11-22T10:00:00+08:00",
  package_info: undefined,
};
const REF = { outBillNo: DRAFT.outBillNo, amount: DRAFT.amount, request: `{"appid":"${APP_ID}"}`, encryptedFor: null };

type Reply = () => Promise<Response> | Response;
const PROXY = { ...APPLICATIONS, proxyUrl: "https://proxy.example.com/wechat" };
const transfers = async (reply: Reply) => {
  const { provider, sent } = await wechatProvider(reply, PROXY);
  return { transfers: provider.transfers, sent };
};
const create = async (reply: Reply, firstSend = true) =>
  (await transfers(reply)).transfers.create(REF, call({ firstSend }));
const query = async (reply: Reply) => (await transfers(reply)).transfers.query(REF, call());
const cancel = async (reply: Reply) => (await transfers(reply)).transfers.cancel(REF, call());

async function prepared(changes: Partial<WechatTransferDraft> = {}) {
  const { transfers: ours } = await transfers(() => errorReply(400, "PARAM_ERROR"));
  const outcome = await ours.prepare({ ...DRAFT, ...changes }, call());
  if (outcome.kind !== "ok") throw new Error("not prepared");
  return { ...outcome.value, body: JSON.parse(outcome.value.request) };
}

describe("preparing", () => {
  test("puts a transfer into the text to send, in a fixed order", async () => {
    const { request, encryptedFor } = await prepared();
    expect(encryptedFor).toBeNull();
    expect(request).toBe(
      JSON.stringify({
        appid: APP_ID,
        out_bill_no: DRAFT.outBillNo,
        transfer_scene_id: "1000",
        openid: DRAFT.openid,
        transfer_amount: 2_000,
        transfer_remark: "新会员开通有礼",
        notify_url: "https://pay.example.com/api/v1/payments/wechat/notify",
        user_recv_perception: "现金奖励",
        transfer_scene_report_infos: [
          { info_type: "活动名称", info_content: "新会员有礼" },
          { info_type: "奖励说明", info_content: "注册会员抽奖一等奖" },
        ],
      }),
    );
  });

  test.each([
    ["official_account", APP_ID],
    ["mini_program", APPLICATIONS.miniAppId],
    ["mobile_app", APPLICATIONS.mobileAppId],
  ] as const)("takes the appid of the %s", async (application, appid) => {
    expect((await prepared({ application })).body.appid).toBe(appid);
  });

  test("encrypts the name, and says for which key", async () => {
    const { body, encryptedFor, request } = await prepared({ userName: "张三丰", amount: fen(200_000) });
    const { platform } = await testKeys();
    expect(encryptedFor).toBe(PUBLIC_KEY_ID);
    expect(await openOaep(platform, body.user_name)).toBe("张三丰");
    expect(request).not.toContain("张三丰");
  });

  test.each([
    ["out_bill_no", { outBillNo: "with-a-dash" }],
    ["out_bill_no", { outBillNo: "a".repeat(33) }],
    ["transfer_amount", { amount: fen(9) }],
    ["transfer_remark", { remark: "🎉" }],
    ["transfer_scene_id", { sceneId: "" }],
    ["openid", { openid: "o".repeat(65) }],
    ["transfer_scene_report_infos", { sceneReports: [] }],
    ["transfer_scene_report_infos[0].info_content", { sceneReports: [{ infoType: "岗位类型", infoContent: "" }] }],
    ["user_name", { amount: fen(200_000) }],
    ["user_name", { userName: "" }],
    ["user_name", { userName: "名".repeat(72) }],
  ])("gives an error that names %s", async (field, changes) => {
    await expect(prepared(changes)).rejects.toThrow(`${field}: `);
  });

  test("is unknown when there is no key to encrypt with", async () => {
    const { publicKey: _, ...config } = await wechatConfig();
    const provider = new WechatPayProvider(config, { fetch: () => Promise.reject(new Error("down")) });
    const outcome = await provider.transfers.prepare({ ...DRAFT, userName: "张三丰" }, call());
    expect(outcome).toMatchObject({ kind: "unknown" });
  });
});

describe("creating", () => {
  test("sends the prepared text by the listed address, and gives the user what to confirm", async () => {
    const { transfers: ours, sent } = await transfers(() => signedReply(REPLY));
    const request = JSON.stringify({ appid: APPLICATIONS.miniAppId });
    const outcome = await ours.create({ ...REF, request, encryptedFor: "PUB_KEY_ID_OF_THAT_DAY" }, call());
    expect(outcome).toEqual({
      kind: "ok",
      value: {
        status: "awaiting_user",
        providerBillNo: REPLY.transfer_bill_no,
        amount: null,
        failReason: null,
        confirmation: { mchId: MCH_ID, appId: APPLICATIONS.miniAppId, package: REPLY.package_info },
        updatedAt: new Date("2026-11-22T01:59:00.120Z"),
      },
    });
    expect(sent.map(({ url, body }) => [url.host, url.pathname, body])).toEqual([
      ["proxy.example.com", `/wechat${PATH}`, request],
    ]);
    expect(sent[0]?.headers.get("Wechatpay-Serial")).toBe("PUB_KEY_ID_OF_THAT_DAY");
  });

  test.each([
    ["ACCEPTED", "processing"],
    ["PROCESSING", "processing"],
    ["WAIT_USER_CONFIRM", "awaiting_user"],
    ["TRANSFERING", "processing"],
    ["SUCCESS", "success"],
    ["FAIL", "failed"],
    ["CANCELING", "cancelling"],
    ["CANCELLED", "cancelled"],
  ])("in state %s", async (state, status) => {
    const reply = { ...REPLY, state, package_info: undefined, fail_reason: "PAYEE_ACCOUNT_ABNORMAL" };
    expect(await create(() => signedReply(reply))).toMatchObject({
      kind: "ok",
      value: { status, confirmation: null, failReason: "PAYEE_ACCOUNT_ABNORMAL" },
    });
  });

  test.each([
    [{ state: "THINKING" }, "unlisted"],
    [{ state: undefined }, "unlisted"],
    [{ out_bill_no: "another" }, "unverified"],
  ])("answered with %j proves nothing", async (changes, cause) => {
    expect(await create(() => signedReply({ ...REPLY, ...changes }))).toMatchObject({ kind: "unknown", cause });
  });

  test("keeps the four arms", async () => {
    expect(await create(() => errorReply(400, "PARAM_ERROR"))).toMatchObject({ kind: "refused" });
    expect(await create(() => errorReply(400, "PARAM_ERROR"), false)).toMatchObject({ kind: "unknown", cause: "echo" });
    expect(await create(() => errorReply(403, "NOT_ENOUGH"))).toMatchObject({ kind: "later" });
    expect(await create(() => errorReply(400, "SOMETHING_NEW"))).toMatchObject({ kind: "unknown" });
    expect(await create(() => Response.json(REPLY))).toMatchObject({ kind: "unknown", cause: "unverified" });
  });
});

describe("a query", () => {
  test("goes by the listed address and says what became of it", async () => {
    const { transfers: ours, sent } = await transfers(() => signedReply({ ...BILL, state: "SUCCESS" }));
    expect(await ours.query(REF, call())).toEqual({
      kind: "ok",
      value: {
        status: "success",
        providerBillNo: BILL.transfer_bill_no,
        amount: 2_000,
        failReason: null,
        confirmation: null,
        updatedAt: new Date("2026-11-22T02:00:00Z"),
      },
    });
    expect(sent[0]?.url.href).toBe(`https://proxy.example.com/wechat${PATH}/out-bill-no/${DRAFT.outBillNo}`);
  });

  test("by WeChat Pay's own number says which it is", async () => {
    const { transfers: ours, sent } = await transfers(() => signedReply(BILL));
    const value = { outBillNo: DRAFT.outBillNo, transfer: { status: "awaiting_user" } };
    expect(await ours.queryByBillNo(BILL.transfer_bill_no, call())).toMatchObject({ kind: "ok", value });
    expect(sent[0]?.url.pathname).toBe(`/wechat${PATH}/transfer-bill-no/${BILL.transfer_bill_no}`);
  });

  test.each(["NOT_FOUND", "RESOURCE_NOT_EXISTS"])("answered 404 %s: there is none", async (code) => {
    expect(await query(() => errorReply(404, code))).toEqual({ kind: "ok", value: { status: "not_found" } });
    expect(await query(() => errorReply(400, code))).toMatchObject({ kind: "unknown" });
  });

  test.each([
    [{ mch_id: "1900000000" }, "unverified"],
    [{ out_bill_no: "another" }, "unverified"],
    [{ state: "THINKING" }, "unlisted"],
    [{ transfer_amount: 20.5 }, "unlisted"],
  ])("answered with %j proves nothing", async (changes, cause) => {
    expect(await query(() => signedReply({ ...BILL, ...changes }))).toMatchObject({ kind: "unknown", cause });
  });

  test("that fails refuses nothing", async () => {
    expect(await query(() => errorReply(404, ""))).toMatchObject({ kind: "unknown" });
    expect(await query(() => errorReply(403, "NO_AUTH"))).toMatchObject({ kind: "unknown" });
  });
});

describe("cancelling", () => {
  test("is asked for without a body, and done later", async () => {
    const { out_bill_no, transfer_bill_no } = REPLY;
    const reply = { out_bill_no, transfer_bill_no, state: "CANCELING", update_time: "2026-11-22T10:00:00+08:00" };
    const { transfers: ours, sent } = await transfers(() => signedReply(reply));
    expect(await ours.cancel(REF, call())).toMatchObject({ kind: "ok", value: { status: "cancelling" } });
    expect(sent.map(({ method, url, body }) => [method, url.pathname, body])).toEqual([
      ["POST", `/wechat${PATH}/out-bill-no/${DRAFT.outBillNo}/cancel`, ""],
    ]);
  });

  test("of another transfer, or in an unknown state, proves nothing", async () => {
    expect(await cancel(() => signedReply({ ...REPLY, out_bill_no: "another" }))).toMatchObject({
      cause: "unverified",
    });
    expect(await cancel(() => signedReply({ ...REPLY, state: "THINKING" }))).toMatchObject({ cause: "unlisted" });
    expect(await cancel(() => errorReply(400, "SOMETHING_NEW"))).toMatchObject({ kind: "unknown" });
  });
});
