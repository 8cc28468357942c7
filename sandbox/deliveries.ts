/**
 * The outbox of callbacks. Each notice is delivered until the shop accepts it or its provider's schedule ends,
 * signed anew each time. In push mode the simulator posts by itself, in pull mode a test takes and delivers them.
 */

import type { Clock } from "./clock.ts";
import { randomText } from "./crypto.ts";
import { CALLBACK_KINDS, type Faults, SIGNATURE_KINDS, type SignatureKind } from "./faults.ts";
import { HOUR, MINUTE, SECOND } from "./times.ts";
import type { Provider } from "./trade.ts";

export interface SignedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Something to tell the shop. */
export interface Notice {
  readonly provider: Provider;
  readonly event: string;
  readonly notifyId: string;
  readonly outTradeNo: string;
  readonly url: string;
  /** The request as of now: fresh timestamp and signature, spoilt on request. */
  sign(flaw: SignatureKind | undefined): SignedRequest;
  /** Whether the shop's answer ends it, where the provider's usual rule doesn't hold. */
  accepts?(status: number, body: string): boolean;
}

/** How the shop answered: a status and a body, or nothing at all. */
export type ShopAnswer = { readonly status: number; readonly body: string } | { readonly error: string };

export interface Delivery {
  readonly id: string;
  readonly notice: Notice;
  attempts: number;
  state: "pending" | "accepted" | "given_up" | "lost";
  nextAt: number | null;
  lastAnswer: ShopAnswer | null;
}

interface Rules {
  /** What to wait after each attempt that was not accepted. */
  readonly gaps: readonly number[];
  accepts(status: number, body: string): boolean;
}

const RULES: Record<Provider, Rules> = {
  wechat: {
    gaps: [
      ...[15 * SECOND, 15 * SECOND, 30 * SECOND, 3 * MINUTE, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE, 30 * MINUTE],
      ...[30 * MINUTE, HOUR, 3 * HOUR, 3 * HOUR, 3 * HOUR, 6 * HOUR, 6 * HOUR],
    ],
    accepts: (status) => status === 200 || status === 204,
  },
  alipay: {
    gaps: [4 * MINUTE, 10 * MINUTE, 10 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, 15 * HOUR],
    accepts: (status, body) => status === 200 && body === "success",
  },
};

/** Brings one request to the shop. */
export type Post = (request: SignedRequest) => Promise<ShopAnswer>;

export interface DeliveryFilter {
  readonly outTradeNo?: string | undefined;
  readonly event?: string | undefined;
  /** Accepted ones too, as providers repeat themselves. */
  readonly includeAccepted?: boolean | undefined;
  /** Pending ones whose time has not come, too. */
  readonly early?: boolean | undefined;
}

export class Deliveries {
  readonly #all = new Map<string, Delivery>();
  /** Those that wait until a later one of the same trade has been answered. */
  readonly #held = new Set<Delivery>();
  readonly #clock: Clock;
  readonly #faults: Faults;
  readonly #post: Post | null;

  /** Without `post` nothing is sent: pull mode. */
  constructor(clock: Clock, faults: Faults, post: Post | null) {
    this.#clock = clock;
    this.#faults = faults;
    this.#post = post;
  }

  /** Takes a notice on, unless a fault loses, doubles, delays or holds it back. */
  enqueue(notice: Notice): void {
    const fault = this.#faults.take({ ...notice, operation: "callback" }, CALLBACK_KINDS);
    const now = this.#clock.now();
    switch (fault?.kind) {
      case "callback_lost":
        return void this.#add(notice, "lost", null);
      case "callback_late":
        return void this.#add(notice, "pending", now + fault.seconds * SECOND);
      case "callback_reordered":
        this.#held.add(this.#add(notice, "pending", now + fault.seconds * SECOND));
        return;
      case "callback_doubled":
        this.#add(notice, "pending", now);
    }
    this.#add(notice, "pending", now);
  }

  list(): readonly Delivery[] {
    return [...this.#all.values()];
  }

  find(id: string): Delivery | undefined {
    return this.#all.get(id);
  }

  /** What a test shall deliver now. */
  due(filter: DeliveryFilter): Delivery[] {
    return this.list().filter(
      (delivery) =>
        (filter.outTradeNo === undefined || delivery.notice.outTradeNo === filter.outTradeNo) &&
        (filter.event === undefined || delivery.notice.event === filter.event) &&
        (this.#isDue(delivery, filter.early) || (filter.includeAccepted && delivery.state === "accepted")),
    );
  }

  /** The request of a delivery, signed now. */
  sign(delivery: Delivery): SignedRequest {
    const flaw = this.#faults.take({ ...delivery.notice, operation: "callback" }, SIGNATURE_KINDS);
    return delivery.notice.sign(flaw?.kind);
  }

  /** Records the shop's answer, and when to come again. A repeat of an accepted delivery stays accepted. */
  answer(delivery: Delivery, answer: ShopAnswer): void {
    delivery.attempts += 1;
    delivery.lastAnswer = answer;
    this.#release(delivery);
    if (delivery.state !== "pending") return;
    const { notice } = delivery;
    const rules = RULES[notice.provider];
    const accepts = notice.accepts ?? rules.accepts;
    if ("status" in answer && accepts(answer.status, answer.body)) {
      delivery.state = "accepted";
      delivery.nextAt = null;
    } else this.#again(delivery, rules.gaps[delivery.attempts - 1]);
  }

  clear(): void {
    this.#all.clear();
    this.#held.clear();
  }

  #release(answered: Delivery): void {
    this.#held.delete(answered);
    for (const held of this.#held) {
      if (held.notice.outTradeNo !== answered.notice.outTradeNo) continue;
      this.#held.delete(held);
      held.nextAt = this.#clock.now();
      this.#schedule(held);
    }
  }

  #add(notice: Notice, state: "pending" | "lost", nextAt: number | null): Delivery {
    const delivery: Delivery = { id: randomText(16), notice, attempts: 0, state, nextAt, lastAnswer: null };
    this.#all.set(delivery.id, delivery);
    this.#schedule(delivery);
    return delivery;
  }

  #isDue(delivery: Delivery, early: boolean | undefined): boolean {
    return delivery.nextAt !== null && (early === true || delivery.nextAt <= this.#clock.now());
  }

  #again(delivery: Delivery, gap: number | undefined): void {
    delivery.nextAt = gap === undefined ? null : this.#clock.now() + gap;
    if (delivery.nextAt === null) delivery.state = "given_up";
    else this.#schedule(delivery);
  }

  #schedule(delivery: Delivery): void {
    const post = this.#post;
    if (post === null || delivery.nextAt === null) return;
    const due = delivery.nextAt;
    this.#clock.at(due, async () => {
      if (!this.#all.has(delivery.id) || delivery.state !== "pending" || delivery.nextAt !== due) return;
      this.answer(delivery, await post(this.sign(delivery)));
    });
  }
}
