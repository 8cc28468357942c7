/** The simulated application and its merchant, as set up in Alipay's console. */

export const APP_ID = "9021000000000001";
export const SELLER_ID = "2088000000000001";

/** How the two sides know each other's keys. */
export const MODES = ["public_key", "certificate"] as const;
export type Mode = (typeof MODES)[number];

interface Setup {
  readonly mode: Mode;
  /** Whether content encryption is switched on. */
  readonly encryption: boolean;
  readonly gatewayUrl: string | null;
}

export class Application {
  mode: Mode;
  encryption: boolean;
  /** Where messages go that are about no trade (应用网关). */
  gatewayUrl: string | null;
  /** What the merchant has there to refund and to transfer from. */
  balance: "enough" | "empty" = "enough";
  /** A contract without refunds: what is paid is TRADE_FINISHED at once. */
  refunds = true;
  /** Base64 of 16 bytes. */
  readonly encryptKey: string;
  readonly #setup: Setup;

  constructor(encryptKey: string, setup: Setup) {
    this.encryptKey = encryptKey;
    this.#setup = setup;
    this.mode = setup.mode;
    this.encryption = setup.encryption;
    this.gatewayUrl = setup.gatewayUrl;
  }

  clear(): void {
    const { mode, encryption, gatewayUrl } = this.#setup;
    Object.assign(this, { mode, encryption, gatewayUrl, balance: "enough", refunds: true });
  }
}
