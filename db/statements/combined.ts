/** The attempts of a combined payment: recorded together, opened and closed together, settled one by one. */
import { and, eq, gt, gte, inArray, isNull, lt, ne, or, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import type { Fen } from "../../src/money.ts";
import type { PaymentMethod, ProviderName } from "../../src/providers/methods.ts";
import type { SealedText } from "../../src/security/field-cipher.ts";
import type { Database } from "../client.ts";
import { insertOnce, runGuarded } from "../run.ts";
import { orders } from "../schema/orders.ts";
import { paymentTransactions as attempts, combinedPayments } from "../schema/payments.ts";

const fit = alias(orders, "fit");

export interface NewCombinedAttempts {
  readonly combineOutTradeNo: string;
  readonly userId: string;
  readonly provider: ProviderName;
  readonly method: PaymentMethod;
  readonly orders: readonly { readonly orderId: string; readonly amount: Fen }[];
  /** An attempt's number is its order's with this behind it. */
  readonly suffix: string;
  /** Until when all of them can be paid. */
  readonly expiresAt: Date;
  readonly now: Date;
  /** Every order must be payable at least until then. */
  readonly payableUntil: Date;
  readonly nextCheckAt: Date;
}

/**
 * Records one attempt for each order, all of them or none: each order must be PENDING, not closing, its owner's, of this
 * amount, with time left. Returns "inserted", "order_refuses" when one of them is not so, or "taken" when a number or
 * an open attempt of an order by this method exists. The text sent stands in the combined payment.
 */
export async function insertCombinedAttempts(
  db: Database,
  a: NewCombinedAttempts,
): Promise<"inserted" | "order_refuses" | "taken"> {
  let rows = 0;
  const inserted = await insertOnce(async () => {
    const result = await db.execute(
      sql`insert into ${attempts}
        (out_trade_no, order_id, user_id, provider, method, state, amount, request, combine_out_trade_no, expires_at,
         received, refunding, refunded, created_at, next_check_at, checks)
        select concat(${orders.id}, ${a.suffix}), ${orders.id}, ${orders.userId}, ${a.provider}, ${a.method}, 'CREATED',
          ${orders.amount}, '', ${a.combineOutTradeNo}, ${a.expiresAt}, 0, 0, 0, ${a.now}, ${a.nextCheckAt}, 0
        from ${orders}
        where ${and(takes(orders, a), sql`(select count(*) from ${orders} as ${fit} where ${takes(fit, a)}) = ${a.orders.length}`)}`,
    );
    rows = result.rowsAffected;
  });
  if (!inserted) return "taken";
  return rows > 0 ? "inserted" : "order_refuses";
}

/** What an order must be like to take its attempt. Both readings of it lock the rows they find. */
function takes(order: typeof orders | typeof fit, a: NewCombinedAttempts) {
  const asked = a.orders.map(({ orderId, amount }) => sql`(${orderId}, ${amount})`);
  return and(
    inArray(
      order.id,
      a.orders.map(({ orderId }) => orderId),
    ),
    sql`(${order.id}, ${order.amount}) in (${sql.join(asked, sql`, `)})`,
    eq(order.userId, a.userId),
    eq(order.state, "PENDING"),
    isNull(order.closingAt),
    gte(order.expiresAt, a.payableUntil),
  );
}

/** Notes what the buyer needs to pay. Whether anybody gets it is decided by openCombined. */
export function noteCombinedCredential(
  db: Database,
  combineOutTradeNo: string,
  credential: { readonly sealed: SealedText; readonly expiresAt: Date },
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${combinedPayments}
      set ${combinedPayments.credential} = ${credential.sealed}, ${combinedPayments.credentialExpiresAt} = ${credential.expiresAt}
      where ${eq(combinedPayments.combineOutTradeNo, combineOutTradeNo)}`,
  );
}

/** CREATED → PENDING for all attempts: the provider has the trades. Returns how many of them are open then. */
export function openCombined(db: Database, combineOutTradeNo: string): Promise<number> {
  return runGuarded(
    db,
    sql`update ${attempts} set ${attempts.state} = 'PENDING'
      where ${and(eq(attempts.combineOutTradeNo, combineOutTradeNo), inArray(attempts.state, ["CREATED", "PENDING"]))}`,
  );
}

/** The same as noteRepeatedSend, for all attempts of a combined payment. */
export function noteRepeatedCombined(db: Database, combineOutTradeNo: string): Promise<number> {
  return runGuarded(
    db,
    sql`update ${attempts} set ${attempts.checks} = ${attempts.checks} + 1
      where ${and(eq(attempts.combineOutTradeNo, combineOutTradeNo), eq(attempts.state, "CREATED"))}`,
  );
}

const looked = alias(attempts, "looked");

/** CREATED → FAILED for all attempts: the provider definitely refused what was sent once. Nothing, once one was looked at. */
export function failCombined(db: Database, combineOutTradeNo: string, failureCode: string, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${attempts} left join ${attempts} as ${looked}
        on ${and(eq(looked.combineOutTradeNo, combineOutTradeNo), gt(looked.checks, 0))}
      set ${attempts.state} = 'FAILED', ${attempts.failureCode} = ${failureCode.slice(0, 64)},
          ${attempts.closedAt} = ${now}, ${attempts.nextCheckAt} = null
      where ${and(
        eq(attempts.combineOutTradeNo, combineOutTradeNo),
        eq(attempts.state, "CREATED"),
        isNull(looked.outTradeNo),
      )}`,
  );
}

/** CREATED, PENDING → CLOSING for every open attempt of these orders that is no part of this combined payment. */
export function beginClosingOthers(
  db: Database,
  orderIds: readonly string[],
  exceptCombineOutTradeNo: string,
  nextCheckAt: Date,
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${attempts} set ${attempts.state} = 'CLOSING', ${attempts.nextCheckAt} = ${nextCheckAt}, ${attempts.checks} = 0
      where ${and(
        inArray(attempts.orderId, [...orderIds]),
        or(isNull(attempts.combineOutTradeNo), ne(attempts.combineOutTradeNo, exceptCombineOutTradeNo)),
        inArray(attempts.state, ["CREATED", "PENDING"]),
      )}`,
  );
}

/** CREATED, PENDING → CLOSING for all attempts of a combined payment: none can be paid without the others. */
export function beginClosingCombined(db: Database, combineOutTradeNo: string, nextCheckAt: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${attempts} set ${attempts.state} = 'CLOSING', ${attempts.nextCheckAt} = ${nextCheckAt}, ${attempts.checks} = 0
      where ${and(eq(attempts.combineOutTradeNo, combineOutTradeNo), inArray(attempts.state, ["CREATED", "PENDING"]))}`,
  );
}

/** CREATED, PENDING, CLOSING → CLOSED for all attempts of a combined payment: it can't be paid any more. */
export function closeCombinedAttempts(db: Database, combineOutTradeNo: string, now: Date): Promise<number> {
  return runGuarded(
    db,
    sql`update ${attempts}
      set ${attempts.state} = 'CLOSED', ${attempts.closedAt} = ${now}, ${attempts.nextCheckAt} = null
      where ${and(eq(attempts.combineOutTradeNo, combineOutTradeNo), inArray(attempts.state, ["CREATED", "PENDING", "CLOSING"]))}`,
  );
}

/**
 * Sets when to look again at the open attempts of a combined payment, all at once, where they were due before
 * `dueBefore`. Returns how many that were: 0 when another look has moved that time already.
 */
export function postponeCombined(
  db: Database,
  combineOutTradeNo: string,
  look: { readonly checks: number; readonly nextCheckAt: Date; readonly dueBefore: Date },
): Promise<number> {
  return runGuarded(
    db,
    sql`update ${attempts} set ${attempts.nextCheckAt} = ${look.nextCheckAt}, ${attempts.checks} = ${look.checks}
      where ${and(
        eq(attempts.combineOutTradeNo, combineOutTradeNo),
        inArray(attempts.state, ["CREATED", "PENDING", "CLOSING"]),
        lt(attempts.nextCheckAt, look.dueBefore),
      )}`,
  );
}
