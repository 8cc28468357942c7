/** The shop's books as they stand in its database, read without the shop. */
import * as z from "zod";
import type { Mysql } from "../engine/mysql.ts";

const number = z.coerce.number();
const moment = z.date().nullable();

const Order = z.object({
  id: z.string(),
  user_id: z.string(),
  state: z.enum(["DRAFT", "PENDING", "PAID", "CLOSED"]),
  close_reason: z.string().nullable(),
  amount: number,
  total_amount: number,
  points_to_use: number,
  refunding: number,
  refunded: number,
  points_returning: number,
  points_returned: number,
  paid_by: z.string().nullable(),
  next_check_at: moment,
});

const Attempt = z.object({
  out_trade_no: z.string(),
  order_id: z.string(),
  provider: z.string(),
  state: z.string(),
  amount: number,
  disposition: z.string().nullable(),
  unapplied_reason: z.string().nullable(),
  policy: z.string().nullable(),
  provider_trade_no: z.string().nullable(),
  received: number,
  refunding: number,
  refunded: number,
  next_check_at: moment,
});

const Refund = z.object({
  id: z.string(),
  order_id: z.string(),
  user_id: z.string(),
  out_trade_no: z.string(),
  provider: z.string(),
  out_refund_no: z.string(),
  state: z.string(),
  origin: z.string(),
  applied: number,
  amount: number,
  points: number,
  items: z.string(),
  failure_code: z.string().nullable(),
  retry_of: z.string().nullable(),
  next_check_at: moment,
});

const Item = z.object({ sku: z.string(), on_hand: number, reserved: number, shortage: number });
const Account = z.object({ user_id: z.string(), balance: number, held: number, clawed: number.default(0) });
const Anomaly = z.object({
  kind: z.string(),
  state: z.string(),
  order_id: z.string().nullable(),
  out_trade_no: z.string().nullable(),
  refund_id: z.string().nullable(),
});

const Count = z.object({ sku: z.string(), quantity: number });
const Points = z.object({
  user_id: z.string(),
  kind: z.string(),
  cause_id: z.string(),
  state: z.string(),
  points: number,
  created_at: z.date(),
  posted_at: moment,
  expires_at: moment,
});

export type PointsRow = z.infer<typeof Points>;
export type OrderRow = z.infer<typeof Order>;
export type AttemptRow = z.infer<typeof Attempt>;
export type RefundRow = z.infer<typeof Refund>;

export interface ShopBooks {
  readonly orders: readonly OrderRow[];
  readonly attempts: readonly AttemptRow[];
  readonly refunds: readonly RefundRow[];
  readonly items: readonly z.infer<typeof Item>[];
  /** What counts found that the books did not say. */
  readonly counts: readonly z.infer<typeof Count>[];
  readonly points: readonly PointsRow[];
  readonly accounts: readonly z.infer<typeof Account>[];
  readonly anomalies: readonly z.infer<typeof Anomaly>[];
}

export async function readBooks(mysql: Mysql): Promise<ShopBooks> {
  const read = async <T extends z.ZodType>(row: T, table: string) =>
    z.array(row).parse(await mysql.ask(`select * from ${table}`));
  return {
    orders: await read(Order, "orders"),
    attempts: await read(Attempt, "payment_transactions"),
    refunds: await read(Refund, "refund_records"),
    items: await read(Item, "inventory_items"),
    counts: await read(Count, "inventory_logs where kind = 'COUNT' and state = 'POSTED'"),
    points: await read(Points, "points_logs"),
    accounts: await read(Account, "points_accounts"),
    anomalies: await read(Anomaly, "anomalies"),
  };
}
