/** Holds the shop's books against the simulator's, to the fen and to the piece. */
import type { Caller, Json } from "./shop.ts";

export interface DemoOrder {
  readonly orderId: string;
  readonly provider: "wechat" | "alipay" | "points";
  readonly items: readonly { readonly sku: string; readonly quantity: number }[];
}

export type Shelf = Readonly<Record<string, { readonly onHand: number; readonly reserved: number }>>;

/** How many pieces of each SKU there are and how many are reserved, as an operator sees it. */
export async function readShelf(call: Caller, skus: readonly string[]): Promise<Shelf> {
  const { items } = (await call.get("operator", "/inventory/stock?limit=100")) as { items: readonly Json[] };
  const wanted = items.filter((item) => skus.includes(String(item.sku)));
  return Object.fromEntries(
    wanted.map((item) => [String(item.sku), { onHand: Number(item.onHand), reserved: Number(item.reserved) }]),
  );
}

/** Yuan text as fen, exactly. */
export function fenOf(yuan: unknown): number {
  const match = /^(\d+)\.(\d\d)$/.exec(String(yuan));
  if (!match) throw new Error(`not an amount: ${String(yuan)}`);
  return Number(match[1]) * 100 + Number(match[2]);
}

/** Every difference found, in words; none means that the books agree. */
export async function compareBooks(
  call: Caller,
  orders: readonly DemoOrder[],
  shelves: { readonly before: Shelf; readonly after: Shelf },
): Promise<string[]> {
  const trades = await call.simulatorTrades();
  const found: string[] = [];
  const moved = new Map<string, number>();
  for (const order of orders) {
    const shop = await call.get("operator", `/orders/${order.orderId}`);
    found.push(...(order.provider === "points" ? [] : await compareMoney(call, order, shop, trades)));
    for (const line of shop.items as readonly Json[]) countMoved(moved, shop, line);
  }
  return [...found, ...comparePieces(moved, shelves)];
}

async function compareMoney(call: Caller, order: DemoOrder, shop: Json, trades: readonly Json[]): Promise<string[]> {
  const payment = await call.get("operator", `/payments/${order.provider}/query/${order.orderId}`);
  const trade = trades.find((candidate) => candidate.outTradeNo === payment.outTradeNo);
  if (!trade) return [`${order.orderId}: the simulator has no trade ${String(payment.outTradeNo)}`];
  const paidThere = trade.state === "paid" ? Number(trade.amount) : 0;
  const paidHere = shop.status === "PAID" ? fenOf(shop.amount) : 0;
  const refundedHere = fenOf(shop.refundedAmount);
  return [
    ...(paidHere === paidThere ? [] : [`${order.orderId}: paid ${paidHere} here, ${paidThere} there (fen)`]),
    ...(refundedHere === Number(trade.refunded)
      ? []
      : [`${order.orderId}: refunded ${refundedHere} here, ${String(trade.refunded)} there (fen)`]),
  ];
}

function countMoved(moved: Map<string, number>, shop: Json, line: Json): void {
  const gone = shop.status === "PAID" ? Number(line.quantity) - Number(line.returnedQuantity) : 0;
  const sku = String(line.sku);
  moved.set(sku, (moved.get(sku) ?? 0) + gone);
}

function comparePieces(moved: ReadonlyMap<string, number>, shelves: { before: Shelf; after: Shelf }): string[] {
  return [...moved].flatMap(([sku, gone]) => {
    const [before, after] = [shelves.before[sku], shelves.after[sku]];
    if (!before || !after) return [`${sku}: not on the shelf`];
    return [
      ...(before.onHand - gone === after.onHand ? [] : [`${sku}: ${after.onHand} pieces, not ${before.onHand - gone}`]),
      ...(before.reserved === after.reserved ? [] : [`${sku}: ${after.reserved} reserved, not ${before.reserved}`]),
    ];
  });
}
