import { and, eq, gte, inArray, isNotNull, isNull, lt, ne, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import type { Fen } from "../../src/money.ts";
import type { PaymentMethod, ProviderName } from "../../src/providers/methods.ts";
import type { SealedText } from "../../src/security/field-cipher.ts";
import type { Database } from "../client.ts";
import { insertOnce, runGuarded } from "../run.ts";
import { orders } from "../schema/orders.ts";
import { type AttemptState, paymentTransactions as attempts } from "../schema/payments.ts";
import { pointsLogs } from "../schema/points.ts";
import { type AttemptKey, isMeant } from "./settle.ts";

const pay = alias(pointsLogs, "pay");

export interface NewAttempt {
  readonly outTradeNo: string;
  readonly orderId: string;
  readonly userId: string;
  readonly provider: ProviderName;
  readonly method: PaymentMethod;
  readonly amount: Fen;
  readonly request: SealedText;
  readonly requestKey?: string | null;
  readonly requestHash?: string | null;
  readonly now: Date;
  /** The order must be payable at least until then. */
  readonly payableUntil: Date;
  readonly nextCheckAt: Date;
}

/**
 * Records an attempt, if its order can take one: PENDING, not closing, its owner's, of this amount, with time left.
 * Returns "inserted", "order_refuses", or "taken" when this number, this request key or an open attempt by this method exists.
 */
export async function insertAttempt(db: Database, a: NewAttempt): Promise<"inserted" | "order_refuses" | "taken"> {
  let rows = 0;
  const inserted = await insertOnce(async () => {
    const result = await db.execute(
      sql`insert into ${attempts}
        (out_trade_no, order_id, user_id, provider, method, state, amount, request, request_key, request_hash, expires_at,
         received, refunding, refunded, created_at, next_check_at, checks)
        select ${a.outTradeNo}, ${orders.id}, ${orders.userId}, ${a.provider}, ${a.method}, 'CREATED', ${orders.amount},
          ${a.request}, ${a.requestKey ?? null}, ${a.requestHash ?? null}, ${orders.expiresAt}, 0, 0, 0, ${a.now}, ${a.nextCheckAt}, 0
        from ${orders}
        where ${and(
          eq(orders.id, a.orderId),
          eq(orders.userId, a.userId),
          eq(orders.state, "PENDING"),
          isNull(orders.closingAt),
          eq(orders.amount, a.amount),
          gte(orders.expiresAt, a.payableUntil),
        )}`,
    );
    rows = result.rowsAffected;
  });
  if (!inserted) return "taken";
  return rows > 0 ? "inserted" : "order_refuses";
}

/** CREATED → PENDING: the provider has the trade, and this is what the buyer needs to pay it. Renews a lapsed credential too. */
export function openAttempt(
  db: Database,
  outTradeNo: string,
  credential: { readonly sealed: SealedText; readonly expiresAt: Date },
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${attempts}
      set ${attempts.state} = 'PENDING', ${attempts.credential} = ${credential.sealed},
          ${attempts.credentialExpiresAt} = ${credential.expiresAt}
      where ${and(eq(attempts.outTradeNo, outTradeNo), inArray(attempts.state, ["CREATED", "PENDING"]))}`,
  );
}

/**
 * An attempt whose provider has not confirmed it is about to be sent once more. From here on a refusal of the first send is no
 * proof any more: the other one may have taken effect. Returns 0 once it is CREATED no longer.
 */
export function noteRepeatedSend(db: Database, outTradeNo: string): Promise<number> {
  return runGuarded(
    db,
    sql`update ${attempts} set ${attempts.checks} = ${attempts.checks} + 1
      where ${and(eq(attempts.outTradeNo, outTradeNo), eq(attempts.state, "CREATED"))}`,
  );
}

/**
 * CREATED → FAILED: the provider definitely refused this number. With `sentOnce` only as long as nobody has sent it again, or
 * asked about it. Voids a payment by points.
 */
export function failAttempt(
  db: Database,
  outTradeNo: string,
  failure: { readonly code: string; readonly sentOnce: boolean },
  now: Date,
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${attempts} ${pointsOfAttempt}
      set ${attempts.state} = 'FAILED', ${attempts.failureCode} = ${failure.code.slice(0, 64)},
          ${attempts.closedAt} = ${now}, ${attempts.nextCheckAt} = null,
          ${pay.state} = 'VOIDED', ${pay.postedAt} = ${now}
      where ${and(
        eq(attempts.outTradeNo, outTradeNo),
        eq(attempts.state, "CREATED"),
        failure.sentOnce ? eq(attempts.checks, 0) : undefined,
      )}`,
  );
}

/** CREATED, PENDING → CLOSING: no one is to pay by this attempt any more, and the provider is about to be told. */
export function beginClosingAttempt(db: Database, outTradeNo: string, nextCheckAt: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${attempts} set ${attempts.state} = 'CLOSING', ${attempts.nextCheckAt} = ${nextCheckAt}, ${attempts.checks} = 0
      where ${and(eq(attempts.outTradeNo, outTradeNo), inArray(attempts.state, ["CREATED", "PENDING"]))}`,
  );
}

/** CREATED, PENDING → CLOSING for the open attempts of an order, but one. Locks attempts only. */
export function beginClosingSiblings(
  db: Database,
  orderId: string,
  exceptOutTradeNo: string,
  nextCheckAt: Date,
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${attempts} set ${attempts.state} = 'CLOSING', ${attempts.nextCheckAt} = ${nextCheckAt}, ${attempts.checks} = 0
      where ${and(
        eq(attempts.orderId, orderId),
        ne(attempts.outTradeNo, exceptOutTradeNo),
        inArray(attempts.state, ["CREATED", "PENDING"]),
      )}`,
  );
}

/** CREATED, PENDING, CLOSING → CLOSED: can't be paid any more. Voids a payment by points. */
export function closeAttempt(db: Database, attempt: AttemptKey, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${attempts} ${pointsOfAttempt}
      set ${attempts.state} = 'CLOSED', ${attempts.closedAt} = ${now}, ${attempts.nextCheckAt} = null,
          ${pay.state} = 'VOIDED', ${pay.postedAt} = ${now}
      where ${and(isMeant(attempt), inArray(attempts.state, ["CREATED", "PENDING", "CLOSING"]))}`,
  );
}

/** An attempt as whoever looks at it has read it. */
export interface SeenAttempt {
  readonly outTradeNo: string;
  readonly state: AttemptState;
  readonly checks: number;
}

/**
 * Sets when to look at an attempt again, unless another look has moved that time already, or its state has changed since
 * it was read. Returns rows matched.
 */
export function postponeAttempt(
  db: Database,
  { outTradeNo, state, checks }: SeenAttempt,
  nextCheckAt: Date,
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${attempts} set ${attempts.nextCheckAt} = ${nextCheckAt}, ${attempts.checks} = ${checks + 1}
      where ${and(
        eq(attempts.outTradeNo, outTradeNo),
        eq(attempts.state, state),
        eq(attempts.checks, checks),
        isNotNull(attempts.nextCheckAt),
      )}`,
  );
}

/** The attempts whose time for another look has come, oldest first. */
export function dueAttempts(db: Database, now: Date, limit: number) {
  return db.select().from(attempts).where(lt(attempts.nextCheckAt, now)).orderBy(attempts.nextCheckAt).limit(limit);
}

const pointsOfAttempt = sql`left join ${pointsLogs} as ${pay}
  on ${and(eq(pay.userId, attempts.userId), eq(pay.kind, "PAY"), eq(pay.causeId, attempts.outTradeNo), eq(pay.state, "PENDING"))}`;
