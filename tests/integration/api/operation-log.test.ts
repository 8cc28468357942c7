/** One line for every operation that touches money, with who, what, how it ended and how long it took. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { appRouter } from "../../../src/api/router.ts";
import { startAfresh } from "../support/afresh.ts";
import { newPaidOrder } from "../support/purchases.ts";
import { newCustomer, newSku, OPERATOR, openShop, unique } from "../support/shop.ts";
import { type Api, openApi, tokenFor } from "./support.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const NUMBER = "0123456789ABCDEFGHJKMNPQRS";

/** Whether calls of each procedure leave a line, and by which name of the input the line names what it is about. */
const TABLE: Readonly<Record<string, "silent" | { readonly about?: string }>> = {
  "orders.create": {},
  "orders.get": "silent",
  "orders.list": "silent",
  "orders.cancel": { about: "orderId" },
  "payments.methods": "silent",
  "payments.create": { about: "orderId" },
  "payments.query": { about: "orderId" },
  "payments.close": { about: "orderId" },
  "combined.create": {},
  "combined.query": { about: "combineOutTradeNo" },
  "combined.close": { about: "combineOutTradeNo" },
  "refunds.create": { about: "orderId" },
  "refunds.query": { about: "refundId" },
  "refunds.resolveAbnormal": { about: "refundId" },
  "refunds.list": "silent",
  "refunds.approve": { about: "refundId" },
  "refunds.decline": { about: "refundId" },
  "refunds.retry": { about: "refundId" },
  "refunds.release": { about: "refundId" },
  "transfers.create": {},
  "transfers.get": { about: "outBillNo" },
  "transfers.list": "silent",
  "transfers.cancel": { about: "outBillNo" },
  "preAuthorisations.create": {},
  "preAuthorisations.get": { about: "outOrderNo" },
  "preAuthorisations.list": "silent",
  "preAuthorisations.capture": { about: "outOrderNo" },
  "preAuthorisations.unfreeze": { about: "outOrderNo" },
  "preAuthorisations.cancel": { about: "outOrderNo" },
  "points.balance": "silent",
  "points.entries": "silent",
  "points.grant": {},
  "inventory.list": "silent",
  "inventory.stock": "silent",
  "inventory.adjust": {},
  "inventory.count": {},
  "inventory.configure": {},
  "receipts.get": "silent",
  "receipts.list": "silent",
  "receipts.applyToOrder": { about: "outTradeNo" },
  "receipts.refund": { about: "outTradeNo" },
  "receipts.writeOff": { about: "outTradeNo" },
  "reconciliation.days": "silent",
  "reconciliation.differences": "silent",
  "reconciliation.rerun": {},
  "operations.anomalies": "silent",
  "operations.resolveAnomaly": {},
  "operations.audit": "silent",
  "operations.explain": "silent",
  "operations.figures": "silent",
  "operations.runJobs": {},
};

it("has a row for every procedure", () => {
  expect(Object.keys(TABLE).sort()).toEqual(Object.keys(appRouter._def.procedures).sort());
});

type Line = Readonly<Record<string, unknown>>;

const linesOf = ({ lines }: Api, event: string): Line[] =>
  lines.map((line) => JSON.parse(line) as Line).filter((line) => line.event === event);

const procedures: Record<string, { _def: { type: string } }> = appRouter._def.procedures as never;

async function call(api: Api, name: string, input: object, requestId: string): Promise<void> {
  const json = JSON.stringify({ json: input });
  const address = `http://shop.test/trpc/${name}`;
  const headers = {
    "Content-Type": "application/json",
    "X-Request-Id": requestId,
    Authorization: `Bearer ${await tokenFor(OPERATOR)}`,
  };
  const isQuery = procedures[name]?._def.type === "query";
  const request = isQuery
    ? new Request(`${address}?input=${encodeURIComponent(json)}`, { headers })
    : new Request(address, { method: "POST", headers, body: json });
  await api.send(request);
  await api.idle();
}

describe.each(Object.entries(TABLE))("%s", (name, row) => {
  it(row === "silent" ? "leaves no line" : "leaves one line", async () => {
    const api = openApi();
    const about = row !== "silent" && row.about !== undefined ? { [row.about]: NUMBER } : {};
    await call(api, name, { provider: "wechat", ...about }, "request-1");
    const lines = linesOf(api, "payment.operation");
    if (row === "silent") return expect(lines).toEqual([]);
    const who = { actor: OPERATOR.id, role: "operator" };
    const head = { level: "info", time: expect.any(String), requestId: "request-1", event: "payment.operation" };
    const outcome = expect.stringMatching(/^(ok|[A-Z_]+)$/);
    expect(lines).toEqual([{ ...head, operation: name, ...about, ...who, outcome, durationMs: expect.any(Number) }]);
  });
});

describe("a line", () => {
  it("names what came of it: the order and the attempt that were made, over REST too", async () => {
    const api = openApi();
    const customer = await newCustomer(openShop());
    const items = [{ sku: await newSku(openShop(), 5), quantity: 1 }];
    const made = await api.call("POST", "/orders", { as: customer, body: { items } });
    const { orderId } = made.body;
    const body = { method: "WECHAT_NATIVE", orderId, amount: "10.00" };
    const { outTradeNo } = (await api.call("POST", "/payments/wechat/create", { as: customer, body })).body;
    const who = { actor: customer.id, role: "customer", outcome: "ok" };
    expect(linesOf(api, "payment.operation")).toMatchObject([
      { operation: "orders.create", orderId, ...who },
      { operation: "payments.create", orderId, outTradeNo, ...who },
    ]);
  });

  it("names the refund and why it was refused", async () => {
    const api = openApi();
    const { orderId } = await newPaidOrder(openShop(), "wechat");
    const refund = (amount: string) =>
      api.call("POST", "/payments/wechat/refund", {
        as: OPERATOR,
        headers: { "Idempotency-Key": unique("key") },
        body: { orderId, amount, reason: "scratched" },
      });
    const { refundId } = (await refund("1.00")).body;
    await refund("100.00");
    expect(linesOf(api, "payment.operation")).toMatchObject([
      { operation: "refunds.create", orderId, refundId, outcome: "ok" },
      { operation: "refunds.create", orderId, outcome: "REFUND_EXCEEDS_PAYMENT" },
    ]);
    expect(api.lines.join()).not.toContain("scratched");
  });

  it("shows nothing that a caller puts in a number's place, and nobody who has not shown who they are", async () => {
    const api = openApi();
    const planted = ["13800001234", "oOfcl_the_simulated_buyer_01", "6225880137012345678", "张三丰"];
    for (const orderId of planted) {
      const body = { method: "WECHAT_NATIVE", orderId, amount: "10.00", outTradeNo: orderId, refundId: orderId };
      await api.call("POST", "/payments/wechat/create", { as: OPERATOR, body });
    }
    await api.call("POST", "/payments/wechat/create", { body: {} });
    const lines = linesOf(api, "payment.operation");
    expect(lines).toHaveLength(planted.length + 1);
    expect(lines.at(-1)).toMatchObject({ outcome: "UNAUTHENTICATED" });
    expect(lines.at(-1)).not.toHaveProperty("actor");
    for (const secret of planted) expect(JSON.stringify(lines)).not.toContain(secret);
  });
});
