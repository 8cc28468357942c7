/** A provider, failing in every way: what its buyers see, and that nobody else notices. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { JOB_NAMES, runJobs } from "../../src/jobs/run.ts";
import { createServices } from "../../src/services.ts";
import { environment, openApi } from "./api/support.ts";
import { letPass, runJobsToTheEnd, startAfresh } from "./support/afresh.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliverEverything, misbehave, payAt, takeDeliveries } from "./support/controls.ts";
import { ANY_FAULTS, type Fault, hang, isAlipay, isWechat, openWay } from "./support/failing.ts";
import {
  type Channel,
  METHOD_OF,
  newOrder,
  newPaidOrder,
  type Purchase,
  startPayment,
  subjectsOf,
} from "./support/purchases.ts";
import { refundsOf } from "./support/records.ts";
import { OPERATOR, openShop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const BUDGET_MS = 600;
/** What needs no provider, or another one, on a busy machine. */
const SOON_MS = 2000;

const way = openWay();
const api = openApi(environment({ PROVIDER_TIMEOUT_MS: String(BUDGET_MS) }), way.fetch);

const FAULTS: Readonly<Record<string, Fault>> = { ...ANY_FAULTS, hangs: hang };
const SIDES = { wechat: { where: isWechat, other: "alipay" }, alipay: { where: isAlipay, other: "wechat" } } as const;

const CODES = [
  [504, "PROVIDER_SILENT", "5"],
  [502, "PROVIDER_UNINTELLIGIBLE", "5"],
  [429, "PROVIDER_BUSY", "5"],
];

const pay = ({ customer: as, orderId }: Purchase, channel: Channel) =>
  api.call("POST", `/payments/${channel}/create`, {
    as,
    body: { method: METHOD_OF[channel], orderId, amount: "30.00" },
  });

describe.each(["wechat", "alipay"] as const)("%s", (channel) => {
  const { where, other } = SIDES[channel];

  it.each(Object.keys(FAULTS))(
    "that %s leaves the payment in doubt, with when to come again, and ends well",
    async (name) => {
      const shop = openShop();
      const purchase = await newOrder(shop);
      way.spoil({ where, fault: FAULTS[name] ?? hang });
      const startedAt = Date.now();
      const { status, body, headers } = await pay(purchase, channel);
      expect(Date.now() - startedAt).toBeLessThan(3000);
      expect(CODES).toContainEqual([status, body.code, headers.get("Retry-After")]);
      expect(body).toHaveProperty("transactionId");
      way.heal();
      const again = await pay(purchase, channel);
      expect(again.body).toMatchObject({ transactionId: body.transactionId, status: "PENDING" });
      await payAt(channel, String(again.body.outTradeNo));
      await deliverEverything(shop);
      expect((await api.call("GET", `/orders/${purchase.orderId}`, { as: purchase.customer })).body.status).toBe(
        "PAID",
      );
      await expectBooksInOrder(shop, subjectsOf(purchase));
    },
  );

  it("that hangs keeps up nobody who does not need it", async () => {
    const shop = openShop();
    const [mine, theirs, paid] = [await newOrder(shop), await newOrder(shop), await newOrder(shop)];
    const outTradeNo = await startPayment(shop, paid, channel);
    await payAt(channel, outTradeNo);
    const [callback] = await takeDeliveries(outTradeNo);
    if (!callback) throw new Error("no callback");
    way.spoil({ where, fault: hang });
    const took: Record<string, number> = {};
    const timed = async (name: string, work: Promise<{ readonly status: number }>) => {
      const startedAt = Date.now();
      const { status } = await work;
      took[name] = Date.now() - startedAt;
      return status;
    };
    const { headers, body } = callback;
    const notify = new Request(`https://shop.test/api/v1/payments/${channel}/notify`, {
      method: "POST",
      headers,
      body,
    });
    const items = [{ sku: theirs.sku, quantity: 1 }];
    const answers = await Promise.all([
      pay(mine, channel).then(({ status }) => status),
      timed("the other provider", pay(theirs, other)),
      timed("a callback of the one that hangs", api.send(notify)),
      timed("an order", api.call("POST", "/orders", { as: theirs.customer, body: { items } })),
      timed("a list", api.call("GET", "/orders", { as: theirs.customer })),
    ]);
    way.heal();
    expect(answers).toEqual([504, 201, 200, 201, 200]);
    for (const [name, ms] of Object.entries(took)) expect(ms, name).toBeLessThan(SOON_MS);
    await api.idle();
  });

  it("that hangs holds up neither the other's refunds in the jobs nor the jobs that need no provider", {
    timeout: 90_000,
  }, async () => {
    const shop = openShop();
    const [stuck, behind] = [await newPaidOrder(shop, channel), await newPaidOrder(shop, other)];
    await misbehave({ kind: "drop_before", operation: "refund", times: 2 });
    const startRefund = (provider: Channel, { orderId }: Purchase) =>
      shop.manager.refund(OPERATOR, { provider, orderId, reason: "退货" }, unique("refund"));
    await startRefund(channel, stuck);
    await startRefund(other, behind);
    await letPass(shop, 90);
    const surroundings = { fetch: way.fetch, now: shop.ctx.now, writeLog: () => {} };
    const services = createServices(readConfig(environment({ PROVIDER_TIMEOUT_MS: "200" })), surroundings);
    way.spoil({ where, fault: hang });
    const startedAt = Date.now();
    const rows = await runJobs(services.jobContext({ requestId: unique("run"), waitUntil: () => {} }));
    way.heal();
    expect(Date.now() - startedAt).toBeLessThan(20_000);
    expect(Object.keys(rows)).toEqual(JOB_NAMES);
    expect((await refundsOf(shop, stuck.outTradeNo))[0]?.state).toBe("CREATED");
    expect((await refundsOf(shop, behind.outTradeNo))[0]?.state).not.toBe("CREATED");
    await runJobsToTheEnd(shop);
    await expectBooksInOrder(shop, subjectsOf(stuck, behind));
  });
});
