/** The chain that operators' actions form. */
import { sql } from "drizzle-orm";
import { CHAIN_START, chainHash } from "../../../../db/statements/action-chain.ts";
import { type Check, facts } from "../check.ts";

/**
 * An action from before there was a chain is joined to it by the next one, so none may be older than the end of the chain, by
 * an hour for clocks that differ.
 */
const mayBeLoose = sql`coalesce(d.at + interval 1 hour >
  (select h.at from operator_actions h where h.seq is not null order by h.seq desc limit 1), 1)`;

/** A row that is missing is seen at the row behind it. What is cut off at the end leaves no trace here: see chain-head.ts. */
export const CHAIN_CHECKS: readonly Check[] = [
  {
    name: "operator_actions.chain",
    title: "an operator's action is as it was written, behind the one before it",
    ground: "actions",
    rows: ({ within }) => sql`
      select d.id as subject, ${facts("d.seq", "d.action", "d.subject", "d.at")} as facts,
        (case when d.seq is null then ${mayBeLoose}
          else d.hash = ${chainHash()} and d.previous_hash = (case when d.seq = 1 then ${CHAIN_START.hash}
            else (select p.hash from operator_actions p where p.seq = d.seq - 1) end) end) as holds
      from operator_actions d where ${within}`,
    meaning: "An operator's action was changed by hand, or one before it was changed, moved or removed.",
    suggestion:
      "Ask whoever has access to the database, and compare with a backup and with the kept `operator.action` log lines.",
  },
];
