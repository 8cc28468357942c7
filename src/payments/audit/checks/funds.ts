/** Money paid out to users, and money frozen with buyers. */
import { sql } from "drizzle-orm";
import { type Check, facts, longDue } from "../check.ts";

const sumOf = (what: string, states: string) =>
  sql.raw(`(select coalesce(sum(${what}), 0) from pre_authorisation_operations x
    where x.out_order_no = z.out_order_no and x.state in ${states})`);

export const FUND_CHECKS: readonly Check[] = [
  {
    name: "transfers.states",
    title: "a transfer's state and what is known of it go together",
    ground: "transfers",
    rows: ({ within }) => sql`
      select f.out_bill_no as subject, ${facts("f.state", "f.finished_at", "f.provider_bill_no", "f.failure_code")} as facts,
        (case when f.state in ('SUCCESS','RETURNED') then f.finished_at is not null and f.provider_bill_no is not null
          when f.state in ('FAILED','CANCELLED') then f.finished_at is not null
          else f.finished_at is null end) as holds
      from transfers f where ${within}`,
    meaning: "The transfer is in a state that no statement of the service makes.",
    suggestion: "Query it at the provider before paying anything again.",
  },
  {
    name: "transfers.watch",
    title: "a transfer under way has a time at which a job asks for it, and has been asked for in time",
    ground: "transfers",
    rows: ({ within, now }) => sql`
      select f.out_bill_no as subject, ${facts("f.state", "f.created_at", "f.next_check_at")} as facts,
        (f.next_check_at >= ${longDue(now)}) as holds
      from transfers f where ${within} and f.state in ('CREATED','PROCESSING','AWAITING_USER','CANCELLING')`,
    meaning: "The money may be out, and nobody will ever ask; or the jobs don't run.",
    suggestion: "Query the transfer; see that the jobs run.",
  },
  {
    name: "freezes.sums",
    title: "what is reserved, taken and let go of a freeze is what its captures and releases add up to",
    ground: "freezes",
    rows: ({ within }) => sql`
      select z.out_order_no as subject, ${facts("z.amount", "z.reserved", "z.captured", "z.released")} as facts,
        (z.reserved = ${sumOf("x.captures + x.releases", "('CREATED','PROCESSING','SUCCESS')")}
          and z.captured = ${sumOf("x.captures", "('SUCCESS')")}
          and z.released = ${sumOf("x.releases", "('SUCCESS')")}) as holds
      from pre_authorisations z where ${within}`,
    meaning: "More of a buyer's money can be taken than was frozen, or less.",
    suggestion: "Query the freeze at the provider before taking or releasing any more of it.",
  },
  {
    name: "freezes.states",
    title: "a freeze's state, its money and its times go together",
    ground: "freezes",
    rows: ({ within }) => sql`
      select z.out_order_no as subject,
        ${facts("z.state", "z.frozen_at", "z.finished_at", "z.amount", "z.captured", "z.released")} as facts,
        (case z.state when 'FROZEN' then z.frozen_at is not null and z.auth_no is not null and z.finished_at is null
          when 'FINISHED' then z.finished_at is not null and z.captured + z.released = z.amount
          when 'CLOSED' then z.finished_at is not null and z.reserved = 0
          when 'FAILED' then z.finished_at is not null and z.reserved = 0
          else z.frozen_at is null and z.reserved = 0 end) as holds
      from pre_authorisations z where ${within}`,
    meaning: "The freeze is in a state that no statement of the service makes.",
    suggestion: "Query it at the provider.",
  },
  {
    name: "freezes.watch",
    title:
      "a freeze that is being opened or cancelled has a time at which a job asks for it, and was asked for in time",
    ground: "freezes",
    rows: ({ within, now }) => sql`
      select z.out_order_no as subject, ${facts("z.state", "z.expires_at", "z.next_check_at")} as facts,
        (z.next_check_at >= ${longDue(now)}) as holds
      from pre_authorisations z where ${within} and z.state in ('CREATED','PENDING','CANCELLING')`,
    meaning: "A buyer's money may be frozen, and nobody will ever ask; or the jobs don't run.",
    suggestion: "Query the freeze; see that the jobs run.",
  },
  {
    name: "freezes.operations",
    title: "a capture or release belongs to a freeze of the same provider, and its state and time go together",
    ground: "operations",
    rows: ({ within }) => sql`
      select x.number as subject, ${facts("x.out_order_no", "x.kind", "x.state", "x.finished_at")} as facts,
        ((x.state in ('SUCCESS','FAILED')) = (x.finished_at is not null)
        and exists (select 1 from pre_authorisations z
          where z.out_order_no = x.out_order_no and z.provider = x.provider)) as holds
      from pre_authorisation_operations x where ${within}`,
    meaning: "Money was taken that nobody had frozen, or the state was changed past the service.",
    suggestion: "Query it at the provider.",
  },
  {
    name: "freezes.operations_watch",
    title: "a capture or release under way has a time at which a job asks for it, and has been asked for in time",
    ground: "operations",
    rows: ({ within, now }) => sql`
      select x.number as subject, ${facts("x.out_order_no", "x.kind", "x.state", "x.next_check_at")} as facts,
        (x.next_check_at >= ${longDue(now)}) as holds
      from pre_authorisation_operations x where ${within} and x.state in ('CREATED','PROCESSING')`,
    meaning: "The money may have been taken, and nobody will ever ask; or the jobs don't run.",
    suggestion: "Query it; see that the jobs run.",
  },
];
