/** The figures as one would ask for them first: aggregates over the tables, whatever that reads. */
import { type SQL, sql } from "drizzle-orm";

const all = (...selects: SQL[]) => sql.join(selects, sql` union all `);

/** Over a window of time, without an index made for it. */
export function plainEnds(from: Date): SQL {
  return all(
    sql`select provider, method, state, count(*) as n, 0 as ms from payment_transactions
      where coalesce(booked_at, closed_at) >= ${from} group by provider, method, state`,
    sql`select '', coalesce(close_reason, ''), state, count(*), 0 from orders
      where coalesce(closed_at, paid_at) >= ${from} group by close_reason, state`,
  );
}

export function plainTimes(from: Date): SQL {
  return all(
    sql`select provider, operation, outcome, count(*) as n, avg(duration_ms) as ms
      from provider_calls ignore index (provider_calls_time) where sent_at >= ${from} group by provider, operation, outcome`,
    sql`select provider, method, outcome, count(*), avg(duration_ms)
      from served_operations ignore index (served_operations_time) where at >= ${from} group by provider, method, outcome`,
    sql`select provider, '', '', count(*), avg(timestampdiff(microsecond, event_at, received_at) div 1000 + processing_ms)
      from notifications ignore index (notifications_time) where received_at >= ${from} group by provider`,
    sql`select provider, '', '', count(*), avg(timestampdiff(microsecond, paid_at, booked_at) div 1000)
      from payment_transactions ignore index (payment_transactions_booked) where booked_at >= ${from} group by provider`,
  );
}

/** Everything that ever happened. */
export function plainCounters(): SQL {
  return all(
    sql`select provider, method, state as outcome, count(*) as n, 0 as ms from payment_transactions
      group by provider, method, state`,
    plainTimes(new Date(0)),
  );
}

/** What waits and what does not fit, by state alone; the journals of all shelves summed up. */
export function plainStanding(now: Date): SQL {
  return all(
    sql`select 'attempts' as provider, '' as method, state as outcome, count(*) as n, 0 as ms from payment_transactions
      where state in ('CREATED','PENDING','CLOSING') group by state`,
    sql`select 'orders', '', '', count(*), 0 from orders where state = 'PENDING' and expires_at < ${now}`,
    sql`select 'held', '', '', count(*), 0 from payment_transactions where disposition = 'UNAPPLIED'`,
    sql`select 'stock', '', '', count(*), 0 from inventory_items s join (
        select sku, sum(case when state <> 'POSTED' then 0 when kind = 'SALE' then -quantity else quantity end) as pieces
        from inventory_logs group by sku) j on j.sku = s.sku where j.pieces <> s.on_hand`,
  );
}
