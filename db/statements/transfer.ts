/** Transfers: every change moves a state that its WHERE names, and a final one stays. */
import { and, eq, inArray, isNotNull, isNull, lt, sql } from "drizzle-orm";
import type { Fen } from "../../src/money.ts";
import type { ProviderName } from "../../src/providers/methods.ts";
import type { SealedText } from "../../src/security/field-cipher.ts";
import type { Database } from "../client.ts";
import { runGuarded } from "../run.ts";
import { type TransferState, transfers } from "../schema/transfers.ts";

/** States from which money may still go out. */
const OPEN_TRANSFERS = ["CREATED", "PROCESSING", "AWAITING_USER", "CANCELLING"] as const;
const NOT_CANCELLING = ["CREATED", "PROCESSING", "AWAITING_USER"] as const;

/** The states that what a provider says may move a transfer from. Once it is to be taken back, only its end is news. */
const FROM: Readonly<Record<Exclude<TransferState, "CREATED">, readonly TransferState[]>> = {
  PROCESSING: NOT_CANCELLING,
  AWAITING_USER: NOT_CANCELLING,
  CANCELLING: OPEN_TRANSFERS,
  SUCCESS: OPEN_TRANSFERS,
  FAILED: OPEN_TRANSFERS,
  CANCELLED: OPEN_TRANSFERS,
  RETURNED: [...OPEN_TRANSFERS, "SUCCESS"],
};

/** What a provider says of a transfer. */
export interface TransferNews {
  readonly provider: ProviderName;
  readonly state: Exclude<TransferState, "CREATED">;
  /** In fen, where the provider says it: it must be the transfer's. */
  readonly amount: Fen | null;
  readonly providerBillNo: string | null;
  readonly failureCode: string | null;
  /** What the recipient's client needs, as JSON and sealed, where the provider says it. */
  readonly confirmation: SealedText | null;
  /** When it came to its end. */
  readonly finishedAt: Date | null;
  /** When to look again at one that has ended, because its money may still come back. */
  readonly nextCheckAt: Date | null;
}

/**
 * Moves a transfer to where its provider says it is. Returns rows matched; 0 means that there is no such transfer of this
 * amount with this provider, or that it has come to its end, or is to be taken back.
 */
export function moveTransfer(db: Database, outBillNo: string, news: TransferNews): Promise<number> {
  const ended = news.finishedAt !== null;
  return runGuarded(
    db,
    sql`update ${transfers}
      set ${transfers.state} = ${news.state},
          ${transfers.providerBillNo} = coalesce(${news.providerBillNo}, ${transfers.providerBillNo}),
          ${transfers.failureCode} = ${news.failureCode},
          ${transfers.confirmation} = ${ended ? null : sql`coalesce(${news.confirmation}, ${transfers.confirmation})`},
          ${transfers.finishedAt} = ${news.finishedAt}
          ${ended ? sql`, ${transfers.nextCheckAt} = ${news.nextCheckAt}` : sql``}
      where ${and(
        eq(transfers.outBillNo, outBillNo),
        eq(transfers.provider, news.provider),
        news.amount === null ? undefined : eq(transfers.amount, news.amount),
        inArray(transfers.state, [...FROM[news.state]]),
      )}`,
  );
}

/** When a transfer ended that its provider has never confirmed, and when to ask once more: a late send may still arrive. */
interface Unconfirmed {
  readonly now: Date;
  readonly nextCheckAt: Date;
}

/** CREATED, CANCELLING → FAILED: the provider definitely refused, and has never confirmed the number. */
export function failTransfer(
  db: Database,
  outBillNo: string,
  end: Unconfirmed & { readonly failureCode: string },
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${transfers}
      set ${transfers.state} = 'FAILED', ${transfers.failureCode} = ${end.failureCode.slice(0, 64)},
          ${transfers.finishedAt} = ${end.now}, ${transfers.nextCheckAt} = ${end.nextCheckAt}
      where ${and(
        eq(transfers.outBillNo, outBillNo),
        inArray(transfers.state, ["CREATED", "CANCELLING"]),
        isNull(transfers.providerBillNo),
      )}`,
  );
}

/** CANCELLING → CANCELLED: it is to be taken back, and the provider has never had it. */
export function dropTransfer(db: Database, outBillNo: string, end: Unconfirmed): Promise<number> {
  return runGuarded(
    db,
    sql`update ${transfers}
      set ${transfers.state} = 'CANCELLED', ${transfers.finishedAt} = ${end.now},
          ${transfers.nextCheckAt} = ${end.nextCheckAt}
      where ${and(
        eq(transfers.outBillNo, outBillNo),
        eq(transfers.state, "CANCELLING"),
        isNull(transfers.providerBillNo),
      )}`,
  );
}

/**
 * CREATED, PROCESSING, AWAITING_USER → CANCELLING: an operator takes it back, and the provider is about to be told. With
 * `unconfirmed` only CREATED → CANCELLING, while the provider has never had it.
 */
export function beginCancelling(
  db: Database,
  outBillNo: string,
  { nextCheckAt, unconfirmed }: { readonly nextCheckAt: Date; readonly unconfirmed: boolean },
): Promise<number> {
  const from = unconfirmed
    ? and(eq(transfers.state, "CREATED"), isNull(transfers.providerBillNo))
    : inArray(transfers.state, [...NOT_CANCELLING]);
  return runGuarded(
    db,
    sql`update ${transfers}
      set ${transfers.state} = 'CANCELLING', ${transfers.nextCheckAt} = ${nextCheckAt}, ${transfers.checks} = 0
      where ${and(eq(transfers.outBillNo, outBillNo), from)}`,
  );
}

/** Sets when to look at a transfer again, unless another look has moved that time already. */
export function postponeTransfer(db: Database, outBillNo: string, checks: number, nextCheckAt: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${transfers} set ${transfers.nextCheckAt} = ${nextCheckAt}, ${transfers.checks} = ${checks + 1}
      where ${and(eq(transfers.outBillNo, outBillNo), eq(transfers.checks, checks), isNotNull(transfers.nextCheckAt))}`,
  );
}

/** Ends the watch over a transfer that has come to its end: its money can't come back any more, or has never gone out. */
export function endTransferWatch(db: Database, outBillNo: string): Promise<number> {
  return runGuarded(
    db,
    sql`update ${transfers} set ${transfers.nextCheckAt} = null
      where ${and(eq(transfers.outBillNo, outBillNo), isNotNull(transfers.finishedAt))}`,
  );
}

/**
 * Claims the next send of a transfer that its provider does not have, by moving the time of the next look. Returns 0 when
 * somebody else was faster, or when it is not to be sent any more.
 */
export function claimSend(db: Database, outBillNo: string, checks: number, nextCheckAt: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${transfers} set ${transfers.nextCheckAt} = ${nextCheckAt}, ${transfers.checks} = ${checks + 1}
      where ${and(eq(transfers.outBillNo, outBillNo), eq(transfers.checks, checks), eq(transfers.state, "CREATED"))}`,
  );
}

/**
 * Notes that the provider has a transfer that is to be taken back: from then on nobody takes it for one that never arrived.
 * CANCELLING → PROCESSING where the provider takes none back.
 */
export function noteArrival(
  db: Database,
  outBillNo: string,
  news: { readonly providerBillNo: string | null; readonly state: "CANCELLING" | "PROCESSING" },
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${transfers}
      set ${transfers.state} = ${news.state},
          ${transfers.providerBillNo} = coalesce(${news.providerBillNo}, ${transfers.providerBillNo})
      where ${and(eq(transfers.outBillNo, outBillNo), eq(transfers.state, "CANCELLING"))}`,
  );
}

/** The transfers whose time for another look has come, oldest first. */
export function dueTransfers(db: Database, now: Date, limit: number) {
  return db.select().from(transfers).where(lt(transfers.nextCheckAt, now)).orderBy(transfers.nextCheckAt).limit(limit);
}
