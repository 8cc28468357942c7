/**
 * Cashiers as opened by a browser or an application with a verified order. Each opening has a secret of its own, so
 * that nothing the merchant's server knows leads past the checks.
 */
import { randomText } from "../crypto.ts";
import type { Trade } from "../trade.ts";
import type { Screen } from "./endpoint.ts";

interface Cashier {
  readonly trade: Trade;
  /** Where the browser comes back to once paid, with signed parameters; what they are is decided then. */
  returnUrl(): string | undefined;
  /** Where a buyer goes who gives up. */
  readonly quitUrl: string | undefined;
}

export class Screens {
  readonly #cashiers = new Map<string, Cashier>();
  readonly #apps = new Map<string, Screen>();

  /** Opens a cashier and returns its secret. */
  open(cashier: Cashier): string {
    const token = randomText(24);
    this.#cashiers.set(token, cashier);
    return token;
  }

  find(token: string): Cashier | undefined {
    return this.#cashiers.get(token);
  }

  /** Keeps what an application waits for. Returns the number of the call. */
  call(screen: Screen): string {
    const id = randomText(16);
    this.#apps.set(id, screen);
    return id;
  }

  called(id: string): Screen | undefined {
    return this.#apps.get(id);
  }

  clear(): void {
    this.#cashiers.clear();
    this.#apps.clear();
  }
}
