/** Who may call: headers, clock, merchant and signature, and what those hear that may not. */
import { describe, expect, it } from "vitest";
import { controlOf } from "./control.ts";
import { type Received, send } from "./http.ts";
import { openSimulator } from "./simulator.ts";
import { authorization, call, nativeOrder, type Oddities } from "./wechat-client.ts";

const NATIVE = "/v3/pay/transactions/native";
const NOTIFY = "https://shop.example/notify";
const { sandbox, env } = await openSimulator();

const outcome = (answer: Received) => [answer.status, answer.json().code];
const unsigned = (answer: Received) => answer.headers["wechatpay-signature"] === undefined;
const create = (order: object, odd?: Oddities) => call(env, "POST", NATIVE, order, odd);

describe("who calls", () => {
  const order = () => nativeOrder(env, "order-auth", NOTIFY);
  const now = () => Math.floor(Date.now() / 1000);

  it("must carry an Authorization of the scheme, or gets an unsigned 401", async () => {
    for (const authorization of ["", "Bearer x", 'WECHATPAY2-SHA256-RSA2048 mchid="1"']) {
      const answer = await create(order(), { authorization });
      expect(outcome(answer)).toEqual([401, "SIGN_ERROR"]);
      expect(unsigned(answer)).toBe(true);
    }
  });

  it("must have a clock within five minutes, which is checked before the signature", async () => {
    for (const timestamp of [now() - 310, now() + 310, Date.now()]) {
      const answer = await create(order(), { timestamp, signedBody: "something else" });
      expect(outcome(answer)).toEqual([401, "SIGN_ERROR"]);
      expect(answer.json().message).toContain("5分钟");
    }
    expect((await create(order(), { timestamp: now() - 290 })).status).toBe(200);
  });

  it("must sign the exact bytes sent, and is told what was expected", async () => {
    const answer = await create(order(), { signedBody: JSON.stringify(order(), null, 1) });
    expect(answer.json()).toMatchObject({ code: "SIGN_ERROR", message: "签名错误" });
    // Method, address, ten digits of time, 32 of nonce and the body, each with its line feed.
    const length = Buffer.byteLength(
      `POST\n${NATIVE}\n${"t".repeat(10)}\n${"n".repeat(32)}\n${JSON.stringify(order())}\n`,
    );
    expect(answer.json().detail).toMatchObject({
      detail: { issue: "sign not match" },
      sign_information: {
        method: "POST",
        url: NATIVE,
        sign_message_length: length,
        truncated_sign_message: expect.stringMatching(/^POST\n/),
      },
    });
  });

  it("must sign the query as it is sent", async () => {
    const target = `/v3/pay/transactions/out-trade-no/order%2Dauth?mchid=${env.WECHAT_MCH_ID}&x=%3d%3D`;
    expect(outcome(await call(env, "GET", target))).not.toEqual([401, "SIGN_ERROR"]);
    const headers = { Authorization: authorization(env, "GET", target, "") };
    const other = await send({ method: "GET", url: `${sandbox.url}${target}&y=1`, headers });
    expect(outcome(other)).toEqual([401, "SIGN_ERROR"]);
  });

  it("hears in the words of the endpoint what an Authorization looks like", async () => {
    const malformed = { authorization: "WECHATPAY2-SHA256-RSA2048 x" };
    const format = "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》";
    const said = async (method: string, target: string) =>
      (await call(env, method, target, undefined, malformed)).json().message;
    expect(await said("GET", "/v3/certificates")).toBe(format);
    expect(await said("GET", "/v3/refund/domestic/refunds/x")).toBe(format);
    expect(await said("GET", "/v3/bill/tradebill?bill_date=2026-01-01")).toBe(format);
    expect(await said("GET", "/v3/pay/transactions/id/1?mchid=1")).toBe("签名信息错误，验签失败");
  });

  it("gets a Request-ID to name, unless a payment endpoint turns it away", async () => {
    expect((await create(order())).headers["request-id"]).toMatch(/./);
    expect((await create({})).headers["request-id"]).toMatch(/./);
    const stranger = { authorization: "" };
    expect((await create(order(), stranger)).headers["request-id"]).toBeUndefined();
    expect((await call(env, "GET", "/v3/certificates", undefined, stranger)).headers["request-id"]).toMatch(/./);
  });

  it("must be the merchant, with its certificate's serial", async () => {
    expect(outcome(await create(order(), { mchid: "1999999999" }))).toEqual([400, "MCH_NOT_EXISTS"]);
    const refund = await call(env, "GET", "/v3/refund/domestic/refunds/x", undefined, { mchid: "1999999999" });
    expect(outcome(refund)).toEqual([404, "MCH_NOT_EXISTS"]);
    expect(outcome(await create(order(), { serial: "0".repeat(40) }))).toEqual([401, "SIGN_ERROR"]);
  });

  it("must name a key that exists, if any", async () => {
    const answer = await create(order(), { headers: { "Wechatpay-Serial": "PUB_KEY_ID_0000" } });
    expect(outcome(answer)).toEqual([400, "PARAM_ERROR"]);
  });

  it("must send Accept and User-Agent to certificates and refunds, but not to payments", async () => {
    for (const name of ["Accept", "User-Agent"]) {
      const bare = { headers: { [name]: "" } };
      expect(outcome(await call(env, "GET", "/v3/certificates", undefined, bare))).toEqual([400, "INVALID_REQUEST"]);
      const refund = "/v3/refund/domestic/refunds/x";
      expect(outcome(await call(env, "GET", refund, undefined, bare))).toEqual([400, "INVALID_REQUEST"]);
      expect((await create(order(), bare)).status).toBe(200);
    }
  });

  it("takes JSON, and says so", async () => {
    for (const [accept, status] of [
      ["application/json", 200],
      ["*/*", 200],
      ["text/html", 400],
    ] as const) {
      const answer = await call(env, "GET", "/v3/certificates", undefined, { headers: { Accept: accept } });
      expect(answer.status).toBe(status);
    }
  });

  it("is judged by the shifted wall clock when a test sets it", async () => {
    const control = controlOf(sandbox.url);
    await control.post("/clock", { wallSeconds: 3600 });
    expect(outcome(await create(order()))).toEqual([401, "SIGN_ERROR"]);
    const answer = await create(order(), { timestamp: now() + 3600 });
    expect(Number(answer.headers["wechatpay-timestamp"])).toBeGreaterThan(now() + 3500);
    await control.post("/clock", { wallSeconds: 0 });
  });
});
