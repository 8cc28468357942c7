/** One line for every operation that touches money: who did what to which order, what came of it, and how long it took. */
import { keepServed } from "../payments/figures/served-operations.ts";
import { METHODS, type PaymentMethod } from "../providers/methods.ts";
import type { LogFields } from "../telemetry/log.ts";
import type { ApiContext } from "./context.ts";
import { answerTo } from "./errors.ts";

/** Queries that ask a provider, and book what it says. All other queries only read. */
const BOOKING_QUERIES: readonly string[] = [
  "payments.query",
  "combined.query",
  "refunds.query",
  "transfers.get",
  "preAuthorisations.get",
];

/** Whose time callers wait for with a cashier in front of them. */
const CREATING: readonly string[] = ["payments.create", "combined.create"];

/** What an operation may be about, by the names of input and output. */
const NUMBERS = ["orderId", "outTradeNo", "refundId", "combineOutTradeNo", "outBillNo", "outOrderNo"] as const;

/** Numbers that the shop gives out. A caller could send anything in their place: what looks otherwise is not shown. */
const OWN_NUMBER = /^[0-9A-Z]{26,64}$/;

/** Whether calls of a procedure are logged by themselves. */
export function touchesMoney(operation: string, type: string): boolean {
  return type === "mutation" || BOOKING_QUERIES.includes(operation);
}

/** An operation that has been answered, by whichever transport. */
export interface Answered {
  readonly operation: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly input: unknown;
  readonly result: { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly error: unknown };
}

/** Logs an operation, and keeps how long the creation of a payment took. */
export async function logOperation(ctx: ApiContext, { operation, startedAt, input, result }: Answered): Promise<void> {
  const actor = await ctx.authenticate().catch(() => undefined);
  const outcome = result.ok ? "ok" : answerTo(result.error).code;
  const durationMs = Math.max(0, ctx.payments.now() - startedAt);
  const numbers = { ...numbersOf(input), ...(result.ok && numbersOf(result.data)) };
  const who = actor && { actor: actor.id, role: actor.role };
  ctx.payments.log.info("payment.operation", { operation, ...numbers, ...who, outcome, durationMs });
  const method = methodOf(input);
  if (CREATING.includes(operation) && method) keepServed(ctx.payments, { operation, method, outcome, durationMs });
}

function numbersOf(value: unknown): LogFields {
  const found = NUMBERS.flatMap((name) => {
    const number = memberOf(value, name);
    return typeof number === "string" && OWN_NUMBER.test(number) ? [[name, number] as const] : [];
  });
  return Object.fromEntries(found);
}

function methodOf(input: unknown): PaymentMethod | undefined {
  const method = memberOf(input, "method");
  return typeof method === "string" && isMethod(method) ? method : undefined;
}

function isMethod(name: string): name is PaymentMethod {
  return Object.hasOwn(METHODS, name);
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
