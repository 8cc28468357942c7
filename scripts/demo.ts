/** `npm run demo`: buys, pays, refunds and cancels as people would, then holds the books against the simulator's. */
import { compareBooks, type DemoOrder, fenOf, readShelf } from "./demo/compare.ts";
import { findShop } from "./demo/running-shop.ts";
import { Caller, type Json } from "./demo/shop.ts";
import { Table } from "./demo/table.ts";

const TEA = "TEA-LONGJING-50G";
const CUP = "CUP-CELADON";
const CAKE = "CAKE-OSMANTHUS";
const FAN = "FAN-SILK";

const QR_METHODS = {
  wechat: { name: "WeChat Pay", method: "WECHAT_NATIVE", address: "codeUrl" },
  alipay: { name: "Alipay", method: "ALIPAY_QR", address: "qrCode" },
} as const;

const shop = await findShop().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
try {
  process.exitCode = await demonstrate(new Caller(shop));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await shop.stop();
}

async function demonstrate(call: Caller): Promise<number> {
  const before = await readShelf(call, [TEA, CUP, CAKE, FAN]);
  const steps = new Table(["what happens", "number", "amount", "state"], [46, 34, 8, 10]);
  const wechat = await payByPhone(call, steps, "wechat", [
    { sku: TEA, quantity: 1 },
    { sku: CUP, quantity: 2 },
    { sku: CAKE, quantity: 3 },
  ]);
  const alipay = await payByPhone(call, steps, "alipay", [
    { sku: FAN, quantity: 1 },
    { sku: CAKE, quantity: 1 },
  ]);
  const points = await payByPoints(call, steps);
  await refund(call, steps, wechat, { amount: "88.50", items: [{ sku: CUP, quantity: 1 }], reason: "茶杯有瑕疵" });
  await refund(call, steps, alipay, { reason: "不想要了" });
  const orders = [wechat, alipay, points, await cancel(call, steps)];

  const after = await readShelf(call, [TEA, CUP, CAKE, FAN]);
  const differences = await compareBooks(call, orders, { before, after });
  console.log();
  if (differences.length === 0)
    console.log("  The shop's books and the simulator's agree, to the fen and to the piece.");
  for (const difference of differences) console.log(`  DIFFERENT  ${difference}`);
  return differences.length === 0 ? 0 : 1;
}

async function placeOrder(call: Caller, steps: Table, items: DemoOrder["items"]): Promise<Json> {
  const order = await call.post("customer", "/orders", { items });
  const pieces = items.reduce((sum, item) => sum + item.quantity, 0);
  steps.row(`order ${items.length} SKUs, ${pieces} pieces`, ...orderCells(order));
  return order;
}

function orderCells(order: Json): string[] {
  return [String(order.orderId), String(order.amount), String(order.status)];
}

function openPayment(call: Caller, order: Json, provider: string, method: string): Promise<Json> {
  const { orderId, amount } = order;
  return call.post("customer", `/payments/${provider}/create`, { method, orderId, amount });
}

/** Only the order is read, never the payment queried: what pays it is the provider's signed callback. */
async function awaitCallback(call: Caller, steps: Table, order: Json): Promise<void> {
  const read = () => call.get("customer", `/orders/${String(order.orderId)}`);
  const paid = await call.until("for the callback", read, (current) => current.status === "PAID");
  steps.row("the signed callback settles the order", ...orderCells(paid));
}

async function payByPhone(
  call: Caller,
  steps: Table,
  provider: keyof typeof QR_METHODS,
  items: DemoOrder["items"],
): Promise<DemoOrder> {
  const { name, method, address } = QR_METHODS[provider];
  const order = await placeOrder(call, steps, items);
  const payment = await openPayment(call, order, provider, method);
  steps.row(`${name} gives a QR code`, String(payment.outTradeNo), String(payment.amount), String(payment.status));
  await call.confirmOnPhone(String(payment[address]));
  await awaitCallback(call, steps, order);
  return { orderId: String(order.orderId), provider, items };
}

async function payByPoints(call: Caller, steps: Table): Promise<DemoOrder> {
  const items = [{ sku: CAKE, quantity: 1 }];
  const order = await placeOrder(call, steps, items);
  const held = Number((await call.get("customer", "/points")).balance);
  const payment = await openPayment(call, order, "points", "POINTS");
  const left = Number((await call.get("customer", "/points")).balance);
  if (held - left !== fenOf(order.amount)) throw new Error(`the payment took ${held - left} points`);
  steps.row(
    `points pay it: ${held} before, ${left} after`,
    String(order.orderId),
    String(payment.amount),
    String(payment.status),
  );
  return { orderId: String(order.orderId), provider: "points", items };
}

async function refund(call: Caller, steps: Table, order: DemoOrder, request: Json): Promise<void> {
  const { provider, orderId } = order;
  const whole = request.amount === undefined;
  const made = await call.post("operator", `/payments/${provider}/refund`, { orderId, ...request });
  const number = String(made.refundId);
  steps.row(
    `refund ${whole ? "in full" : "in part"} through ${provider}`,
    number,
    String(made.amount),
    String(made.status),
  );
  const read = () => call.get("operator", `/payments/${provider}/refund/query/${number}`);
  const done = await call.until("for the refund", read, (current) => current.status === "SUCCESS");
  steps.row("the refund has arrived, its pieces are back", number, String(done.amount), String(done.status));
}

async function cancel(call: Caller, steps: Table): Promise<DemoOrder> {
  const items = [{ sku: FAN, quantity: 2 }];
  const order = await placeOrder(call, steps, items);
  const orderId = String(order.orderId);
  const payment = await openPayment(call, order, "wechat", "WECHAT_NATIVE");
  await call.post("customer", `/orders/${orderId}/cancel`);
  const read = () => call.get("customer", `/orders/${orderId}`);
  const closed = await call.until("for the order to close", read, (current) => current.status === "CLOSED");
  steps.row("the buyer cancels; WeChat Pay closes the trade", ...orderCells(closed));
  const phone = await call.lookOnPhone(String(payment.codeUrl));
  if (phone.includes("/confirm")) throw new Error("a cancelled order can still be paid on the phone");
  return { orderId, provider: "wechat", items };
}
