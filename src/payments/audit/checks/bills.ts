/** Providers' bills beside the books: every day is seen to, and what differed has an end with a cause. */
import { sql } from "drizzle-orm";
import { type Check, facts, longDue } from "../check.ts";

/** The line that a difference is about is in the bill that its day goes by. */
const IS_LISTED = sql.raw(`exists (select 1 from bill_entries e
  join bill_days v on v.provider = e.provider and v.bill_date = e.bill_date and v.load_no = e.load_no
  where e.provider = m.provider and e.kind = m.kind and e.number = m.number and e.provider_no = m.provider_no
    and e.bill_date = m.bill_date and e.status = 'success')`);

/** The books have what a difference says they had not. */
const IS_HERE = sql.raw(`(case m.kind
  when 'payment' then exists (select 1 from payment_transactions t
      where t.out_trade_no = m.number and t.provider = m.provider and t.state = 'SUCCESS')
    or exists (select 1 from pre_authorisation_operations x
      where x.number = m.number and x.provider = m.provider and x.kind = 'CAPTURE' and x.state = 'SUCCESS')
  else exists (select 1 from refund_records r
      where r.provider = m.provider and r.out_refund_no = m.number and r.out_trade_no = m.out_trade_no and r.state = 'SUCCESS')
    or exists (select 1 from payment_transactions t
      where t.out_trade_no = m.out_trade_no and t.provider = m.provider and t.unapplied_reason = 'GONE_BACK')
    or exists (select 1 from payment_transactions t join refund_records r on r.order_id = t.order_id
      where t.out_trade_no = m.out_trade_no and t.out_trade_no = m.number and t.provider = m.provider
        and r.out_trade_no = m.out_trade_no and r.origin = 'EXTERNAL') end)`);

/** By the name under which an operator heard of it. */
const IS_REPORTED = sql.raw(`exists (select 1 from anomalies n where n.subject_key =
  left(concat('BILL_', m.difference, ':', m.provider, ':', m.kind, ':', m.number, ':', m.provider_no), 160))`);

export const BILL_CHECKS: readonly Check[] = [
  {
    name: "bills.days",
    title:
      "a day of bills that is not over is seen to in time, one that is has no difference left, or was given up aloud",
    ground: "days",
    rows: ({ within, now }) => sql`
      select concat_ws(' ', b.provider, b.bill_date) as subject,
        ${facts("b.state", "b.load_no", "b.done_at", "b.next_check_at")} as facts,
        (case b.state
          when 'DONE' then b.done_at is not null and b.load_no > 0 and not exists (select 1 from bill_differences m
            where m.provider = b.provider and m.bill_date = b.bill_date and m.state in ('OPEN','PARKED'))
          when 'UNAVAILABLE' then exists (select 1 from anomalies n
            where n.subject_key = concat('BILL_UNAVAILABLE:', b.provider, ':', b.bill_date))
          else b.next_check_at >= ${longDue(now)} end) as holds
      from bill_days b where ${within}`,
    meaning: "A day's bill was never compared to its end; or the jobs don't run.",
    suggestion: "See that the jobs run; have the day reconciled once more.",
  },
  {
    name: "bills.differences",
    title: "a difference belongs to a day, and is looked into until it has healed or an operator has been told",
    ground: "differences",
    rows: ({ within, now }) => sql`
      select m.id as subject,
        ${facts("m.provider", "m.bill_date", "m.kind", "m.number", "m.difference", "m.state", "m.next_check_at")} as facts,
        (exists (select 1 from bill_days b where b.provider = m.provider and b.bill_date = m.bill_date)
        and (case when m.state in ('OPEN','PARKED') then m.next_check_at >= ${longDue(now)}
          else m.settled_at is not null and m.next_check_at is null end)
        and (m.state <> 'REPORTED' or (m.reported_at is not null and ${IS_REPORTED}))) as holds
      from bill_differences m where ${within}`,
    meaning: "Bill and books differ, and nobody will ever hear of it; or the jobs don't run.",
    suggestion: "See that the jobs run; have the day reconciled once more.",
  },
  {
    name: "bills.healed",
    title: "the books have what was missing in them when a bill was compared, and is not any more",
    ground: "differences",
    rows: ({ within }) => sql`
      select m.id as subject, ${facts("m.provider", "m.bill_date", "m.kind", "m.number", "m.state", "m.settled_at")} as facts,
        (m.state <> 'HEALED' or not ${IS_LISTED} or ${IS_HERE}) as holds
      from bill_differences m where ${within} and m.difference = 'MISSING_HERE'`,
    meaning: "Money that a provider took or gave back counts as booked, and is not.",
    suggestion: "Query it at the provider; have the day reconciled once more.",
  },
];
