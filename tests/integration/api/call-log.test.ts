/** What is logged of callbacks, and of calls that take long. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { letPass, startAfresh } from "../support/afresh.ts";
import { clearFaults, deliverAll, misbehave, payAt, setFaults, takeDeliveries } from "../support/controls.ts";
import { newOrder, startPayment } from "../support/purchases.ts";
import { openShop } from "../support/shop.ts";
import { type Api, environment, openApi } from "./support.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

type Line = Readonly<Record<string, unknown>>;

const linesOf = ({ lines }: Pick<Api, "lines">, event: string): Line[] =>
  lines.map((line) => JSON.parse(line) as Line).filter((line) => line.event === event);

describe("callbacks", () => {
  it("tell their order, their attempt, how long they took and how late they came", async () => {
    const shop = openShop();
    const purchase = await newOrder(shop);
    const outTradeNo = await startPayment(shop, purchase, "wechat");
    await payAt("wechat", outTradeNo);
    await letPass(shop, 120);
    await deliverAll(shop, "wechat", outTradeNo);
    const [line] = linesOf(shop, "callback.handled");
    const about = { provider: "wechat", notice: "TRANSACTION.SUCCESS", orderId: purchase.orderId, outTradeNo };
    expect(line).toMatchObject({ ...about, outcome: "APPLIED", durationMs: expect.any(Number) });
    expect(Number(line?.delayMs)).toBeGreaterThanOrEqual(118_000);
  });

  it("that could not be booked tell the same", async () => {
    const shop = openShop();
    const purchase = await newOrder(shop);
    const outTradeNo = await startPayment(shop, purchase, "alipay");
    await payAt("alipay", outTradeNo);
    const [delivery] = await takeDeliveries(outTradeNo);
    await setFaults({ fail: [1, 2].map((at) => ({ at, match: "update", when: "before", how: "503" })) });
    const headers = new Headers(delivery?.headers);
    await shop.manager.notify("alipay", { headers, body: delivery?.body ?? new Uint8Array() });
    await clearFaults();
    const [line] = linesOf(shop, "callback.failed");
    const about = { provider: "alipay", orderId: purchase.orderId, outTradeNo };
    expect(line).toMatchObject({ ...about, level: "error", durationMs: expect.any(Number) });
  });
});

describe("slow calls", () => {
  it("to the database and to providers are told by name, without what was sent", async () => {
    const { customer, orderId } = await newOrder(openShop());
    const api = openApi(environment({ SLOW_CALL_MS: "1" }));
    await setFaults({ latencyMs: 30 });
    const body = { method: "WECHAT_NATIVE", orderId, amount: "30.00", subject: "给张三丰的礼物" };
    await api.call("POST", "/payments/wechat/create", { as: customer, body });
    await api.idle();
    await clearFaults();
    const slow = linesOf(api, "slow.call");
    for (const line of slow) {
      expect(Object.keys(line).sort()).toEqual(
        ["dependency", "durationMs", "event", "level", "operation", "requestId", "time"].sort(),
      );
      expect(line.durationMs).toBeGreaterThanOrEqual(1);
    }
    const named = slow.map(({ dependency, operation }) => `${dependency}: ${operation}`);
    expect(named).toEqual(
      expect.arrayContaining([
        "database: select orders",
        "database: insert payment_transactions",
        "database: update payment_transactions",
        "wechat: create",
        "database: insert provider_calls",
        "database: insert served_operations",
      ]),
    );
    expect(JSON.stringify(slow)).not.toMatch(/张三丰|values|where/);
  });

  it("are only those that take as long as is configured", async () => {
    const { customer, orderId } = await newOrder(openShop());
    const api = openApi(environment({ SLOW_CALL_MS: "60000" }));
    await misbehave({ kind: "http_500", operation: "create" });
    const body = { method: "WECHAT_NATIVE", orderId, amount: "30.00" };
    await api.call("POST", "/payments/wechat/create", { as: customer, body });
    expect(linesOf(api, "slow.call")).toEqual([]);
  });
});
