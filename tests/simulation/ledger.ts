/** What callers asked for and what they were told: all that the shop can be held to. Knows nothing of its books. */
import type { RouterOutputs } from "../../src/client.ts";
import type { Person } from "./shop.ts";

export type OrderAnswer = RouterOutputs["orders"]["create"];
export type PaymentAnswer = RouterOutputs["payments"]["create"];
export type RefundAnswer = RouterOutputs["refunds"]["create"];

/** Something on the shelf: what it costs in fen, and how many pieces there were at the start. */
export interface Shelf {
  readonly sku: string;
  readonly price: number;
  readonly pieces: number;
}

/** An order as its buyer knows it. */
export interface KnownOrder {
  readonly orderId: string;
  readonly buyer: Person;
  /** Who made it, the buyer or somebody else. */
  readonly by: Person;
  readonly items: readonly { readonly sku: string; readonly quantity: number }[];
  readonly pointsToUse: number;
  /** Left to pay in money, as the API writes it. */
  readonly amount: string;
  status: OrderAnswer["status"];
}

/** A way to pay that a buyer was given. It stays in their hands, whatever becomes of it. */
export type Link =
  | { readonly kind: "single"; readonly orderId: string; readonly buyer: Person; readonly payment: PaymentAnswer }
  | { readonly kind: "combined"; readonly buyer: Person; readonly combineOutTradeNo: string };

/** Promises that the shop has broken, in its observers' words. */
export class BrokenPromise extends Error {}

export class Ledger {
  readonly shelves = new Map<string, Shelf>();
  readonly orders = new Map<string, KnownOrder>();
  readonly links: Link[] = [];
  readonly refunds = new Map<string, RefundAnswer>();
  /** By the number of a failed refund: the one that tries it again. */
  readonly retries = new Map<string, string>();
  /** What operators were told has become of money beside its order, by its out_trade_no. */
  readonly decided = new Map<string, "APPLIED" | "WRITTEN_OFF">();
  /** Money that operators wanted to write off, whatever they heard. */
  readonly mayBeWrittenOff = new Set<string>();
  /** Pieces put on a shelf (or taken off), and points granted, for certain. */
  readonly adjusted = new Map<string, number>();
  readonly granted = new Map<string, number>();
  /** Whether closed orders may be paid after all. */
  readonly #opensAgain: boolean;

  constructor(opensAgain: boolean) {
    this.#opensAgain = opensAgain;
  }

  /** A caller was told how an order stands. What is final stays so. */
  tell(orderId: string, status: OrderAnswer["status"]): void {
    const order = this.orders.get(orderId);
    if (!order) return;
    const was = order.status;
    const ended = was === "PAID" || (was === "CLOSED" && !this.#opensAgain);
    // What was read before an order opened again may be heard after it was paid.
    const isOld = this.#opensAgain && status === "CLOSED";
    if (ended && !isOld && status !== was && (status === "PAID" || status === "CLOSED")) {
      throw new BrokenPromise(`order ${orderId} was told to be ${was}, and then ${status}`);
    }
    if (!ended) order.status = status;
  }

  /** The refunds that somebody was told have succeeded. Whoever asks from now on hears the same. */
  succeededRefunds(): ReadonlySet<string> {
    return new Set(
      [...this.refunds.values()].filter(({ status }) => status === "SUCCESS").map((each) => each.refundId),
    );
  }

  /** A caller was told how a refund stands; `succeeded` are those of which it was known when they asked. */
  tellRefund(refund: RefundAnswer, succeeded: ReadonlySet<string>): void {
    if (refund.status !== "SUCCESS" && succeeded.has(refund.refundId)) {
      throw new BrokenPromise(`refund ${refund.refundId} was told to have succeeded, and then ${refund.status}`);
    }
    if (this.refunds.get(refund.refundId)?.status !== "SUCCESS") this.refunds.set(refund.refundId, refund);
  }

  add(counts: Map<string, number>, name: string, change: number): void {
    counts.set(name, (counts.get(name) ?? 0) + change);
  }
}

/** The error behind an answer, with where it arose. */
export function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
