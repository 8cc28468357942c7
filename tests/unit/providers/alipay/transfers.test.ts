import { describe, expect, test } from "vitest";
import { fen } from "../../../../src/money.ts";
import { openApplication } from "../../../../src/providers/alipay/application.ts";
import { AlipayTransfers } from "../../../../src/providers/alipay/transfers.ts";
import type { AlipayTransferDraft } from "../../../../src/providers/transfers.ts";
import { alipayConfig, alipayProvider, businessError, nodeReply, success } from "../support/alipay.ts";
import { call, recordingFetch } from "../support/calls.ts";

const CREATE = "alipay.fund.trans.uni.transfer";
const QUERY = "alipay.fund.trans.common.query";
const DRAFT: AlipayTransferDraft = {
  provider: "alipay",
  outBillNo: "T01JD8ZC4Q6V0X5T2R9N7M3K1B8",
  payee: { identity: "13800001234", identityType: "ALIPAY_LOGON_ID", name: "张三丰" },
  title: "活动奖励 A&B",
  amount: fen(1_050),
  remark: "第一名",
  productCode: "TRANS_ACCOUNT_NO_PWD",
  sceneName: "现金营销",
  sceneReports: [{ infoType: "活动名称", infoContent: "新会员有礼" }],
};
const REQUEST = '{"product_code":"STD_RED_PACKET"}';
const REF = {
  ...{ outBillNo: DRAFT.outBillNo, amount: DRAFT.amount, request: REQUEST, encryptedFor: null },
  productCode: "STD_RED_PACKET" as const,
};
const NUMBERS = { out_biz_no: DRAFT.outBillNo, order_id: "20261122110070000006000000000001" };

/** Transfers whose calls are all answered by this node. */
async function transfers(node: Readonly<Record<string, unknown>> = {}) {
  const { fetch, sent } = recordingFetch(({ url }) => nodeReply(url.searchParams.get("method") ?? "", node));
  return { transfers: new AlipayTransfers(openApplication(await alipayConfig(), { fetch })), sent };
}

const create = async (node: Readonly<Record<string, unknown>>, firstSend = true) =>
  (await transfers(node)).transfers.create(REF, call({ firstSend }));
const query = async (node: Readonly<Record<string, unknown>>) => (await transfers(node)).transfers.query(REF, call());

describe("preparing", () => {
  const prepared = async (changes: Partial<AlipayTransferDraft> = {}) =>
    (await transfers()).transfers.prepare({ ...DRAFT, ...changes });

  test("puts a transfer into the text to send, in a fixed order", async () => {
    const outcome = await prepared();
    expect(outcome).toEqual({
      kind: "ok",
      value: {
        encryptedFor: null,
        request: JSON.stringify({
          out_biz_no: DRAFT.outBillNo,
          trans_amount: "10.50",
          product_code: "TRANS_ACCOUNT_NO_PWD",
          biz_scene: "DIRECT_TRANSFER",
          order_title: "活动奖励 A＆B",
          payee_info: { identity: "13800001234", identity_type: "ALIPAY_LOGON_ID", name: "张三丰" },
          remark: "第一名",
          transfer_scene_name: "现金营销",
          transfer_scene_report_infos: [{ info_type: "活动名称", info_content: "新会员有礼" }],
        }),
      },
    });
  });

  test("leaves out what is not said", async () => {
    const outcome = await prepared({ remark: undefined, sceneName: undefined, sceneReports: [] });
    expect(JSON.stringify(outcome)).not.toMatch(/remark|scene_(?:name|report)/);
  });

  test.each<[string, Partial<AlipayTransferDraft>]>([
    ["payee_info.name", { payee: { identity: "13800001234", identityType: "ALIPAY_LOGON_ID" } }],
    ["payee_info.identity", { payee: { identity: "", identityType: "ALIPAY_USER_ID" } }],
    ["trans_amount", { amount: fen(9) }],
    ["trans_amount", { amount: fen(0), productCode: "STD_RED_PACKET" }],
    ["order_title", { title: "🧧" }],
    ["out_biz_no", { outBillNo: "T-1" }],
  ])("names %s", async (field, changes) => {
    await expect(prepared(changes)).rejects.toMatchObject({ field });
  });

  test("takes a red packet of one fen", async () => {
    expect(await prepared({ amount: fen(1), productCode: "STD_RED_PACKET" })).toMatchObject({ kind: "ok" });
  });
});

test("is not offered in public-key mode", async () => {
  const { provider } = await alipayProvider(() => new Response(""));
  expect(provider.transfers).toBeUndefined();
});

describe("asking for a transfer", () => {
  test.each([
    ["SUCCESS", "success"],
    ["DEALING", "processing"],
    ["FAIL", "failed"],
    ["REFUND", "returned"],
  ])("reads %s as %s", async (status, expected) => {
    const outcome = await create(success({ ...NUMBERS, status, trans_date: "2026-11-22 10:00:01" }));
    expect(outcome).toMatchObject({ kind: "ok", value: { status: expected, providerBillNo: NUMBERS.order_id } });
  });

  test.each([
    ["a status of tomorrow", success({ ...NUMBERS, status: "NEWS" }), "unlisted"],
    ["no status", success(NUMBERS), "unlisted"],
    ["another transfer", success({ ...NUMBERS, out_biz_no: "T0", status: "SUCCESS" }), "unverified"],
    ["an error of the system", businessError("SYSTEM_ERROR"), "unlisted"],
    ["a request being worked on", businessError("REQUEST_PROCESSING"), "unlisted"],
    ["a service that is down", { code: "20000", msg: "down", sub_code: "aop.unknow-error" }, "server"],
  ])("knows nothing after %s", async (_, node, cause) => {
    expect(await create(node)).toMatchObject({ kind: "unknown", cause });
  });

  test("is refused on the first send alone", async () => {
    const node = businessError("PAYEE_NOT_EXIST");
    expect(await create(node)).toMatchObject({ kind: "refused", code: "PAYEE_NOT_EXIST" });
    expect(await create(node, false)).toMatchObject({ kind: "unknown", cause: "echo" });
  });

  test("may succeed later when the account is short", async () => {
    expect(await create(businessError("PAYER_BALANCE_NOT_ENOUGH"))).toMatchObject({ kind: "later" });
  });

  test("is sent as it was recorded, once, even when the service is down", async () => {
    const { transfers: ours, sent } = await transfers({ code: "20000", msg: "down", sub_code: "isp.unknow-error" });
    await ours.create(REF, call());
    expect(sent.map(({ url }) => url.searchParams.get("method"))).toEqual([CREATE]);
    expect(sent.map(({ body }) => new URLSearchParams(body).get("biz_content"))).toEqual([REQUEST]);
  });
});

describe("a query", () => {
  test("names the product that the transfer was sent with", async () => {
    const { transfers: ours, sent } = await transfers(success({ ...NUMBERS, status: "SUCCESS" }));
    await ours.query(REF, call());
    const [asked] = sent.map(({ body }) => JSON.parse(new URLSearchParams(body).get("biz_content") ?? ""));
    expect(asked).toEqual({
      out_biz_no: DRAFT.outBillNo,
      product_code: "STD_RED_PACKET",
      biz_scene: "DIRECT_TRANSFER",
    });
    expect(sent[0]?.url.searchParams.get("method")).toBe(QUERY);
  });

  test.each([
    ["WAIT_PAY", "processing"],
    ["CLOSED", "failed"],
    ["REFUND", "returned"],
  ])("reads %s as %s", async (status, expected) => {
    expect(await query(success({ ...NUMBERS, status }))).toMatchObject({ kind: "ok", value: { status: expected } });
  });

  test("gives the amount, and why it came to nothing", async () => {
    const node = success({ ...NUMBERS, status: "FAIL", trans_amount: "10.50", error_code: "PAYEE_CARD_INFO_ERROR" });
    expect(await query(node)).toMatchObject({ value: { amount: 1_050, failReason: "PAYEE_CARD_INFO_ERROR" } });
  });

  test("finds nothing by ORDER_NOT_EXIST alone", async () => {
    expect(await query(businessError("ORDER_NOT_EXIST"))).toEqual({ kind: "ok", value: { status: "not_found" } });
    expect(await query(businessError("PAYEE_NOT_EXIST"))).toMatchObject({ kind: "unknown" });
  });
});
