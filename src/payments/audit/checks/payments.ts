import { sql } from "drizzle-orm";
import { type Check, facts, longDue, UNDER_WAY } from "../check.ts";

const OPEN = sql.raw("('CREATED','PENDING','CLOSING')");

export const PAYMENT_CHECKS: readonly Check[] = [
  {
    name: "payments.refund_sums",
    title: "a payment's sums and parts are those of our refunds; refunds made elsewhere stand outside",
    ground: "attempts",
    rows: ({ within }) => sql`
      select t.out_trade_no as subject, ${facts("t.received", "t.refunding", "t.refunded", "t.refund_parts")} as facts,
        (t.refunding = (select coalesce(sum(r.amount), 0) from refund_records r where r.order_id = t.order_id
          and r.out_trade_no = t.out_trade_no and r.origin <> 'EXTERNAL' and r.state in ${UNDER_WAY})
        and t.refunded = (select coalesce(sum(r.amount), 0) from refund_records r where r.order_id = t.order_id
          and r.out_trade_no = t.out_trade_no and r.origin <> 'EXTERNAL' and r.state = 'SUCCESS')
        and t.refund_parts = (select count(*) from refund_records r where r.order_id = t.order_id
          and r.out_trade_no = t.out_trade_no and r.origin <> 'EXTERNAL'
          and r.amount > 0 and (r.state = 'SUCCESS' or r.state in ${UNDER_WAY}))) as holds
      from payment_transactions t where ${within}`,
    meaning: "The ceiling over refunds is not where the money is.",
    suggestion: "Query the payment and its refunds at the provider before refunding anything more.",
  },
  {
    name: "payments.order",
    title: "a payment belongs to an order of the same user and the same amount",
    ground: "attempts",
    rows: ({ within }) => sql`
      select t.out_trade_no as subject, ${facts("t.order_id", "t.amount", "t.state")} as facts,
        exists (select 1 from orders o where o.id = t.order_id and o.user_id = t.user_id and o.amount = t.amount) as holds
      from payment_transactions t where ${within}`,
    meaning: "Money was asked for that no order owes.",
    suggestion: "Refund what was paid by it, and find out where it came from.",
  },
  {
    name: "payments.states",
    title: "a payment's state, its money and what became of it go together",
    ground: "attempts",
    rows: ({ within }) => sql`
      select t.out_trade_no as subject,
        ${facts("t.state", "t.disposition", "t.received", "t.paid_at", "t.unapplied_reason", "t.policy")} as facts,
        (case when t.state = 'SUCCESS' then t.received > 0 and t.paid_at is not null
            and (case t.disposition when 'APPLIED' then t.received = t.amount
              else t.unapplied_reason is not null and t.policy is not null end)
          else t.received = 0 and t.paid_at is null and t.disposition is null and t.refunding + t.refunded = 0
            and (t.state in ${OPEN} or t.closed_at is not null) end) as holds
      from payment_transactions t where ${within}`,
    meaning: "The payment is in a state that no statement of the service makes.",
    suggestion: "Query it at the provider, and find out who changed it by hand.",
  },
  {
    name: "payments.watch",
    title: "an open payment has a time at which a job asks for it, and has been asked for in time",
    ground: "attempts",
    rows: ({ within, now }) => sql`
      select t.out_trade_no as subject, ${facts("t.state", "t.expires_at", "t.next_check_at")} as facts,
        (t.next_check_at >= ${longDue(now)}) as holds
      from payment_transactions t where ${within} and t.state in ${OPEN}`,
    meaning: "The buyer may have paid, and nobody will ever ask; or the jobs don't run.",
    suggestion: "Query the payment; see that the jobs run.",
  },
  {
    name: "payments.unapplied",
    title: "money that is to go back, or to open its order again, is being worked on until it has",
    ground: "attempts",
    rows: ({ within, now }) => sql`
      select t.out_trade_no as subject, ${facts("t.policy", "t.received", "t.refunded", "t.next_check_at")} as facts,
        (t.refunded = t.received or t.next_check_at >= ${longDue(now)} or (t.policy = 'REFUND' and t.received <= t.refunded +
          (select coalesce(sum(r.amount), 0) from refund_records r where r.order_id = t.order_id
            and r.out_trade_no = t.out_trade_no and r.origin = 'EXTERNAL'))) as holds
      from payment_transactions t where ${within} and t.disposition = 'UNAPPLIED' and t.policy in ('REFUND','REVIVE','APPLY')`,
    meaning: "The shop keeps money that it owes, and nobody works on it.",
    suggestion: "Refund the payment, or apply it to its order.",
  },
  {
    name: "payments.held",
    title: "of money that waits for an operator, an operator has been told",
    ground: "attempts",
    rows: ({ within }) => sql`
      select t.out_trade_no as subject, ${facts("t.order_id", "t.unapplied_reason", "t.received", "t.refunded")} as facts,
        (t.refunded = t.received or exists (select 1 from anomalies n where n.order_id = t.order_id
          and n.out_trade_no = t.out_trade_no and n.state = 'OPEN')) as holds
      from payment_transactions t where ${within} and t.disposition = 'UNAPPLIED' and t.policy = 'HOLD'`,
    meaning: "The shop keeps money that paid nothing, and no open anomaly says so.",
    suggestion: "Apply it, refund it or write it off.",
  },
  {
    name: "payments.written_off",
    title: "money was written off by an operator, with a reason",
    ground: "attempts",
    rows: ({ within }) => sql`
      select t.out_trade_no as subject, ${facts("t.order_id", "t.received", "t.refunded")} as facts,
        exists (select 1 from operator_actions d where d.subject = t.out_trade_no and d.action like '%write\\_off') as holds
      from payment_transactions t where ${within} and t.disposition = 'WRITTEN_OFF'`,
    meaning: "Somebody wrote money off past the service.",
    suggestion: "Find out who; query the payment at the provider.",
  },
  {
    name: "combined.parts",
    title: "the parts of a combined payment are one user's, by one method, and end together",
    ground: "combined",
    rows: ({ within }) => sql`
      select c.combine_out_trade_no as subject, ${facts("c.user_id", "c.method")} as facts,
        (not exists (select 1 from payment_transactions t where t.combine_out_trade_no = c.combine_out_trade_no
          and (t.user_id <> c.user_id or t.provider <> c.provider or t.method <> c.method))
        and not (exists (select 1 from payment_transactions t
            where t.combine_out_trade_no = c.combine_out_trade_no and t.state = 'SUCCESS')
          and exists (select 1 from payment_transactions t
            where t.combine_out_trade_no = c.combine_out_trade_no and t.state in ('CLOSED','FAILED')))) as holds
      from combined_payments c where ${within}
        and exists (select 1 from payment_transactions t where t.combine_out_trade_no = c.combine_out_trade_no)`,
    meaning: "One of several orders that were paid together counts as unpaid.",
    suggestion: "Query the combined payment at the provider.",
  },
];
