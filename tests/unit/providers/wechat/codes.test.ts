import { describe, expect, test } from "vitest";
import { CODES, failure, plainCode, type WechatOperation } from "../../../../src/providers/wechat/codes.ts";
import { errorReply, signedReply } from "../support/wechat.ts";
import { type Answer, inTurn, scriptedClient, timing } from "../support/wechat-client.ts";

const CALL = { method: "POST", path: "/v3/pay/transactions/native", body: "{}" } as const;

/** What a call ends in that is answered with an error each time it is sent. */
async function outcomeOf(operation: WechatOperation, answer: Answer, firstSend = true) {
  const { client, sent } = await scriptedClient(answer);
  const reply = await client.call(CALL, timing());
  if (reply.kind === "success") throw new Error("an error passed for a success");
  return { outcome: failure(reply, operation, { firstSend }), sends: sent.length };
}

/** Rows of the reference: the call, the status, the code, what it means. */
const TABLE = [
  ["create", 202, "USER_PAYING", "unknown server"],
  ["refund", 202, "ACCEPTED", "unknown server"],
  ["close", 202, "USERPAYING", "unknown server"],
  ["create", 400, "PARAM_ERROR", "refused"],
  ["refund", 400, "PARAM_ERROR", "refused"],
  ["transfer", 400, "PARAM_ERROR", "refused"],
  ["query", 400, "PARAM_ERROR", "unknown unlisted"],
  ["create", 400, "INVALID_REQUEST", "refused"],
  ["refund", 400, "INVALIDREQUEST", "refused"],
  ["abnormal_refund", 400, "INVALID_REQUEST", "refused"],
  ["transfer", 400, "INVALID_REQUEST", "refused"],
  ["transfer_cancel", 400, "INVALID_REQUEST", "refused"],
  ["bill", 400, "INVALID_REQUEST", "refused"],
  ["close", 400, "INVALID_REQUEST", "unknown unlisted"],
  ["create", 400, "APPID_MCHID_NOT_MATCH", "refused"],
  ["combine_create", 400, "APPID_MCHID_NOT_MATCH", "refused"],
  ["create", 400, "MCH_NOT_EXISTS", "refused"],
  ["refund", 404, "MCH_NOT_EXISTS", "refused"],
  ["query", 400, "MCH_NOT_EXISTS", "unknown unlisted"],
  ["create", 400, "ORDER_CLOSED", "refused"],
  ["close", 400, "ORDER_CLOSED", "unknown unlisted"],
  ["query", 400, "ORDER_CLOSED", "unknown unlisted"],
  ["create", 400, "ORDERPAID", "unknown echo"],
  ["combine_create", 400, "ORDER_PAID", "unknown echo"],
  ["bill", 400, "NO_STATEMENT_EXIST", "refused"],
  ["bill", 400, "STATEMENT_CREATING", "later"],
  ["refund", 400, "REFUND_FEE_MISMATCH", "unknown echo"],
  ["refund", 403, "TRADE_OVERDUE", "refused"],
  ["create", 401, "SIGN_ERROR", "refused"],
  ["echo", 401, "SIGN_ERROR", "refused"],
  ["query", 401, "SIGN_ERROR", "unknown unlisted"],
  ["refund_query", 401, "SIGNERROR", "unknown unlisted"],
  ["create", 403, "NO_AUTH", "refused"],
  ["refund", 403, "NOAUTH", "refused"],
  ["bill", 403, "NO_AUTH", "refused"],
  ["transfer", 403, "NO_AUTH", "refused"],
  ["create", 403, "RULE_LIMIT", "refused"],
  ["create", 403, "RULELIMIT", "refused"],
  ["close", 403, "RULE_LIMIT", "unknown unlisted"],
  ["create", 403, "TRADE_ERROR", "refused"],
  ["query", 403, "TRADE_ERROR", "unknown unlisted"],
  ["create", 403, "OUT_TRADE_NO_USED", "refused"],
  ["create", 403, "ACCOUNT_ERROR", "refused"],
  ["create", 403, "ACCOUNTERROR", "refused"],
  ["refund", 403, "USER_ACCOUNT_ABNORMAL", "refused"],
  ["create", 403, "NOT_ENOUGH", "later"],
  ["refund", 403, "NOT_ENOUGH", "later"],
  ["refund", 403, "NOTENOUGH", "later"],
  ["transfer", 403, "NOT_ENOUGH", "later"],
  ["query", 404, "ORDER_NOT_EXIST", "unknown unlisted"],
  ["close", 404, "ORDERNOTEXIST", "unknown unlisted"],
  ["refund", 404, "RESOURCE_NOT_EXISTS", "refused"],
  ["refund_query", 404, "RESOURCE_NOT_EXISTS", "unknown unlisted"],
  ["transfer_query", 404, "NOT_FOUND", "unknown unlisted"],
  ["transfer_cancel", 404, "NOT_FOUND", "refused"],
  ["create", 429, "FREQUENCY_LIMITED", "later"],
  ["query", 429, "RATELIMIT_EXCEEDED", "later"],
  ["refund", 429, "RATE_LIMITED", "later"],
  ["transfer", 429, "FREQUENCY_LIMIT_EXCEED", "later"],
  ["close", 429, "PARAM_ERROR", "later"],
  ["create", 500, "OPENID_MISMATCH", "refused"],
  ["create", 500, "INVALID_TRANSACTIONID", "refused"],
  ["create", 500, "PARAM_ERROR", "unknown server"],
  ["create", 500, "SYSTEM_ERROR", "unknown server"],
  ["refund", 500, "SYSTEMERROR", "unknown server"],
  ["create", 500, "BANK_ERROR", "unknown server"],
  ["transfer", 500, "BANKERROR", "unknown server"],
  ["query", 501, "NOT_IMPLEMENTED", "unknown unlisted"],
  ["create", 502, "SERVICE_UNAVAILABLE", "unknown server"],
  ["refund", 503, "SERVICE_UNAVAILABLE", "unknown server"],
  ["create", 400, "A_CODE_OF_TOMORROW", "unknown unlisted"],
  ["create", 400, "SYSTEM_ERROR", "unknown unlisted"],
  ["create", 302, "PARAM_ERROR", "unknown unlisted"],
] as const;

describe("the table of errors", () => {
  test.concurrent.each(TABLE)("%s answered %d %s: %s", async (operation, status, code, expected) => {
    const { outcome } = await outcomeOf(operation, () => errorReply(status, code));
    const [kind, cause] = expected.split(" ");
    expect(outcome).toMatchObject(cause === undefined ? { kind, code } : { kind, cause });
  });

  test("has no code that isn't shown here", () => {
    const shown = new Set(TABLE.map(([, , code]) => plainCode(code)));
    expect(CODES.map(({ code }) => code).filter((code) => !shown.has(plainCode(code)))).toEqual([]);
  });
});

describe("errors without a code", () => {
  test.each([
    [404, "unlisted"],
    [405, "unlisted"],
    [403, "unlisted"],
    [501, "unlisted"],
    [202, "server"],
  ])("an empty %d is unknown: %s", async (status, cause) => {
    const { outcome } = await outcomeOf("create", () => new Response(null, { status }));
    expect(outcome).toMatchObject({ kind: "unknown", cause });
  });

  test("an empty 429 comes back later", async () => {
    const { outcome } = await outcomeOf("refund", () => new Response(null, { status: 429 }));
    expect(outcome).toMatchObject({ kind: "later", code: "429" });
  });

  test.each(["<html>503</html>", '{"code":7}', '{"code":""}', "null", "\u0000"])("%j is no code", async (body) => {
    const { outcome } = await outcomeOf("create", () => new Response(body, { status: 400 }));
    expect(outcome).toMatchObject({ kind: "unknown", cause: "unlisted" });
  });
});

describe("a refusal may be an echo", () => {
  const refusal = () => errorReply(400, "PARAM_ERROR");

  test("of an earlier send of the number", async () => {
    expect((await outcomeOf("create", refusal, false)).outcome).toMatchObject({ kind: "unknown", cause: "echo" });
    expect((await outcomeOf("refund", refusal, false)).outcome).toMatchObject({ kind: "unknown", cause: "echo" });
  });

  test.each([
    ["an error of the server", () => errorReply(500, "SYSTEM_ERROR")],
    ["a reply that did not verify", () => Response.json({})],
  ])("of the same call, after %s", async (_, first) => {
    const { outcome, sends } = await outcomeOf("refund", inTurn(first, refusal));
    expect(outcome).toMatchObject({ kind: "unknown", cause: "echo" });
    expect(sends).toBe(2);
  });

  test("when it says that the number came with other contents before", async () => {
    const message = "请求内容和上次请求不一致，请检查";
    const changed = () => Response.json({ code: "INVALID_REQUEST", message }, { status: 400 });
    expect((await outcomeOf("refund", changed)).outcome).toMatchObject({ kind: "unknown", cause: "echo" });
  });

  test("but money that is missing is missing, however often it was asked for", async () => {
    const { outcome } = await outcomeOf("refund", () => errorReply(403, "NOT_ENOUGH"), false);
    expect(outcome).toMatchObject({ kind: "later" });
  });
});

test("a signed 202 is no success", async () => {
  const { client } = await scriptedClient(() => signedReply({ code: "USER_PAYING", message: "" }, 202));
  expect(await client.call(CALL, timing())).toMatchObject({ kind: "error", status: 202, sends: 1 });
});

test("a message is cut short", async () => {
  const answer = () => Response.json({ code: "PARAM_ERROR", message: "长".repeat(5000) }, { status: 400 });
  const { outcome } = await outcomeOf("create", answer);
  expect(outcome.kind === "refused" && outcome.message.length).toBeLessThan(300);
});
