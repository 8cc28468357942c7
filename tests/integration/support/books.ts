/** The promise that all books agree, in SQL: each check lists the rows that break it, and must find none. */
import { type SQL, sql } from "drizzle-orm";
import { expect } from "vitest";
import { compareWithProviders } from "./provider-books.ts";
import type { Shop } from "./shop.ts";

/** Whose books a test looks at. */
export interface Subjects {
  readonly orderIds: readonly string[];
  readonly skus?: readonly string[];
  readonly users?: readonly string[];
}

/** Fails unless everything that must hold does, within the shop's books and between them and the providers'. */
export async function expectBooksInOrder(shop: Shop, subjects: Subjects): Promise<void> {
  const checks = {
    ...orderChecks(atLeastOne(subjects.orderIds)),
    ...stockChecks(atLeastOne(subjects.skus)),
    ...pointsChecks(atLeastOne(subjects.users)),
  };
  const named = Object.entries(checks).map(
    ([promise, query]) => sql`select ${promise} as promise, broken.found from (${query}) as broken`,
  );
  const [{ rows }, differences] = await Promise.all([
    shop.db.execute(sql.join(named, sql` union all `)),
    compareWithProviders(shop, subjects.orderIds),
  ]);
  expect(rows).toEqual([]);
  expect(differences).toEqual([]);
}

/** SQL has no empty list. */
function atLeastOne(names: readonly string[] = []): string[] {
  return names.length > 0 ? [...names] : ["-"];
}

const UNDER_WAY = sql`('CREATED','PROCESSING','ABNORMAL')`;

function orderChecks(ids: string[]): Record<string, SQL> {
  return {
    "an order's sums are those of its refunds": sql`
      select concat_ws(' ', o.id, o.refunding, o.refunded, o.points_returning, o.points_returned) as found from orders o
      left join refund_records r on r.order_id = o.id and r.applied = 1
      where o.id in ${ids} group by o.id, o.refunding, o.refunded, o.points_returning, o.points_returned
      having o.refunding <> coalesce(sum(case when r.state in ${UNDER_WAY} then r.amount end), 0)
        or o.refunded <> coalesce(sum(case when r.state = 'SUCCESS' then r.amount end), 0)
        or o.points_returning <> coalesce(sum(case when r.state in ${UNDER_WAY} then r.points end), 0)
        or o.points_returned <> coalesce(sum(case when r.state = 'SUCCESS' then r.points end), 0)`,
    "a line's sums are those of its returns": sql`
      select concat_ws(' ', i.order_id, i.sku, i.returning_quantity, i.returned_quantity) as found from order_items i
      left join inventory_logs l on l.order_id = i.order_id and l.sku = i.sku and l.kind = 'RETURN'
      left join refund_records r on r.id = l.cause_id
      where i.order_id in ${ids} group by i.order_id, i.sku, i.returning_quantity, i.returned_quantity
      having i.returning_quantity <> coalesce(sum(case when r.state in ${UNDER_WAY} and l.state = 'PENDING' then l.quantity end), 0)
        or i.returned_quantity <> coalesce(sum(case when r.state = 'SUCCESS' and l.state = 'POSTED' then l.quantity end), 0)`,
    "a line has its sale entry, POSTED just when the order is PAID, VOIDED just when it is CLOSED": sql`
      select concat_ws(' ', o.id, o.state, i.sku, l.state) as found from orders o
      join order_items i on i.order_id = o.id
      left join inventory_logs l on l.order_id = o.id and l.sku = i.sku and l.kind = 'SALE'
        and l.cause_id = (case o.generation when 0 then o.id else concat(o.id, '#', o.generation) end)
        and l.quantity = i.quantity
      where o.id in ${ids} and o.state <> 'DRAFT' and coalesce(o.close_reason, '') <> 'DRAFT_ABANDONED'
        and coalesce(l.state, '-') <>
        (case o.state when 'PAID' then 'POSTED' when 'CLOSED' then 'VOIDED' else 'PENDING' end)`,
    "an order is PAID just when one attempt's money is applied to it, or it costs nothing": sql`
      select concat_ws(' ', o.id, o.state, o.paid_by, count(t.out_trade_no)) as found from orders o
      left join payment_transactions t on t.order_id = o.id and t.disposition = 'APPLIED'
      where o.id in ${ids} group by o.id, o.state, o.amount, o.paid_by
      having count(t.out_trade_no) <> (case when o.state = 'PAID' and o.amount > 0 then 1 else 0 end)
        or coalesce(max(t.out_trade_no), '') <> coalesce(o.paid_by, '') or coalesce(max(t.received), o.amount) <> o.amount`,
    "a transaction's sums are those of its refunds": sql`
      select concat_ws(' ', t.out_trade_no, t.received, t.refunding, t.refunded) as found from payment_transactions t
      left join refund_records r on r.out_trade_no = t.out_trade_no and r.origin <> 'EXTERNAL'
      where t.order_id in ${ids} group by t.out_trade_no, t.received, t.refunding, t.refunded
      having t.refunding <> coalesce(sum(case when r.state in ${UNDER_WAY} then r.amount end), 0)
        or t.refunded <> coalesce(sum(case when r.state = 'SUCCESS' then r.amount end), 0)`,
    "a transaction counts the refunds that its provider has, or may have": sql`
      select concat_ws(' ', t.out_trade_no, t.refund_parts) as found from payment_transactions t
      left join refund_records r on r.out_trade_no = t.out_trade_no and r.origin <> 'EXTERNAL'
        and r.amount > 0 and r.state in ('CREATED','PROCESSING','ABNORMAL','SUCCESS')
      where t.order_id in ${ids} group by t.out_trade_no, t.refund_parts having t.refund_parts <> count(r.id)`,
    "unapplied money that nobody works on any more has gone back, or is held for an operator": sql`
      select concat_ws(' ', t.out_trade_no, t.unapplied_reason, t.received, t.refunded) as found from payment_transactions t
      where t.order_id in ${ids} and t.disposition = 'UNAPPLIED' and t.next_check_at is null and t.policy <> 'HOLD'
        and t.refunded + (select coalesce(sum(r.amount), 0) from refund_records r
          where r.out_trade_no = t.out_trade_no and r.origin = 'EXTERNAL') < t.received`,
    "what is foreseen for opening an order again waits only while some money is meant to open it": sql`
      select concat_ws(' ', l.order_id, l.cause_id, l.sku) as found from inventory_logs l
      where l.order_id in ${ids} and l.state = 'PENDING' and l.cause_id like '%#%'
        and not exists (select 1 from payment_transactions t
          where t.order_id = l.order_id and t.policy in ('REVIVE','APPLY') and t.next_check_at is not null)`,
    "an open order, attempt or refund has a time at which a job looks at it": sql`
      select concat_ws(' ', id) as found from orders where id in ${ids} and state in ('DRAFT','PENDING') and next_check_at is null
      union all select out_trade_no from payment_transactions
        where order_id in ${ids} and state in ('CREATED','PENDING','CLOSING') and next_check_at is null
      union all select id from refund_records
        where order_id in ${ids} and state in ${UNDER_WAY} and next_check_at is null`,
    "no refund that has ended has an entry of pieces waiting": sql`
      select concat_ws(' ', r.id, r.state, l.state) as found from refund_records r
      join inventory_logs l on l.order_id = r.order_id and l.kind = 'RETURN' and l.cause_id = r.id
      where r.order_id in ${ids} and ((r.state = 'CLOSED' and l.state <> 'VOIDED') or (r.state = 'SUCCESS' and l.state <> 'POSTED'))`,
  };
}

function stockChecks(skus: string[]): Record<string, SQL> {
  return {
    "an item's row is what its journal adds up to, and pieces are reserved for open orders only": sql`
      select concat_ws(' ', i.sku, i.on_hand, i.reserved) as found from inventory_items i
      left join inventory_logs l on l.sku = i.sku
      left join orders o on o.id = l.order_id
      where i.sku in ${skus} group by i.sku, i.on_hand, i.reserved
      having i.on_hand <> coalesce(sum(case when l.state = 'POSTED' then (case l.kind when 'SALE' then -l.quantity else l.quantity end) end), 0)
        or i.reserved <> coalesce(sum(case when l.state = 'PENDING' and l.kind = 'SALE' and o.state = 'PENDING' then l.quantity end), 0)`,
  };
}

function pointsChecks(users: string[]): Record<string, SQL> {
  return {
    "an account is what its journal adds up to, and points are held for open orders only": sql`
      select concat_ws(' ', a.user_id, a.balance, a.held, a.clawed) as found from points_accounts a
      left join points_logs l on l.user_id = a.user_id
      left join orders o on o.id = l.order_id
      where a.user_id in ${users} group by a.user_id, a.balance, a.held, a.clawed
      having a.balance <> coalesce(sum(case when l.state = 'POSTED' and l.kind <> 'CLAWBACK'
          then (case when l.kind in ('HOLD','PAY','EXPIRE') then -l.points else l.points end) end), 0)
        or a.clawed <> coalesce(sum(case when l.state = 'POSTED' and l.kind = 'CLAWBACK' then l.points end), 0)
        or a.held <> coalesce(sum(case when l.state = 'PENDING' and l.kind = 'HOLD' and o.state = 'PENDING' then l.points end), 0)`,
    "no points entry waits whose order, attempt or refund has ended": sql`
      select concat_ws(' ', l.user_id, l.kind, l.cause_id, l.state) as found from points_logs l
      left join orders o on o.id = l.order_id
      left join payment_transactions t on t.out_trade_no = l.cause_id
      left join refund_records r on r.id = l.cause_id
      where l.user_id in ${users} and l.state = 'PENDING' and (
        (l.kind in ('HOLD','EARN') and o.state in ('PAID','CLOSED'))
        or (l.kind = 'PAY' and t.state in ('CLOSED','FAILED','SUCCESS'))
        or (l.kind in ('REFUND','CLAWBACK') and r.state in ('CLOSED','SUCCESS')))`,
    "as much of what an order earned is taken back as of its money": sql`
      select concat_ws(' ', o.id, o.amount, o.refunded) as found from orders o
      join points_logs l on l.user_id = o.user_id and l.order_id = o.id and l.state = 'POSTED' and l.kind in ('EARN','CLAWBACK')
      where o.user_id in ${users} group by o.id, o.amount, o.refunded
      having coalesce(sum(case when l.kind = 'CLAWBACK' then l.points end), 0)
        <> coalesce(sum(case when l.kind = 'EARN' then l.points end), 0) * o.refunded div o.amount`,
  };
}
