import { sql } from "drizzle-orm";
import { type Check, facts, IS_ORDER, longDue, OWN_CAUSE, UNDER_WAY } from "../check.ts";

/** As many as the API takes for one order. */
const MOST_ADJUSTMENTS = 20;

const ADJUSTMENT_TERMS = Array.from({ length: MOST_ADJUSTMENTS }, (_, index) => {
  const member = (name: string) => `json_unquote(json_extract(o.adjustments, '$[${index}].${name}'))`;
  return `coalesce(cast(${member("amount")} as signed) * (case ${member("kind")} when 'DISCOUNT' then -1 else 1 end), 0)`;
});

/** What services added to the price of the goods and took off it, in fen. JSON_TABLE would be shorter, and Vitess lacks it. */
const ADJUSTMENTS = sql.raw(
  `(case when o.adjustments = '[]' then 0 when json_valid(o.adjustments) then ${ADJUSTMENT_TERMS.join(" + ")} end)`,
);

export const ORDER_CHECKS: readonly Check[] = [
  {
    name: "orders.price",
    title: "an order costs what its lines and adjustments add up to, less its points",
    ground: "orders",
    rows: ({ within }) => sql`
      select o.id as subject, ${facts("o.total_amount", "o.points_to_use", "o.amount", "o.line_count")} as facts,
        (o.amount = o.total_amount - o.points_to_use and (o.line_count = 0 or o.total_amount = ${ADJUSTMENTS} +
          (select sum(i.unit_price * i.quantity) from order_items i where i.order_id = o.id))) as holds
      from orders o where ${within} and ${IS_ORDER}`,
    meaning: "The buyer was asked for another amount than the goods cost.",
    suggestion: "Compare the order's lines with the catalogue; refund or ask for the difference.",
  },
  {
    name: "orders.lines",
    title: "an order has all its lines, and each has a sale entry of its pieces",
    ground: "orders",
    rows: ({ within }) => sql`
      select o.id as subject, ${facts("o.state", "o.line_count", "o.generation")} as facts,
        (o.line_count = (select count(*) from order_items i where i.order_id = o.id)
          and o.line_count = (select count(*) from order_items i join inventory_logs l on l.order_id = i.order_id
            and l.kind = 'SALE' and l.sku = i.sku and l.cause_id = ${OWN_CAUSE} and l.quantity = i.quantity
            where i.order_id = o.id)) as holds
      from orders o where ${within} and ${IS_ORDER}`,
    meaning: "Pieces were sold that the stock journal does not know of.",
    suggestion: "Compare lines and entries, count the SKU, and correct the stock.",
  },
  {
    name: "orders.points_hold",
    title: "an order that uses points has an entry that holds just as many",
    ground: "orders",
    rows: ({ within }) => sql`
      select o.id as subject, ${facts("o.state", "o.points_to_use")} as facts,
        exists (select 1 from points_logs p where p.user_id = o.user_id and p.kind = 'HOLD' and p.cause_id = ${OWN_CAUSE}
          and p.points = o.points_to_use) as holds
      from orders o where ${within} and o.points_to_use > 0 and ${IS_ORDER}`,
    meaning: "The order was made cheaper by points that nobody took.",
    suggestion: "Look at the user's points journal; correct the balance with the user's knowledge.",
  },
  {
    name: "orders.refund_sums",
    title: "an order's sums of money and points are those of its refunds",
    ground: "orders",
    rows: ({ within }) => sql`
      select o.id as subject,
        ${facts("o.refunding", "o.refunded", "o.points_returning", "o.points_returned")} as facts,
        (o.refunding = (select coalesce(sum(r.amount), 0) from refund_records r
          where r.order_id = o.id and r.applied = 1 and r.state in ${UNDER_WAY})
        and o.refunded = (select coalesce(sum(r.amount), 0) from refund_records r
          where r.order_id = o.id and r.applied = 1 and r.state = 'SUCCESS')
        and o.points_returning = (select coalesce(sum(r.points), 0) from refund_records r
          where r.order_id = o.id and r.applied = 1 and r.state in ${UNDER_WAY})
        and o.points_returned = (select coalesce(sum(r.points), 0) from refund_records r
          join points_logs p on p.user_id = r.user_id and p.kind = 'REFUND' and p.cause_id = r.id and p.state = 'POSTED'
          where r.order_id = o.id and r.applied = 1 and r.state = 'SUCCESS')) as holds
      from orders o where ${within}`,
    meaning: "More or less can be refunded than was paid.",
    suggestion: "Compare the order with its refunds and with the provider before refunding anything more.",
  },
  {
    name: "orders.paid_by",
    title: "just the payment that an order names is applied to a PAID order that cost money, none to any other",
    ground: "orders",
    rows: ({ within }) => sql`
      select o.id as subject, ${facts("o.state", "o.amount", "o.paid_by")} as facts,
        ((select count(*) from payment_transactions t where t.order_id = o.id and t.disposition = 'APPLIED')
          = (case when o.state = 'PAID' and o.amount > 0 then 1 else 0 end)
        and (case when o.state = 'PAID' and o.amount > 0 then
          exists (select 1 from payment_transactions t where t.order_id = o.id and t.out_trade_no = o.paid_by
            and t.state = 'SUCCESS' and t.disposition = 'APPLIED' and t.received = o.amount)
          else o.paid_by is null end)) as holds
      from orders o where ${within}`,
    meaning: "An order counts as paid without money, or money was counted twice or for nothing.",
    suggestion: "Query the payments of the order at their providers; refund what is too much.",
  },
  {
    name: "orders.states",
    title: "an order's state, its times and its refunds go together",
    ground: "orders",
    rows: ({ within }) => sql`
      select o.id as subject,
        ${facts("o.state", "o.paid_at", "o.closed_at", "o.close_reason", "o.closing_at", "o.next_check_at")} as facts,
        (case o.state
          when 'PAID' then o.paid_at is not null and o.next_check_at is null
          when 'CLOSED' then o.closed_at is not null and o.close_reason is not null and o.paid_at is null
            and o.next_check_at is null and o.refunding + o.refunded = 0
          else o.paid_at is null and o.closed_at is null and o.refunding + o.refunded = 0 end) as holds
      from orders o where ${within}`,
    meaning: "The order is in a state that no statement of the service makes.",
    suggestion: "Somebody changed it by hand: find out who, and what it was.",
  },
  {
    name: "orders.watch",
    title: "an open order has a time at which a job looks at it, and has been looked at in time",
    ground: "orders",
    rows: ({ within, now }) => sql`
      select o.id as subject, ${facts("o.state", "o.expires_at", "o.next_check_at")} as facts,
        (o.next_check_at >= ${longDue(now)}) as holds
      from orders o where ${within} and o.state in ('DRAFT','PENDING')`,
    meaning: "It holds pieces and points, and nobody will ever close it; or the jobs don't run.",
    suggestion: "See that the jobs run; cancel the order if they do.",
  },
  {
    name: "orders.returned_pieces",
    title: "the pieces that a line has back or expects back are those of its refunds",
    ground: "lines",
    rows: ({ within }) => sql`
      select concat_ws(' ', i.order_id, i.sku) as subject,
        ${facts("i.quantity", "i.returning_quantity", "i.returned_quantity")} as facts,
        (i.returning_quantity = (select coalesce(sum(l.quantity), 0) from inventory_logs l
          join refund_records r on r.id = l.cause_id and r.state in ${UNDER_WAY}
          where l.order_id = i.order_id and l.kind = 'RETURN' and l.sku = i.sku and l.state = 'PENDING')
        and i.returned_quantity = (select coalesce(sum(l.quantity), 0) from inventory_logs l
          where l.order_id = i.order_id and l.kind = 'RETURN' and l.sku = i.sku and l.state = 'POSTED')) as holds
      from order_items i where ${within}`,
    meaning: "Pieces would come back to the shelf twice, or never.",
    suggestion: "Compare the line with the stock journal and the goods that came back; correct the stock.",
  },
];
