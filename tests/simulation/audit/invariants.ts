/** What must hold within the shop's books, in SQL: each query lists what breaks its promise. */
import type { Mysql } from "../engine/mysql.ts";

const UNDER_WAY = "('CREATED','PROCESSING','ABNORMAL')";

const INVARIANTS: Readonly<Record<string, string>> = {
  "an order's sums are those of its refunds": `
    select o.id as found from orders o left join refund_records r on r.order_id = o.id and r.applied = 1
    group by o.id, o.refunding, o.refunded, o.points_returning, o.points_returned
    having o.refunding <> coalesce(sum(case when r.state in ${UNDER_WAY} then r.amount end), 0)
      or o.refunded <> coalesce(sum(case when r.state = 'SUCCESS' then r.amount end), 0)
      or o.points_returning <> coalesce(sum(case when r.state in ${UNDER_WAY} then r.points end), 0)`,
  "a payment's sums are those of its refunds": `
    select t.out_trade_no as found from payment_transactions t
    left join refund_records r on r.out_trade_no = t.out_trade_no and r.origin <> 'EXTERNAL'
    group by t.out_trade_no, t.received, t.refunding, t.refunded
    having t.refunding <> coalesce(sum(case when r.state in ${UNDER_WAY} then r.amount end), 0)
      or t.refunded <> coalesce(sum(case when r.state = 'SUCCESS' then r.amount end), 0)
      or t.refunding + t.refunded > t.received`,
  "a paid order was paid by one payment, and no other order by any": `
    select o.id as found from orders o left join payment_transactions t on t.order_id = o.id and t.disposition = 'APPLIED'
    group by o.id, o.state, o.amount, o.paid_by
    having count(t.out_trade_no) <> (case when o.state = 'PAID' and o.amount > 0 then 1 else 0 end)
      or coalesce(max(t.out_trade_no), '') <> coalesce(o.paid_by, '')`,
  "an item is what its journal adds up to": `
    select i.sku as found from inventory_items i left join inventory_logs l on l.sku = i.sku and l.state = 'POSTED'
    group by i.sku, i.on_hand
    having i.on_hand <> coalesce(sum(case when l.kind = 'SALE' then -l.quantity else l.quantity end), 0)`,
  "pieces are reserved for open orders only": `
    select i.sku as found from inventory_items i
    left join inventory_logs l on l.sku = i.sku and l.state = 'PENDING' and l.kind = 'SALE'
    left join orders o on o.id = l.order_id and o.state = 'PENDING'
    group by i.sku, i.reserved having i.reserved <> coalesce(sum(case when o.id is not null then l.quantity end), 0)`,
  "a line's sums are those of its returns": `
    select concat_ws(' ', i.order_id, i.sku) as found from order_items i
    left join inventory_logs l on l.order_id = i.order_id and l.sku = i.sku and l.kind = 'RETURN' and l.state = 'POSTED'
    group by i.order_id, i.sku, i.returned_quantity having i.returned_quantity <> coalesce(sum(l.quantity), 0)`,
  "no journal entry waits for what has ended": `
    select concat_ws(' ', l.kind, l.cause_id) as found from inventory_logs l
    left join orders o on o.id = l.cause_id left join refund_records r on r.id = l.cause_id
    where l.state = 'PENDING' and (o.state in ('PAID','CLOSED') or r.state in ('SUCCESS','CLOSED'))
    union all select concat_ws(' ', l.kind, l.cause_id) from points_logs l
    left join orders o on o.id = l.cause_id left join refund_records r on r.id = l.cause_id
    left join payment_transactions t on t.out_trade_no = l.cause_id
    where l.state = 'PENDING' and (o.state in ('PAID','CLOSED') or r.state in ('SUCCESS','CLOSED')
      or t.state in ('SUCCESS','CLOSED','FAILED'))`,
  "what is open has a time at which a job looks at it": `
    select id as found from orders where state in ('DRAFT','PENDING') and next_check_at is null
    union all select out_trade_no from payment_transactions where state in ('CREATED','PENDING','CLOSING') and next_check_at is null
    union all select id from refund_records where state in ${UNDER_WAY} and next_check_at is null`,
  "money beside its order that nobody works on has gone back, or is held": `
    select t.out_trade_no as found from payment_transactions t
    left join refund_records r on r.out_trade_no = t.out_trade_no and r.origin = 'EXTERNAL'
    where t.disposition = 'UNAPPLIED' and t.policy <> 'HOLD' and t.next_check_at is null
    group by t.out_trade_no, t.refunded, t.received
    having t.refunded + coalesce(sum(r.amount), 0) < t.received`,
  "an account is what its journal adds up to": `
    select a.user_id as found from points_accounts a
    left join points_logs l on l.user_id = a.user_id and l.state = 'POSTED'
    group by a.user_id, a.balance, a.clawed
    having a.balance <> coalesce(sum(case when l.kind in ('GRANT','EARN','REFUND') then l.points
        when l.kind in ('HOLD','PAY','EXPIRE') then -l.points end), 0)
      or a.clawed <> coalesce(sum(case when l.kind = 'CLAWBACK' then l.points end), 0)`,
  "more points than were used never come back": `
    select id as found from orders where points_returned + points_returning > points_to_use`,
};

/** The promises that the books break. */
export async function checkInvariants(mysql: Mysql): Promise<string[]> {
  const queries = Object.entries(INVARIANTS).map(
    ([promise, query]) => `select '${promise.replaceAll("'", "''")}' as promise, found from (${query}) as broken`,
  );
  const rows = await mysql.ask(queries.join(" union all "));
  return rows.map(({ promise, found }) => `${promise}: ${found}`);
}
