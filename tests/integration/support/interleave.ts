/** Two actors on one order, in an order that a test dictates. */
import { expect } from "vitest";
import type { ErrorCode } from "../../../src/errors.ts";
import { reached, resume, setFaults } from "./controls.ts";
import { type Shop, unique } from "./shop.ts";

/** Where an actor is stopped: right before or right after its next statement that contains this text. */
export interface Stop {
  readonly when: "before" | "after";
  readonly match: string;
}

/** Statements by what only they contain. */
export const STATEMENTS = {
  settle: "`payment_transactions`.`disposition` = 'APPLIED'",
  setAside: "set `payment_transactions`.`state` = 'SUCCESS', `payment_transactions`.`disposition` = 'UNAPPLIED'",
  closeAttempt: "set `payment_transactions`.`state` = 'CLOSED'",
  beginClosingAttempt: "set `payment_transactions`.`state` = 'CLOSING'",
  insertAttempt: "insert into `payment_transactions`",
  openAttempt: "set `payment_transactions`.`state` = 'PENDING'",
  beginClosingOrder: "set `orders`.`closing_at` =",
  closeOrder: "set `orders`.`state` = 'CLOSED', `orders`.`closed_at`",
  reserveRefund: "set `refund_records`.`state` = 'CREATED'",
  takeTurn: "`refund_records`.`waiting_since` = null, `refund_records`.`sent_at`",
  applyRefund: "set `refund_records`.`state` = 'SUCCESS'",
  releaseRefund: "set `refund_records`.`state` = 'CLOSED'",
  read: "select ",
} as const;

/** Runs `first` up to the stop, then `second` to its end, then the rest of `first`. Returns what each came to. */
export async function interleave<A, B>(
  stop: Stop,
  first: () => Promise<A>,
  second: () => Promise<B>,
): Promise<[PromiseSettledResult<A>, PromiseSettledResult<B>]> {
  const name = unique("stop");
  await setFaults({ pause: [{ at: 1, ...stop, name }] });
  const [held] = [Promise.allSettled([first()])];
  const finished = held.then(() => Promise.reject(new Error(`never came to: ${stop.when} ${stop.match}`)));
  await Promise.race([reached(name), finished]);
  finished.catch(() => {});
  const [other] = await Promise.allSettled([second()]);
  await resume(name);
  const [one] = await held;
  return [one, other];
}

/** Fails when somebody met anything but an answer or one of these refusals, in the open or in the log. */
export function expectNoSurprise(
  results: readonly PromiseSettledResult<unknown>[],
  shops: readonly Shop[],
  refusals: readonly ErrorCode[],
): void {
  const reasons = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  const strange = reasons.filter((reason) => !refusals.includes(reason?.code));
  expect(strange).toEqual([]);
  expect(shops.flatMap((shop) => shop.lines.filter((line) => line.includes('"level":"error"')))).toEqual([]);
}
