/** What is reported of sends that are no success. */
import { describe, expect, test } from "vitest";
import { AlipayClient } from "../../../../src/providers/alipay/client.ts";
import type { AlipayConfig } from "../../../../src/providers/alipay/config.ts";
import type { ProviderTrouble } from "../../../../src/providers/trouble.ts";
import {
  ALIPAY_APP_ID,
  alipayConfig,
  businessError,
  nodeReply,
  noticeBody,
  PAYMENT_NOTICE,
} from "../support/alipay.ts";
import { certificateFiles } from "../support/alipay-certificates.ts";
import { call, NOW, recordingFetch } from "../support/calls.ts";
import { type Answer, broken, inTurn, timing } from "../support/wechat-client.ts";

const REFUND = {
  method: "alipay.trade.refund",
  bizContent: '{"out_trade_no":"01JD8ZC4Q6V0X5T2R9N7M3K1B8A1","refund_reason":"张三丰不要了"}',
};
const TRACE_ID = "0b4a3f7e17326123456781234e1a5f";

/** A signed error that the gateway's own name for the request comes with. */
const refused =
  (subMessage: string, codes: Readonly<Record<string, string>> = {}, traceId = TRACE_ID): Answer =>
  async ({ url }) => {
    const node = { ...businessError("ACQ.TRADE_STATUS_ERROR"), sub_msg: subMessage, ...codes };
    const reply = await nodeReply(url.searchParams.get("method") ?? "", node);
    reply.headers.set("trace_id", traceId);
    return reply;
  };

/** A client, what the isolate's hook was told, and what the hook of a call was told. */
async function listened(answer: Answer, changes: Partial<AlipayConfig> = {}) {
  const [isolate, own]: [ProviderTrouble[], ProviderTrouble[]] = [[], []];
  const { fetch } = recordingFetch(answer);
  const client = new AlipayClient(await alipayConfig(changes), { fetch, report: (trouble) => isolate.push(trouble) });
  return { client, isolate, own, withHook: call({ report: (trouble) => own.push(trouble) }) };
}

describe("a failed send is reported", () => {
  test("with what Alipay said and its name for the request, without any number", async () => {
    const { client, isolate } = await listened(refused("交易2026112222001400000000000001状态不合法"));
    expect(await client.call(REFUND, timing())).toMatchObject({ kind: "error", status: 200, requestId: TRACE_ID });
    expect(isolate).toEqual([
      {
        provider: "alipay",
        call: "alipay.trade.refund",
        sends: 1,
        cause: "error",
        status: 200,
        code: "ACQ.TRADE_STATUS_ERROR",
        message: "交易***状态不合法",
        providerRequestId: TRACE_ID,
      },
    ]);
  });

  test("each by itself, whatever the call ends in, and a success not at all", async () => {
    const { client, own, withHook } = await listened(
      inTurn(broken, refused("系统繁忙", { code: "20000", sub_code: "isp.unknow-error" }), ({ url }) =>
        nodeReply(url.searchParams.get("method") ?? "", { code: "10000", fund_change: "Y" }),
      ),
    );
    expect(await client.call(REFUND, withHook)).toMatchObject({ kind: "success" });
    expect(own).toMatchObject([
      { sends: 1, cause: "network", status: undefined, code: undefined, message: "the connection failed" },
      { sends: 2, cause: "server", status: 200, code: "isp.unknow-error", message: "系统繁忙" },
    ]);
  });

  test.each([
    ["HTTP 502", () => new Response("…", { status: 502 }), { cause: "server", status: 502, message: "HTTP 502" }],
    ["HTTP 429", () => new Response("…", { status: 429 }), { cause: "error", status: 429, code: "429" }],
    ["no JSON", () => new Response("<html>"), { cause: "unverified", status: 200, code: undefined }],
    [
      "an unsigned error",
      () => Response.json({ error_response: businessError("isv.invalid-app-id") }),
      { cause: "unverified", code: "isv.invalid-app-id", message: "交易状态不合法" },
    ],
  ])("that ended in %s", async (_, answer, expected) => {
    const { client, isolate } = await listened(answer);
    await client.call({ ...REFUND, once: true }, timing());
    expect(isolate).toMatchObject([{ sends: 1, ...expected }]);
  });

  test("to the call's own hook rather than to the isolate's", async () => {
    const { client, isolate, own, withHook } = await listened(refused("无"));
    await client.call(REFUND, withHook);
    expect([isolate.length, own.length]).toEqual([0, 1]);
  });

  test("for downloads of bills too, without the address", async () => {
    const { client, isolate } = await listened(() => new Response("…", { status: 404 }));
    await client.download(
      "https://dwbillcenter.alipay.com/downloadBillFile.resource?userId=2088000000000001",
      timing(),
    );
    expect(isolate).toMatchObject([{ call: "bill_download_url", cause: "error", status: 404, code: "404" }]);
    expect(JSON.stringify(isolate)).not.toMatch(/2088|dwbillcenter/);
  });

  test("for downloads of certificates that notices name", async () => {
    const certificates = await certificateFiles();
    const { client, isolate } = await listened(
      refused("签名错误", { code: "40002", sub_code: "isv.invalid-signature" }),
      {
        certificates,
      },
    );
    await client.verifyNotice(await noticeBody({ ...PAYMENT_NOTICE, alipay_cert_sn: "0".repeat(32) }), NOW);
    expect(isolate).toMatchObject([
      {
        call: "alipay.open.app.alipaycert.download",
        cause: "error",
        code: "isv.invalid-signature",
        message: "签名错误",
      },
    ]);
  });

  test("without what the gateway echoes of the request", async () => {
    const echoed = `app_id=${ALIPAY_APP_ID}&amp;biz_content={"payee_info":{"name":"张三丰"}}`;
    const codes = { code: "40002", sub_code: "isv.invalid-signature" };
    const { client, isolate } = await listened(refused(`验签出错，网关生成的验签字符串为：${echoed}`, codes));
    await client.call(REFUND, timing());
    expect(isolate).toMatchObject([{ code: "isv.invalid-signature", message: "验签出错，网关生成的验签字符串为：…" }]);
  });

  test("shortened, and with nothing in a code's or a name's place that is none", async () => {
    const { client, isolate } = await listened(refused("错".repeat(500), { sub_code: "2088102146225135" }, "a b"));
    await client.call(REFUND, timing());
    expect(isolate).toMatchObject([{ code: undefined, providerRequestId: undefined }]);
    expect(isolate[0]?.message).toHaveLength(201);
  });
});

test.each([
  ["alipay.trade.query", "ACQ.TRADE_NOT_EXIST"],
  ["alipay.trade.close", "ACQ.TRADE_NOT_EXIST"],
  ["alipay.trade.fastpay.refund.query", "TRADE_NOT_EXIST"],
  ["alipay.fund.trans.common.query", "ORDER_NOT_EXIST"],
  ["alipay.fund.auth.operation.detail.query", "AUTH_ORDER_NOT_EXIST"],
  ["alipay.fund.auth.operation.cancel", "AUTH_ORDER_NOT_EXIST"],
  ["alipay.data.dataservice.bill.downloadurl.query", "isp.bill_not_exist"],
])("that there is none is an ordinary answer: %s, %s", async (method, subCode) => {
  const { client, isolate } = await listened(refused("不存在", { sub_code: subCode }));
  await client.call({ ...REFUND, method }, timing());
  expect(isolate).toEqual([]);
});

test("that what was to change is not there is news", async () => {
  const { client, isolate } = await listened(refused("不存在", { sub_code: "ACQ.TRADE_NOT_EXIST" }));
  await client.call(REFUND, timing());
  expect(isolate).toMatchObject([{ call: "alipay.trade.refund", code: "ACQ.TRADE_NOT_EXIST" }]);
});
