/** What a statement may be called where its text must not be shown: what it does, and the first table that it names. */
import { TABLE_NAMES } from "./tables.ts";

const VERBS = ["select", "insert", "update", "delete", "begin", "commit", "rollback"] as const;
const VERB = new RegExp(`"query":"(?:\\\\[nrt]|\\W)*(${VERBS.join("|")})\\b`, "i");
const TABLE = /\b(?:from|into|update)\s+`?([a-z_]{3,40})\b/gi;

/** As much of a request as a statement's table stands in, if it names many columns before. */
const LOOKED_THROUGH = 4000;

/** Such as `update payment_transactions`, from the body of a request; `other` for what begins unlike any statement of ours. */
export function statementName(body: string): string {
  const text = body.slice(0, LOOKED_THROUGH);
  const verb = VERB.exec(text)?.[1]?.toLowerCase();
  if (verb === undefined) return "other";
  const named = [...text.matchAll(TABLE)].map(([, name = ""]) => name.toLowerCase());
  const table = named.find((name) => TABLE_NAMES.has(name));
  return table === undefined ? verb : `${verb} ${table}`;
}
