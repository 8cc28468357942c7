/** What people did and were told. */
import { sql } from "drizzle-orm";
import { type Check, facts } from "../check.ts";

/** What is on record about an order names one that there is. */
const ordersOf = (alias: string) =>
  sql.raw(`(${alias}.order_id is null or exists (select 1 from orders o where o.id = ${alias}.order_id))`);

export const RECORD_CHECKS: readonly Check[] = [
  {
    name: "events.orders",
    title: "an event that is about an order is about one that there is",
    ground: "events",
    rows: ({ within }) => sql`
      select e.id as subject, ${facts("e.kind", "e.order_id", "e.created_at")} as facts, ${ordersOf("e")} as holds
      from events e where ${within}`,
    meaning: "An order has been deleted by hand.",
    suggestion: "Ask whoever has access to the database.",
  },
  {
    name: "anomalies.orders",
    title: "an anomaly that is about an order is about one that there is",
    ground: "anomalies",
    rows: ({ within }) => sql`
      select n.id as subject, ${facts("n.kind", "n.order_id", "n.state")} as facts, ${ordersOf("n")} as holds
      from anomalies n where ${within}`,
    meaning: "An order has been deleted by hand.",
    suggestion: "Ask whoever has access to the database.",
  },
  {
    name: "anomalies.resolved",
    title: "an anomaly was resolved by somebody, at some time, for a reason",
    ground: "anomalies",
    rows: ({ within }) => sql`
      select n.id as subject, ${facts("n.kind", "n.order_id", "n.out_trade_no", "n.resolved_at", "n.resolved_by")} as facts,
        (n.resolved_at is not null and n.resolved_by is not null and trim(n.resolution) <> '') as holds
      from anomalies n where ${within} and n.state = 'RESOLVED'`,
    meaning: "Something that needed a person was put away, and nobody can tell why.",
    suggestion: "Look at what it is about again.",
  },
  {
    name: "operator_actions.reasons",
    // Who decides on a refund, or sends one elsewhere that found no way, may leave it at what it was asked for with.
    title: "an operator's action says who did it and why, and names no order that there is not",
    ground: "actions",
    rows: ({ within }) => sql`
      select d.id as subject, ${facts("d.action", "d.subject", "d.order_id", "d.at")} as facts,
        ((trim(d.reason) <> '' or d.action in ('refunds.approve','refunds.decline','refunds.resolve_abnormal')) and d.actor <> '' and ${ordersOf("d")}) as holds
      from operator_actions d where ${within}`,
    meaning: "The trail of what operators did has been tampered with.",
    suggestion: "Ask whoever has access to the database.",
  },
];
