/** Freezes: every change moves a state that its WHERE names. */
import { and, eq, inArray, isNotNull, lt, sql } from "drizzle-orm";
import type { Fen } from "../../src/money.ts";
import type { ProviderName } from "../../src/providers/methods.ts";
import type { SealedText } from "../../src/security/field-cipher.ts";
import type { Database } from "../client.ts";
import { runGuarded } from "../run.ts";
import { type AuthorisationState, preAuthorisations as auths } from "../schema/pre-authorisations.ts";

const BEFORE_FROZEN = ["CREATED", "PENDING"] as const;
/** States that end a freeze in which no money was frozen, as far as anybody knew. */
const ENDED = ["CLOSED", "FAILED"] as const;

/** CREATED → PENDING: the provider has it, and the buyer is to confirm with this credential. */
export function openFreeze(db: Database, outOrderNo: string, credential: SealedText): Promise<number> {
  return runGuarded(
    db,
    sql`update ${auths} set ${auths.state} = 'PENDING', ${auths.credential} = ${credential}
      where ${and(eq(auths.outOrderNo, outOrderNo), eq(auths.state, "CREATED"))}`,
  );
}

/** Money that a provider holds frozen. */
export interface FrozenMoney {
  readonly provider: ProviderName;
  readonly authNo: string;
  /** In fen: it must be the freeze's. */
  readonly amount: Fen;
  readonly frozenAt: Date;
  /** When to look whether it is frozen still. */
  readonly nextCheckAt: Date;
}

/**
 * CREATED, PENDING → FROZEN; with `late` CLOSED, FAILED → FROZEN. Returns rows matched; 0 means that there is no such
 * freeze of this amount with this provider, or that it has gone on.
 */
export function applyFreeze(
  db: Database,
  outOrderNo: string,
  money: FrozenMoney,
  { late }: { readonly late: boolean },
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${auths}
      set ${auths.state} = 'FROZEN', ${auths.authNo} = ${money.authNo}, ${auths.frozenAt} = ${money.frozenAt},
          ${auths.credential} = null, ${auths.failureCode} = null, ${auths.finishedAt} = null,
          ${auths.nextCheckAt} = ${money.nextCheckAt}, ${auths.checks} = 0
      where ${and(
        eq(auths.outOrderNo, outOrderNo),
        eq(auths.provider, money.provider),
        eq(auths.amount, money.amount),
        inArray(auths.state, late ? [...ENDED] : [...BEFORE_FROZEN]),
      )}`,
  );
}

/** CREATED, PENDING, CANCELLING → CLOSED or, with a refusal's code, CREATED, PENDING → FAILED: nothing is frozen. */
export function endFreeze(
  db: Database,
  outOrderNo: string,
  end: { readonly now: Date; readonly failureCode: string | null },
): Promise<number> {
  const state: AuthorisationState = end.failureCode === null ? "CLOSED" : "FAILED";
  const from = end.failureCode === null ? ([...BEFORE_FROZEN, "CANCELLING"] as const) : BEFORE_FROZEN;
  return runGuarded(
    db,
    sql`update ${auths}
      set ${auths.state} = ${state}, ${auths.failureCode} = ${end.failureCode?.slice(0, 64) ?? null},
          ${auths.finishedAt} = ${end.now}, ${auths.credential} = null, ${auths.nextCheckAt} = null
      where ${and(eq(auths.outOrderNo, outOrderNo), inArray(auths.state, [...from]))}`,
  );
}

/** CREATED, PENDING → CANCELLING: it is to be closed, and the provider is about to be told. */
export function beginCancellingFreeze(db: Database, outOrderNo: string, nextCheckAt: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${auths}
      set ${auths.state} = 'CANCELLING', ${auths.credential} = null,
          ${auths.nextCheckAt} = ${nextCheckAt}, ${auths.checks} = 0
      where ${and(eq(auths.outOrderNo, outOrderNo), inArray(auths.state, [...BEFORE_FROZEN]))}`,
  );
}

/** FROZEN → FINISHED once all of it has been captured or released. */
export function finishAuthorisation(db: Database, outOrderNo: string, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${auths} set ${auths.state} = 'FINISHED', ${auths.finishedAt} = ${now}, ${auths.nextCheckAt} = null
      where ${and(
        eq(auths.outOrderNo, outOrderNo),
        eq(auths.state, "FROZEN"),
        sql`${auths.captured} + ${auths.released} = ${auths.amount}`,
      )}`,
  );
}

/**
 * FROZEN → FINISHED while no capture or release is under way: its provider holds nothing of it any more, though not all
 * of it was captured or released here.
 */
export function endFrozen(db: Database, outOrderNo: string, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${auths} set ${auths.state} = 'FINISHED', ${auths.finishedAt} = ${now}, ${auths.nextCheckAt} = null
      where ${and(
        eq(auths.outOrderNo, outOrderNo),
        eq(auths.state, "FROZEN"),
        sql`${auths.reserved} = ${auths.captured} + ${auths.released}`,
      )}`,
  );
}

/** Sets when to look at a freeze again, unless another look has moved that time already. */
export function postponeFreeze(db: Database, outOrderNo: string, checks: number, nextCheckAt: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${auths} set ${auths.nextCheckAt} = ${nextCheckAt}, ${auths.checks} = ${checks + 1}
      where ${and(eq(auths.outOrderNo, outOrderNo), eq(auths.checks, checks), isNotNull(auths.nextCheckAt))}`,
  );
}

/**
 * Claims the next send of a freeze that its provider does not have, by moving the time of the next look. Returns 0 when
 * somebody else was faster, or when it is not to be sent any more.
 */
export function claimFreezeSend(db: Database, outOrderNo: string, checks: number, nextCheckAt: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${auths} set ${auths.nextCheckAt} = ${nextCheckAt}, ${auths.checks} = ${checks + 1}
      where ${and(eq(auths.outOrderNo, outOrderNo), eq(auths.checks, checks), eq(auths.state, "CREATED"))}`,
  );
}

/** The freezes whose time for another look has come, oldest first. */
export function dueFreezes(db: Database, now: Date, limit: number) {
  return db.select().from(auths).where(lt(auths.nextCheckAt, now)).orderBy(auths.nextCheckAt).limit(limit);
}
