import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openSimulator } from "./simulator.ts";
import { call, nativeOrder, refundOrder, unsealed, verified } from "./wechat-client.ts";

const NOTIFY = "https://shop.example/notify";
const { sandbox, env, control } = await openSimulator();

const create = (no: string, total?: number) =>
  call(env, "POST", "/v3/pay/transactions/native", nativeOrder(env, no, NOTIFY, total));
const query = (no: string) =>
  call(env, "GET", `/v3/pay/transactions/out-trade-no/${encodeURIComponent(no)}?mchid=${env.WECHAT_MCH_ID}`);
const close = (no: string) =>
  call(env, "POST", `/v3/pay/transactions/out-trade-no/${no}/close`, { mchid: env.WECHAT_MCH_ID });
const refund = (body: object) => call(env, "POST", "/v3/refund/domestic/refunds", body);
const pay = (no: string, body?: object) => control.post(`/trades/wechat/${encodeURIComponent(no)}/pay`, body);

describe("a payment", () => {
  it("is opened, paid and found by both numbers, every answer signed", async () => {
    const created = await create("order-paid", 8800);
    expect(created.status).toBe(200);
    expect(created.json().code_url).toMatch(new RegExp(`^${sandbox.url}/wechat/pay/\\w+$`));
    expect(verified(env, created.headers, created.body)).toBe(true);
    expect(created.headers["wechatpay-serial"]).toBe(env.WECHAT_PUBLIC_KEY_ID);

    expect((await query("order-paid")).json()).toMatchObject({ trade_state: "NOTPAY", amount: { total: 8800 } });
    await pay("order-paid");
    const paid = await query("order-paid");
    expect(verified(env, paid.headers, paid.body)).toBe(true);
    expect(paid.json()).toMatchObject({
      appid: env.WECHAT_APP_ID,
      mchid: env.WECHAT_MCH_ID,
      out_trade_no: "order-paid",
      trade_state: "SUCCESS",
      transaction_id: expect.stringMatching(/^\d{28}$/),
      amount: { total: 8800, payer_total: 8800, currency: "CNY" },
    });
    const id = paid.json().transaction_id;
    const byId = await call(env, "GET", `/v3/pay/transactions/id/${id}?mchid=${env.WECHAT_MCH_ID}`);
    expect(byId.json()).toEqual(paid.json());
  });

  it("takes numbers with all characters that WeChat Pay allows", async () => {
    expect((await create("a|b*c_d-9")).status).toBe(200);
    expect((await query("a|b*c_d-9")).json()).toMatchObject({ trade_state: "NOTPAY" });
  });

  it("answers with the platform certificate's signature unless the request names the public key", async () => {
    await create("order-cert");
    const target = `/v3/pay/transactions/out-trade-no/order-cert?mchid=${env.WECHAT_MCH_ID}`;
    const answer = await call(env, "GET", target, undefined, { headers: { "Wechatpay-Serial": "" } });
    const listed = await call(env, "GET", "/v3/certificates");
    const { data } = JSON.parse(listed.body);
    const certificate = new X509Certificate(unsealed(env, data[0].encrypt_certificate));
    expect(answer.headers["wechatpay-serial"]).toBe(data[0].serial_no);
    expect(
      verified(
        env,
        answer.headers,
        answer.body,
        certificate.publicKey.export({ type: "spki", format: "pem" }).toString(),
      ),
    ).toBe(true);
    expect(verified(env, answer.headers, answer.body)).toBe(false);
  });

  it("can't be paid after time_expire, and closes by itself after seven days", async () => {
    const order = { ...nativeOrder(env, "order-late", NOTIFY), time_expire: "2000-01-01T00:00:00+08:00" };
    expect((await call(env, "POST", "/v3/pay/transactions/native", order)).status).toBe(200);
    await control.advance(61);
    await expect(pay("order-late")).rejects.toThrow("409");
    expect((await query("order-late")).json()).toMatchObject({ trade_state: "NOTPAY" });
    await control.advance(7 * 86_400);
    expect((await query("order-late")).json()).toMatchObject({ trade_state: "CLOSED" });
  });
});

describe("repeating a create", () => {
  it("gives the same trade for the same request and a fresh code after two hours", async () => {
    const first = (await create("order-twice")).json();
    expect((await create("order-twice")).json()).toEqual(first);
    await control.advance(7201);
    expect((await create("order-twice")).json()).not.toEqual(first);
    await pay("order-twice");
    const again = await create("order-twice");
    expect([again.status, again.json().code]).toEqual([400, "ORDERPAID"]);
  });

  it("is refused when anything has changed, and after closing", async () => {
    await create("order-changed");
    const changed = await create("order-changed", 101);
    expect([changed.status, changed.json().code]).toEqual([403, "OUT_TRADE_NO_USED"]);
    await close("order-changed");
    const closed = await create("order-changed");
    expect([closed.status, closed.json().code]).toEqual([400, "ORDER_CLOSED"]);
  });
});

describe("closing", () => {
  it("answers 204, signed over an empty body, for open, closed and unknown numbers", async () => {
    await create("order-close");
    for (const no of ["order-close", "order-close", "order-unknown"]) {
      const closed = await close(no);
      expect([closed.status, closed.body]).toEqual([204, ""]);
      expect(verified(env, closed.headers, "")).toBe(true);
    }
    expect((await query("order-close")).json()).toMatchObject({ trade_state: "CLOSED" });
    await expect(pay("order-close")).rejects.toThrow("409");
  });

  it("is refused once paid", async () => {
    await create("order-close-paid");
    await pay("order-close-paid");
    const closed = await close("order-close-paid");
    expect([closed.status, closed.json().code]).toEqual([400, "ORDERPAID"]);
  });
});

describe("a refund", () => {
  it("is accepted, carried out two seconds later and leaves the trade in REFUND", async () => {
    await create("order-refund");
    await pay("order-refund");
    const accepted = await refund(refundOrder("order-refund", "refund@1", 30));
    expect(accepted.json()).toMatchObject({
      status: "PROCESSING",
      out_refund_no: "refund@1",
      amount: { refund: 30, total: 100 },
    });
    expect(verified(env, accepted.headers, accepted.body)).toBe(true);
    await control.advance(2);
    const done = await call(env, "GET", "/v3/refund/domestic/refunds/refund%401");
    expect(done.json()).toMatchObject({ status: "SUCCESS", success_time: expect.any(String) });
    expect((await query("order-refund")).json()).toMatchObject({ trade_state: "REFUND" });
    expect(await control.trade("wechat", "order-refund")).toMatchObject({ refunded: 30, amount: 100 });
  });

  it("counts once however often the same request comes, and not at all when it has changed", async () => {
    await create("order-again");
    await pay("order-again");
    const first = await refund(refundOrder("order-again", "again-1", 60));
    const second = await refund(refundOrder("order-again", "again-1", 60));
    expect(second.json().refund_id).toBe(first.json().refund_id);
    const changed = await refund(refundOrder("order-again", "again-1", 61));
    expect([changed.status, changed.json().code]).toEqual([400, "INVALID_REQUEST"]);
    expect((await control.trade("wechat", "order-again")).refunds).toHaveLength(1);
  });

  it("never exceeds what is left; a closed one frees its part", async () => {
    await create("order-ceiling");
    await pay("order-ceiling");
    await refund(refundOrder("order-ceiling", "ceiling-1", 60));
    const over = await refund(refundOrder("order-ceiling", "ceiling-2", 41));
    expect([over.status, over.json().code]).toEqual([400, "INVALID_REQUEST"]);
    await control.post("/refunds/wechat/ceiling-1", { status: "CLOSED" });
    expect((await refund(refundOrder("order-ceiling", "ceiling-2", 41))).status).toBe(200);
  });

  it("needs a paid order and its true total", async () => {
    await create("order-limits");
    expect((await refund(refundOrder("order-limits", "limits-1", 1))).json().code).toBe("RESOURCE_NOT_EXISTS");
    await pay("order-limits");
    expect((await refund(refundOrder("order-limits", "limits-1", 1, 99))).json().code).toBe("INVALID_REQUEST");
  });

  it("made by hand in the console shows in the trade", async () => {
    await create("order-console");
    await pay("order-console");
    await control.post("/refunds/external", { provider: "wechat", outTradeNo: "order-console", amount: 100 });
    expect((await query("order-console")).json()).toMatchObject({ trade_state: "REFUND" });
    expect((await refund(refundOrder("order-console", "console-2", 1))).status).toBe(400);
  });

  it("of an unknown number is 404", async () => {
    const answer = await call(env, "GET", "/v3/refund/domestic/refunds/nobody");
    expect([answer.status, answer.json().code]).toEqual([404, "RESOURCE_NOT_EXISTS"]);
  });
});
