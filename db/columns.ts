/** Column types that the schema is made of. */
import { bigint, customType, datetime, int, mediumtext, timestamp } from "drizzle-orm/mysql-core";
import type { Fen } from "../src/money.ts";
import type { SealedText } from "../src/security/field-cipher.ts";

/**
 * Text that identifies something: ASCII, compared byte by byte. Under a case-folding collation, look-ups of
 * order numbers would ignore case.
 */
export const key = customType<{ data: string; config: { length: number }; configRequired: true }>({
  dataType: (config) => `varchar(${config.length}) character set ascii collate ascii_bin`,
});

/** An amount of money in fen. */
export const fenColumn = (name: string) => bigint(name, { mode: "number" }).$type<Fen>();

/** Text about a person, sealed: longer than what it holds by a third. Its column stands in sealed-columns.ts. */
export const sealedColumn = (name: string) => mediumtext(name).$type<SealedText>();

/** A number of points. */
export const pointsColumn = (name: string) => bigint(name, { mode: "number" });

/** A moment in UTC, to the millisecond. */
export const instant = (name: string) => timestamp(name, { mode: "date", fsp: 3 });

/** A moment in UTC that may be decades away: other columns end in 2038. */
export const farInstant = (name: string) => datetime(name, { mode: "date", fsp: 3 });

/** What a caller's request is known again by: a digest of who asked with which Idempotency-Key, and one of what was asked. */
export const requestColumns = () => ({
  requestKey: key("request_key", { length: 43 }),
  requestHash: key("request_hash", { length: 43 }),
});

/** What is asked of a provider until it is final: when next, null for never, and how often it was asked in vain. */
export const checkColumns = () => ({
  nextCheckAt: instant("next_check_at"),
  checks: int("checks").notNull(),
});
