import { describe, expect, test } from "vitest";
import { businessError, nodeReply, success } from "../support/alipay.ts";
import { isSigned, parametersOf, replyText, scriptedClient } from "../support/alipay-client.ts";
import { broken, inTurn, timing } from "../support/wechat-client.ts";

const QUERY = { method: "alipay.trade.query", bizContent: '{"out_trade_no":"1"}' };
const found = () => nodeReply(QUERY.method, success({ out_trade_no: "1" }));
const unavailable = () => nodeReply(QUERY.method, { code: "20000", msg: "…", sub_code: "aop.unknow-error" });
const status = (code: number) => () => new Response("…", { status: code });

describe("a call", () => {
  test("is dated in GMT+8, and signed over exactly what is sent", async () => {
    const { client, sent } = await scriptedClient(found);
    await client.call({ ...QUERY, notifyUrl: "https://shop.test/n?中=1" }, timing());
    const parameters = parametersOf(sent[0]);
    expect(parameters).toMatchObject({ timestamp: "2026-11-22 10:00:00", notify_url: "https://shop.test/n?中=1" });
    expect(sent[0]?.url.searchParams.get("charset")).toBe("utf-8");
    expect(await isSigned(parameters)).toBe(true);
  });

  test("of trade.pay that waits for the buyer is a success with its own code; of another method it is not", async () => {
    const waiting = { code: "10003", msg: "order success pay inprocess", out_trade_no: "1" };
    const pay = await scriptedClient(() => nodeReply("alipay.trade.pay", waiting));
    const request = { ...QUERY, method: "alipay.trade.pay" };
    expect(await pay.client.call(request, timing())).toEqual({ kind: "success", node: waiting, sends: 1 });
    const query = await scriptedClient(() => nodeReply(QUERY.method, waiting));
    expect(await query.client.call(QUERY, timing())).toMatchObject({ kind: "error", gatewayCode: "10003" });
  });

  test("refused under the name error_response is refused; a success under it is none", async () => {
    const refusal = JSON.stringify({ code: "40002", sub_code: "isv.invalid-app-id" });
    const name = { name: "error_response" };
    const refused = await scriptedClient(() => replyText(QUERY.method, refusal, name));
    expect(await refused.client.call(QUERY, timing())).toMatchObject({ kind: "error", gatewayCode: "40002" });
    const odd = await scriptedClient(() => replyText(QUERY.method, JSON.stringify(success({})), name));
    expect(await odd.client.call(QUERY, timing())).toMatchObject({ kind: "error", gatewayCode: "10000" });
  });

  test("refused without a signature proves nothing, and says what was said", async () => {
    const unsigned = { alipay_trade_query_response: businessError("ACQ.TRADE_NOT_EXIST"), sign: "" };
    const { client } = await scriptedClient(() => Response.json(unsigned));
    expect(await client.call(QUERY, timing())).toMatchObject({
      kind: "unknown",
      cause: "unverified",
      message: expect.stringContaining("ACQ.TRADE_NOT_EXIST"),
    });
  });

  test("signed by somebody else is not verified", async () => {
    const { merchant } = await (await import("../support/keys.ts")).testKeys();
    const node = JSON.stringify(success({ out_trade_no: "1" }));
    const { client } = await scriptedClient(() => replyText(QUERY.method, node, { key: merchant }));
    expect(await client.call(QUERY, timing())).toMatchObject({ kind: "unknown", cause: "unverified" });
  });
});

describe("a call that can't be answered", () => {
  test.each([
    ["20000 once", inTurn(unavailable, found), 2, "success"],
    ["20000 twice", inTurn(unavailable, unavailable, found), 3, "success"],
    ["20000 for good", unavailable, 3, "unknown"],
    ["HTTP 502 once", inTurn(status(502), found), 2, "success"],
    ["a broken connection once", inTurn(broken, found), 2, "success"],
    ["a broken connection twice", inTurn(broken, broken, found), 2, "unknown"],
    ["a broken connection, then 20000", inTurn(broken, unavailable, found), 3, "success"],
    ["a business error", () => nodeReply(QUERY.method, businessError("ACQ.SYSTEM_ERROR")), 1, "error"],
    ["a redirect", status(302), 1, "unknown"],
    ["HTTP 429", status(429), 1, "error"],
  ])("%s", async (_, answer, sends, kind) => {
    const { client, sent } = await scriptedClient(answer);
    expect(await client.call(QUERY, timing())).toMatchObject({ kind, sends });
    expect(sent).toHaveLength(sends);
    for (const request of sent) expect(parametersOf(request).biz_content).toBe(QUERY.bizContent);
  });

  test("is sent once where a second time would need a query first", async () => {
    const { client, sent } = await scriptedClient(unavailable);
    expect(await client.call({ ...QUERY, once: true }, timing())).toMatchObject({ kind: "unknown", sends: 1 });
    expect(sent).toHaveLength(1);
  });

  test("ends with its time", async () => {
    const controller = new AbortController();
    const { client, sent } = await scriptedClient(() => {
      controller.abort();
      return status(503)();
    });
    await client.call(QUERY, timing({ signal: controller.signal }));
    expect(sent).toHaveLength(1);
  });

  test("is dated anew each time it is sent", async () => {
    const { client, sent } = await scriptedClient(inTurn(unavailable, found));
    let now = Date.parse("2026-11-22T10:00:00+08:00");
    const clock = () => {
      now += 1000;
      return now;
    };
    await client.call(QUERY, timing({ now: clock }));
    const [first, second] = sent.map((request) => parametersOf(request).timestamp ?? "");
    expect(first).toMatch(/^2026-11-22 10:00:0\d$/);
    expect(second && first && second > first).toBe(true);
    for (const request of sent) expect(await isSigned(parametersOf(request))).toBe(true);
  });
});
