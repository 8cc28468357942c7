/**
 * WeChat's own payment screen on a buyer's device, as opened by a client with valid parameters. Each opening has
 * a secret of its own, so that nothing the merchant's server knows leads past the checks.
 */
import { randomText } from "../crypto.ts";
import type { Trade } from "../trade.ts";

interface Cashier {
  readonly trade: Trade;
  /** Where the buyer's browser goes afterwards; H5 payments only. */
  readonly redirectUrl: string | undefined;
}

export class Cashiers {
  readonly #open = new Map<string, Cashier>();

  /** Opens the screen and returns its secret. */
  open(trade: Trade, redirectUrl?: string): string {
    const token = randomText(24);
    this.#open.set(token, { trade, redirectUrl });
    return token;
  }

  find(token: string): Cashier | undefined {
    return this.#open.get(token);
  }

  clear(): void {
    this.#open.clear();
  }
}
