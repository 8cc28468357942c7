/** What the demonstration may use: the shop's public interface, and the buyer's phone. */
import { setTimeout as sleep } from "node:timers/promises";

export interface Addresses {
  readonly shop: string;
  readonly sandbox: string;
  readonly tokens: { readonly customer: string; readonly operator: string };
}

type Role = keyof Addresses["tokens"];

/** An answer of the shop, checked as far as it is used. */
export type Json = Readonly<Record<string, unknown>>;

export class Caller {
  readonly #addresses: Addresses;

  constructor(addresses: Addresses) {
    this.#addresses = addresses;
  }

  get(role: Role, path: string): Promise<Json> {
    return this.#call(role, "GET", path, undefined);
  }

  /** POSTs under an idempotency key of its own. */
  post(role: Role, path: string, body: Json = {}): Promise<Json> {
    return this.#call(role, "POST", path, body);
  }

  /** Opens the address of a QR code, as a phone does, and presses the button that confirms. */
  async confirmOnPhone(address: string): Promise<void> {
    const page = await (await fetch(address)).text();
    const action = /<form[^>]*action="([^"]*\/confirm)"/.exec(page)?.[1];
    if (action === undefined) throw new Error("the phone page has nothing to confirm");
    const answer = await fetch(new URL(action, address), { method: "POST" });
    if (!(await answer.text()).includes("支付成功")) throw new Error("the phone page does not say that it was paid");
  }

  /** What the phone shows at the address of a QR code. */
  async lookOnPhone(address: string): Promise<string> {
    return await (await fetch(address)).text();
  }

  /** The simulator's own books, to compare with. */
  async simulatorTrades(): Promise<readonly Json[]> {
    const response = await fetch(`${this.#addresses.sandbox}/_sandbox/trades`);
    return (await response.json()) as readonly Json[];
  }

  /** Asks again and again until an answer fits. Throws with `what` after 30 seconds. */
  async until(what: string, ask: () => Promise<Json>, fits: (answer: Json) => boolean): Promise<Json> {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(200)) {
      const answer = await ask();
      if (fits(answer)) return answer;
    }
    throw new Error(`waited 30 seconds in vain: ${what}`);
  }

  async #call(role: Role, method: string, path: string, body: Json | undefined): Promise<Json> {
    const response = await fetch(`${this.#addresses.shop}/api/v1${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${this.#addresses.tokens[role]}`,
        ...(body === undefined ? {} : { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Json;
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }
}
