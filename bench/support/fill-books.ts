/** Books of any size, made by the engine itself: rows lie evenly over a span of time that ends now. */
import { type SQL, sql } from "drizzle-orm";

export interface Filling {
  readonly orders: number;
  /** The moment that the newest rows are from. */
  readonly now: Date;
  /** Over how many days they lie. */
  readonly days: number;
  readonly skus: number;
}

export interface FillingStatement {
  readonly what: string;
  readonly table: string;
  readonly run: SQL;
}

/** Rows 0 to a million at the most, as `i`. */
function numbers(rows: number): SQL {
  const digits =
    "(select 0 as d union all select 1 union all select 2 union all select 3 union all select 4 union all select 5 union all select 6 union all select 7 union all select 8 union all select 9)";
  const places = Math.max(1, Math.ceil(Math.log10(rows)));
  const names = Array.from({ length: places }, (_, place) => `${digits} as d${place}`).reverse();
  const sum = Array.from({ length: places }, (_, place) => `d${place}.d * ${10 ** place}`).join(" + ");
  return sql.raw(`(select ${sum} as i from ${names.join(" cross join ")}) as numbers`);
}

const METHODS = ["WECHAT_JSAPI", "WECHAT_NATIVE", "ALIPAY_WAP", "ALIPAY_QR"];

/**
 * Statements that fill empty tables. One order in ten closes unpaid, one attempt in fifty is refused. What is kept of
 * callbacks and calls is that of the newest three orders in ten.
 */
export function fillingStatements({ orders, now, days, skus }: Filling): FillingStatement[] {
  const spanSeconds = days * 86_400;
  const madeAt = sql`timestampadd(second, -floor((${orders} - i) * ${spanSeconds} / ${orders}), ${now})`;
  const id = sql.raw("lpad(i, 26, '0')");
  const tradeNo = sql.raw("concat(lpad(i, 26, '0'), 'AAAA')");
  const isPaid = sql.raw("i % 10 <> 0");
  const isRefused = sql.raw("i % 50 = 0");
  const isOpen = sql`i >= ${orders - Math.max(1, Math.floor((orders * 1800) / spanSeconds))} and i % 3 = 0`;
  const method = sql.raw(`elt(1 + i % 4, ${METHODS.map((name) => `'${name}'`).join(", ")})`);
  const provider = sql.raw("elt(1 + i % 4, 'wechat', 'wechat', 'alipay', 'alipay')");
  const later = (seconds: string) => sql`timestampadd(second, ${sql.raw(seconds)}, ${madeAt})`;
  const from = sql`from ${numbers(orders)} where i < ${orders}`;
  const newest = sql`${from} and i >= ${Math.floor(orders * 0.7)}`;
  return [
    {
      what: "shelves",
      table: "inventory_items",
      run: sql`insert into inventory_items (sku, title, price, active, on_hand, reserved, shortage)
        select concat('SKU-', i), 'x', 100, true, 1000, 0, 0 from ${numbers(skus)} where i < ${skus}`,
    },
    {
      what: "orders",
      table: "orders",
      run: sql`insert into orders (id, user_id, state, subject, total_amount, points_to_use, amount, adjustments, line_count,
          refunding, refunded, points_returning, points_returned, generation, created_by, created_at, expires_at,
          close_reason, closed_at, paid_at, paid_by, next_check_at, checks)
        select ${id}, concat('user-', i % 1000), (case when ${isOpen} then 'PENDING' when ${isPaid} then 'PAID' else 'CLOSED' end),
          'x', 100, 0, 100, '[]', 1, 0, 0, 0, 0, 0, 'user', ${madeAt}, ${later("1800")},
          (case when ${isOpen} or ${isPaid} then null else 'EXPIRED' end),
          (case when ${isOpen} or ${isPaid} then null else ${later("1800")} end),
          (case when ${isOpen} then null when ${isPaid} then ${later("40")} end),
          (case when ${isOpen} then null when ${isPaid} then ${tradeNo} end),
          (case when ${isOpen} then ${later("1800")} end), 0 ${from}`,
    },
    {
      what: "attempts",
      table: "payment_transactions",
      run: sql`insert into payment_transactions (out_trade_no, order_id, user_id, provider, method, state, amount, request,
          expires_at, failure_code, disposition, received, refunding, refunded, created_at, paid_at, booked_at, closed_at,
          next_check_at, checks)
        select ${tradeNo}, ${id}, concat('user-', i % 1000), ${provider}, ${method},
          (case when ${isOpen} then 'PENDING' when ${isPaid} then 'SUCCESS' when ${isRefused} then 'FAILED' else 'CLOSED' end),
          100, '{}', ${later("1800")}, (case when ${isRefused} then 'NO_AUTH' end),
          (case when ${isOpen} then null when ${isPaid} then 'APPLIED' end),
          (case when ${isPaid} and not (${isOpen}) then 100 else 0 end), 0, 0, ${madeAt},
          (case when ${isOpen} then null when ${isPaid} then ${later("40")} end),
          (case when ${isOpen} then null when ${isPaid} then ${later("41")} end),
          (case when ${isOpen} or ${isPaid} then null else ${later("1800")} end),
          (case when ${isOpen} then ${later("1800")} end), 0 ${from}`,
    },
    {
      what: "stock entries",
      table: "inventory_logs",
      run: sql`insert into inventory_logs (order_id, kind, sku, cause_id, quantity, state, created_at, posted_at)
        select ${id}, 'SALE', concat('SKU-', i % ${skus}), ${id}, 1,
          (case when ${isOpen} then 'PENDING' when ${isPaid} then 'POSTED' else 'VOIDED' end), ${madeAt}, ${madeAt} ${from}`,
    },
    {
      what: "callbacks",
      table: "notifications",
      run: sql`insert into notifications (provider, notify_id, event, out_trade_no, outcome, deliveries, event_at, received_at,
          processing_ms)
        select ${provider}, ${id}, 'TRANSACTION.SUCCESS', ${tradeNo}, 'APPLIED', 1, ${later("40")}, ${later("41")}, 5 + i % 40
        ${newest} and ${isPaid}`,
    },
    {
      what: "calls",
      table: "provider_calls",
      run: sql`insert into provider_calls (id, sent_at, provider, operation, number, out_trade_no, status, outcome, request,
          response, duration_ms)
        select ${id}, ${madeAt}, ${provider}, 'create', ${tradeNo}, ${tradeNo}, 200, (case when ${isRefused} then 'error' else 'ok' end),
          '{}', '{}', 60 + i % 400 ${newest}`,
    },
    {
      what: "answers",
      table: "served_operations",
      run: sql`insert into served_operations (id, at, operation, provider, method, outcome, duration_ms)
        select ${id}, ${madeAt}, 'payments.create', ${provider}, ${method}, (case when ${isRefused} then 'refused' else 'ok' end),
          80 + i % 500 ${newest}`,
    },
  ];
}

/** The tables that are filled, which have to be empty before. */
export const FILLED_TABLES = [
  ...["orders", "payment_transactions", "inventory_items", "inventory_logs", "notifications", "provider_calls"],
  ...["served_operations", "figure_totals", "stock_passes", "stock_differences", "job_runs", "anomalies"],
];
