/** The journals of pieces and points: what stands on shelves and accounts is their sum, and each entry has its cause. */
import { sql } from "drizzle-orm";
import { type Check, facts, longDue, MAY_OPEN_AGAIN, OWN_CAUSE } from "../check.ts";

export const JOURNAL_CHECKS: readonly Check[] = [
  {
    name: "stock.on_hand",
    title: "what is on a shelf is what its journal adds up to",
    ground: "items",
    rows: ({ within }) => sql`
      select s.sku as subject, ${facts("s.on_hand", "s.reserved", "s.shortage")} as facts,
        (s.on_hand = (select coalesce(sum(case l.kind when 'SALE' then -l.quantity else l.quantity end), 0)
          from inventory_logs l where l.sku = s.sku and l.state = 'POSTED')) as holds
      from inventory_items s where ${within}`,
    meaning: "Pieces came or went past the journal.",
    suggestion: "Count the SKU, and write the count down with a reason.",
  },
  {
    name: "stock.reserved",
    title: "pieces are reserved for open orders only",
    ground: "items",
    rows: ({ within }) => sql`
      select s.sku as subject, ${facts("s.on_hand", "s.reserved", "s.shortage")} as facts,
        (s.reserved = (select coalesce(sum(l.quantity), 0) from inventory_logs l
          join orders o on o.id = l.order_id and o.state = 'PENDING'
          where l.sku = s.sku and l.kind = 'SALE' and l.state = 'PENDING')) as holds
      from inventory_items s where ${within}`,
    meaning: "Pieces are kept from sale for nobody, or sold twice.",
    suggestion: "Compare the open orders of the SKU with its row.",
  },
  {
    name: "stock.entries",
    title: "a stock entry has a cause, and is as far along as that",
    ground: "pieces",
    rows: ({ within, now }) => sql`
      select concat_ws(' ', l.order_id, l.kind, l.sku, l.cause_id) as subject,
        ${facts("l.quantity", "l.state", "l.posted_at", "o.state", "r.state")} as facts,
        ((l.state <> 'POSTED' or l.posted_at is not null) and (case l.kind
          when 'SALE' then coalesce(o.close_reason, '') = 'DRAFT_ABANDONED' or (case l.state
            when 'PENDING' then o.state in ('DRAFT','PENDING') or (l.cause_id <> ${OWN_CAUSE}
              and (l.created_at >= ${longDue(now)} or ${MAY_OPEN_AGAIN}))
            when 'POSTED' then o.state = 'PAID' else o.state = 'CLOSED' or l.cause_id <> ${OWN_CAUSE} end)
          when 'RETURN' then (case l.state when 'PENDING' then r.state not in ('SUCCESS','CLOSED')
            when 'POSTED' then r.state = 'SUCCESS' else r.state in ('SUCCESS','CLOSED') end)
          else l.reason is not null and l.created_by is not null end)) as holds
      from inventory_logs l
      left join orders o on o.id = l.order_id and l.kind = 'SALE'
      left join refund_records r on r.id = l.cause_id and l.kind = 'RETURN'
      where ${within}`,
    meaning: "Pieces moved without a sale, a return or an operator, or failed to move with one.",
    suggestion: "Compare the entry with its order or refund; count the SKU.",
  },
  {
    name: "points.balance",
    title: "a balance is what its journal adds up to",
    ground: "accounts",
    rows: ({ within }) => sql`
      select a.user_id as subject, ${facts("a.balance", "a.held", "a.clawed")} as facts,
        (a.balance = (select coalesce(sum(case when p.kind in ('HOLD','PAY','EXPIRE') then -p.points else p.points end), 0)
          from points_logs p where p.user_id = a.user_id and p.state = 'POSTED' and p.kind <> 'CLAWBACK')) as holds
      from points_accounts a where ${within}`,
    meaning: "Points came or went past the journal.",
    suggestion: "Go through the user's statement; grant what is missing with a reason.",
  },
  {
    name: "points.held",
    title: "points are held for open orders only",
    ground: "accounts",
    rows: ({ within }) => sql`
      select a.user_id as subject, ${facts("a.balance", "a.held", "a.clawed")} as facts,
        (a.held = (select coalesce(sum(p.points), 0) from points_logs p
          join orders o on o.id = p.order_id and o.state = 'PENDING'
          where p.user_id = a.user_id and p.kind = 'HOLD' and p.state = 'PENDING')) as holds
      from points_accounts a where ${within}`,
    meaning: "A user can't use points that are theirs, or can use them twice.",
    suggestion: "Compare the user's open orders with the account.",
  },
  {
    name: "points.clawed",
    title: "the points taken back after refunds are those in the journal",
    ground: "accounts",
    rows: ({ within }) => sql`
      select a.user_id as subject, ${facts("a.balance", "a.held", "a.clawed")} as facts,
        (a.clawed = (select coalesce(sum(p.points), 0) from points_logs p
          where p.user_id = a.user_id and p.kind = 'CLAWBACK' and p.state = 'POSTED')) as holds
      from points_accounts a where ${within}`,
    meaning: "A reward was taken back twice, or kept after its payment went back.",
    suggestion: "Go through the user's statement beside the refunds.",
  },
  {
    name: "points.watch",
    title: "an account is looked at when points on it end, and has been looked at in time",
    ground: "accounts",
    rows: ({ within, now }) => sql`
      select a.user_id as subject, ${facts("a.balance", "a.held", "a.next_check_at")} as facts,
        ((a.next_check_at is null or a.next_check_at >= ${longDue(now)})
        and not exists (select 1 from points_logs p where p.user_id = a.user_id and p.state = 'POSTED'
          and p.kind in ('GRANT','EARN','REFUND') and p.expires_at > ${now}
          and coalesce(a.next_check_at > p.expires_at + interval 1 hour, 1 = 1))) as holds
      from points_accounts a where ${within}`,
    meaning: "Points would last for ever, or a debt stay unheard of; or the jobs don't run.",
    suggestion: "See that the jobs run.",
  },
  {
    name: "points.rewards",
    title: "of a reward just as much was taken back as of its payment went back",
    ground: "orders",
    rows: ({ within }) => sql`
      select o.id as subject, ${facts("o.amount", "o.refunded", "w.points")} as facts,
        ((select coalesce(sum(p.points), 0) from refund_records r
          join points_logs p on p.user_id = o.user_id and p.kind = 'CLAWBACK' and p.cause_id = r.id and p.state = 'POSTED'
          where r.order_id = o.id) = cast(w.points as decimal(40)) * o.refunded div o.amount) as holds
      from orders o
      join points_logs w on w.user_id = o.user_id and w.kind = 'EARN' and w.cause_id = ${OWN_CAUSE} and w.state = 'POSTED'
      where ${within}`,
    meaning: "A buyer keeps a reward for nothing, or lost one that was earned.",
    suggestion: "Go through the user's statement beside the order's refunds; correct the balance.",
  },
  {
    name: "points.entries",
    title: "a points entry has a cause and an account, and is as far along as its cause",
    ground: "points",
    rows: ({ within, now }) => sql`
      select concat_ws(' ', p.user_id, p.kind, p.cause_id) as subject,
        ${facts("p.points", "p.state", "p.posted_at", "o.state", "t.state", "r.state")} as facts,
        ((p.state <> 'POSTED' or (p.posted_at is not null and a.user_id is not null)) and (case
          when p.kind in ('HOLD','EARN') then coalesce(o.close_reason, '') = 'DRAFT_ABANDONED' or (case p.state
            when 'PENDING' then o.state in ('DRAFT','PENDING') or (p.cause_id <> ${OWN_CAUSE}
              and (p.created_at >= ${longDue(now)} or ${MAY_OPEN_AGAIN}))
            when 'POSTED' then o.state = 'PAID' else o.state = 'CLOSED' or p.cause_id <> ${OWN_CAUSE}
              or (p.kind = 'EARN' and exists (select 1 from payment_transactions w
                where w.out_trade_no = o.paid_by and w.provider = 'points')) end)
          when p.kind = 'PAY' then (case p.state when 'PENDING' then t.state in ('CREATED','PENDING','CLOSING')
            when 'POSTED' then t.state = 'SUCCESS' else t.state in ('CLOSED','FAILED') end)
          when p.kind in ('REFUND','CLAWBACK') then (case p.state when 'PENDING' then r.state not in ('SUCCESS','CLOSED')
            when 'POSTED' then r.state = 'SUCCESS' else r.state in ('SUCCESS','CLOSED') end)
          when p.kind = 'GRANT' then p.reason is not null and p.created_by is not null
          else 1 = 1 end)) as holds
      from points_logs p
      left join points_accounts a on a.user_id = p.user_id
      left join orders o on o.id = p.order_id and p.kind in ('HOLD','EARN')
      left join payment_transactions t on t.out_trade_no = p.cause_id and p.kind = 'PAY'
      left join refund_records r on r.id = p.cause_id and p.kind in ('REFUND','CLAWBACK')
      where ${within}`,
    meaning: "Points moved without an order, a payment, a refund or an operator, or failed to move with one.",
    suggestion: "Compare the entry with its cause; correct the balance with the user's knowledge.",
  },
];
