/** What is reported of sends that are no success. */
import { describe, expect, test } from "vitest";
import { masked, type ProviderTrouble } from "../../../../src/providers/trouble.ts";
import { WechatClient } from "../../../../src/providers/wechat/client.ts";
import { recordingFetch } from "../support/calls.ts";
import { errorReply, signedReply, wechatConfig } from "../support/wechat.ts";
import { type Answer, broken, inTurn, timing } from "../support/wechat-client.ts";

const OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
const CLOSE = {
  method: "POST",
  path: "/v3/pay/transactions/out-trade-no/01JD8ZC4Q6/close?mchid=1900007291",
  body: `{"openid":"${OPENID}"}`,
} as const;
const REQUEST_ID = "08F6D1B5C10610D0011898F1D4AD0120-268435968";

const refused = (message: string) => (): Response =>
  Response.json({ code: "PARAM_ERROR", message }, { status: 400, headers: { "Request-ID": REQUEST_ID } });

/** A client, what the isolate's hook was told, and what the hook of a call was told. */
async function listened(answer: Answer) {
  const [isolate, own]: [ProviderTrouble[], ProviderTrouble[]] = [[], []];
  const { fetch } = recordingFetch(answer);
  const client = new WechatClient(await wechatConfig({ backupUrl: "https://api2.mch.weixin.qq.com" }), {
    fetch,
    report: (trouble) => isolate.push(trouble),
  });
  return { client, isolate, own, withHook: timing({ report: (trouble) => own.push(trouble) }) };
}

describe("a failed send is reported", () => {
  test("with what WeChat Pay said and its name for the request, without any number", async () => {
    const { client, isolate } = await listened(refused(`openid ${OPENID} 与appid不匹配`));
    expect(await client.call(CLOSE, timing())).toMatchObject({ status: 400, requestId: REQUEST_ID });
    expect(isolate).toEqual([
      {
        provider: "wechat",
        call: "POST /v3/pay/transactions/out-trade-no/*/close",
        sends: 1,
        cause: "error",
        status: 400,
        code: "PARAM_ERROR",
        message: "openid *** 与appid不匹配",
        providerRequestId: REQUEST_ID,
      },
    ]);
  });

  test("each by itself, whatever the call ends in, and a success not at all", async () => {
    const unsigned = () => Response.json({});
    const { client, own, withHook } = await listened(
      inTurn(
        broken,
        () => errorReply(500, "SYSTEM_ERROR"),
        () => signedReply({}),
      ),
    );
    expect(await client.call(CLOSE, withHook)).toMatchObject({ kind: "success" });
    expect(own).toMatchObject([
      { sends: 1, cause: "network", status: undefined, code: undefined, message: "the connection failed" },
      { sends: 2, cause: "server", status: 500, code: "SYSTEM_ERROR", message: "…" },
    ]);
    const other = await listened(unsigned);
    await other.client.call(CLOSE, other.withHook);
    expect(other.own).toMatchObject([
      { sends: 1, cause: "unverified", status: 200, message: "header Wechatpay-Timestamp is missing" },
      { sends: 2, cause: "unverified" },
    ]);
  });

  test("to the call's own hook rather than to the isolate's", async () => {
    const { client, isolate, own, withHook } = await listened(refused("无"));
    await client.call(CLOSE, withHook);
    expect([isolate.length, own.length]).toEqual([0, 1]);
  });

  test("for downloads of bills and certificates too", async () => {
    const { client, isolate } = await listened(() => errorReply(403, "NO_AUTH"));
    await client.download("https://bill.example/v3/billdownload/file?token=6XIv5TUPto7pByrTQKhd6kwvy", timing());
    await client.renewKeys(timing());
    expect(isolate.map(({ call, status, code }) => [call, status, code])).toEqual([
      ["GET /v3/billdownload/file", 403, "NO_AUTH"],
      ["GET /v3/certificates", 403, "NO_AUTH"],
    ]);
  });

  test("shortened, and with nothing in a code's or a name's place that is none", async () => {
    const { client, isolate } = await listened(() =>
      Response.json({ code: OPENID, message: "错".repeat(500) }, { status: 400, headers: { "Request-ID": "a b" } }),
    );
    await client.call(CLOSE, timing());
    expect(isolate).toMatchObject([{ code: undefined, providerRequestId: undefined }]);
    expect(isolate[0]?.message).toHaveLength(201);
  });
});

test.each([
  ["输入源“/body/amount/total”映射到值字段“总金额”数值规则校验失败，值低于最小值 1", undefined],
  ["transfer_scene_report_infos is wrong: RESOURCE_NOT_EXISTS", undefined],
  ["此IP地址不允许调用该接口 10.1.2.3", undefined],
  ["手机号13800138000", "手机号***"],
  ["单号4200000263201902167700134212已支付", "单号***已支付"],
  [`"${OPENID}"`, '"***"'],
  ["https://shop.example/notify?order=1", "https:***?order=1"],
])("%s is masked where it could be a number of somebody's", (message, expected) => {
  expect(masked(message)).toBe(expected ?? message);
});
