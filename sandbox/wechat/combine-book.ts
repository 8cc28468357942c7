/** Combined payments as the simulator keeps them: the sub orders themselves are trades in the books. */
import { wechatTransactionId } from "../numbers.ts";
import type { CombinedTrade, Trade } from "../trade.ts";
import type { World } from "../world.ts";

/** One payment for several trades. */
export interface Combination extends CombinedTrade {
  /** What an identical repeat must look like. */
  readonly fingerprint: string;
  /** WeChat Pay's number for the whole, told once it is paid. */
  readonly combineTransactionId: string;
}

export class CombineBook {
  readonly #all = new Map<string, Combination>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  byOutTradeNo(combineOutTradeNo: string): Combination | undefined {
    return this.#all.get(combineOutTradeNo);
  }

  byTransactionId(id: string): Combination | undefined {
    return [...this.#all.values()].find((each) => each.combineTransactionId === id);
  }

  /** The combined payment that a trade belongs to, if any. */
  of(trade: Trade): Combination | undefined {
    return trade.combined ? this.#all.get(trade.combined.combineOutTradeNo) : undefined;
  }

  /** Enters a combined payment that has no trades yet: entering a trade with it in `combined` adds that. */
  enter(combineOutTradeNo: string, fingerprint: string): Combination {
    const combineTransactionId = wechatTransactionId(this.#now());
    const combination = { combineOutTradeNo, trades: [], fingerprint, combineTransactionId };
    this.#all.set(combineOutTradeNo, combination);
    return combination;
  }

  clear(): void {
    this.#all.clear();
  }
}

/** The trade that stands for a combined payment: its token is what the client pays with. */
export function firstOf(combination: Combination): Trade {
  const [first] = combination.trades;
  if (!first) throw new Error(`${combination.combineOutTradeNo} has no trades`);
  return first;
}

/** Brings the states of its trades up to now: the books close a trade when it is looked up. */
export function refresh(world: World, combination: Combination): void {
  for (const { outTradeNo } of combination.trades) world.books.trade("wechat", outTradeNo);
}

/** They are paid together or not at all. */
export function isPaid(combination: Combination): boolean {
  return firstOf(combination).state === "paid";
}
