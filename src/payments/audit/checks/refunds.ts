import { sql } from "drizzle-orm";
import { type Check, facts, longDue, UNDER_WAY } from "../check.ts";

/** Money that went back after the books had freed it: its pieces and points stayed voided, and an operator was told. */
const CAME_AFTER_CLOSE = sql.raw(
  "exists (select 1 from anomalies n where n.refund_id = r.id and n.order_id = r.order_id and n.kind = 'REFUND_AFTER_CLOSE')",
);

/** What a refund's entries must have become: by its state, but for money that came back late. */
const ENTRY_STATE = sql.raw(
  "(case r.state when 'SUCCESS' then 'POSTED' when 'CLOSED' then 'VOIDED' else 'PENDING' end)",
);

/** The points of a refund's entry: those used beside money, and the amount where points had paid it. */
const POINTS = sql.raw("(r.points + (case r.provider when 'points' then r.amount else 0 end))");

export const REFUND_CHECKS: readonly Check[] = [
  {
    name: "refunds.payment",
    title:
      "a refund belongs to a payment of the same order, user and provider, with money in it; one of points to a paid order",
    ground: "refunds",
    rows: ({ within }) => sql`
      select r.id as subject, ${facts("r.out_trade_no", "r.origin", "r.state", "r.amount")} as facts,
        (case when r.amount = 0 then exists (select 1 from orders o
            where o.id = r.order_id and o.user_id = r.user_id and o.state = 'PAID')
          else exists (select 1 from payment_transactions t where t.out_trade_no = r.out_trade_no
            and t.order_id = r.order_id and t.user_id = r.user_id and t.provider = r.provider
            and (t.state = 'SUCCESS' or r.origin = 'EXTERNAL')) end) as holds
      from refund_records r where ${within}`,
    meaning: "Money goes back that never came.",
    suggestion: "Query the refund and the payment at the provider.",
  },
  {
    name: "refunds.states",
    title: "a refund's state, its times and its payment go together",
    ground: "refunds",
    rows: ({ within }) => sql`
      select r.id as subject,
        ${facts("r.state", "r.origin", "r.applied", "r.decided_at", "r.succeeded_at", "r.failure_code", "r.retry_of", "r.waiting_since")} as facts,
        ((r.state = 'SUCCESS') = (r.succeeded_at is not null)
        and (r.state <> 'CLOSED' or r.failure_code is not null)
        and (r.waiting_since is null or (r.state = 'CREATED' and r.sent_at is null))
        and (r.state in ('REQUESTED','CLOSED') or r.origin = 'EXTERNAL' or r.decided_at is not null)
        and (r.state in ('REQUESTED','CLOSED') or r.applied = 0 or r.amount = 0 or exists (select 1 from payment_transactions t
          where t.out_trade_no = r.out_trade_no and t.disposition = 'APPLIED'))
        and (r.retry_of is null or exists (select 1 from refund_records b
          where b.id = r.retry_of and b.order_id = r.order_id and b.state in ('CLOSED','SUCCESS')))) as holds
      from refund_records r where ${within}`,
    meaning: "The refund is in a state that no statement of the service makes.",
    suggestion: "Query it at the provider, and find out who changed it by hand.",
  },
  {
    name: "refunds.entries",
    title: "the pieces and points of a refund are in their journals, as far along as the refund",
    ground: "refunds",
    rows: ({ within }) => sql`
      select r.id as subject, ${facts("r.state", "r.line_count", "r.points")} as facts,
        ((r.line_count = (select count(*) from inventory_logs l where l.order_id = r.order_id and l.kind = 'RETURN'
            and l.cause_id = r.id and l.state = ${ENTRY_STATE})
          and (${POINTS} = 0 or exists (select 1 from points_logs p where p.user_id = r.user_id and p.kind = 'REFUND'
            and p.cause_id = r.id and p.points = ${POINTS} and p.state = ${ENTRY_STATE})))
        or (r.state = 'SUCCESS' and ${CAME_AFTER_CLOSE})) as holds
      from refund_records r where ${within} and (r.state = 'SUCCESS' or r.state in ${UNDER_WAY})
        and r.origin <> 'EXTERNAL'`,
    meaning: "Money went back without the pieces or points that belong to it, or the other way round.",
    suggestion: "Compare the refund with both journals; correct the stock or the balance.",
  },
  {
    name: "refunds.watch",
    title: "a refund under way has a time at which a job asks for it, and has been asked for in time",
    ground: "refunds",
    rows: ({ within, now }) => sql`
      select r.id as subject, ${facts("r.state", "r.decided_at", "r.next_check_at")} as facts,
        (r.next_check_at >= ${longDue(now)}) as holds
      from refund_records r where ${within} and r.state in ${UNDER_WAY}`,
    meaning: "Its money is reserved, and nobody will ever ask what became of it; or the jobs don't run.",
    suggestion: "Query the refund; see that the jobs run.",
  },
];
