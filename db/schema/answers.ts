import { index, mysqlTable } from "drizzle-orm/mysql-core";
import { instant, key, sealedColumn } from "../columns.ts";

/**
 * What was answered to requests that came under an idempotency key, until the keys expire. A row without an answer says
 * that somebody has begun, or broken off.
 */
export const idempotencyAnswers = mysqlTable(
  "idempotency_answers",
  {
    requestKey: key("request_key", { length: 43 }).primaryKey(),
    requestHash: key("request_hash", { length: 43 }).notNull(),
    /** The procedure, such as `orders.create`. */
    operation: key("operation", { length: 48 }).notNull(),
    answer: sealedColumn("answer"),
    expiresAt: instant("expires_at").notNull(),
  },
  (t) => [index("idempotency_answers_expiry").on(t.expiresAt, t.operation)],
);
