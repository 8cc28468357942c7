/** A walk through everything the shop does, with planted values in every step, and what was seen on the way. */
import type { Actor } from "../../../src/payments/context.ts";
import { type Answer, environment, openApi, tokenFor } from "../api/support.ts";
import { showCode } from "./alipay-buyer.ts";
import { sandbox } from "./controls.ts";
import { BUYERS_WORDS, PERSONAL, secretsOf } from "./planted.ts";
import { newCustomer, newSku, OPERATOR, type Shop, unique } from "./shop.ts";

export const AUDITOR: Actor = { id: "auditor-1", role: "auditor" };
export const METRICS_TOKEN = "a-token-of-the-scraper-in-these-tests";

/** Every bearer token of these tests begins with it. */
const TOKENS = (await tokenFor(OPERATOR)).split(".")[0] ?? "eyJ";

/** How a provider answers the first try: as it should, not at all, with no, and with what can't be verified. */
export const TROUBLES = [undefined, "drop_before", "refuse", "bad_signature"] as const;

export interface Walk {
  readonly shop: Shop;
  readonly api: ReturnType<typeof openApi>;
  readonly customer: Actor;
  readonly sku: string;
  /** Texts that were answered or told, by place. */
  readonly seen: Map<string, string>;
  /** All values that must not turn up. */
  readonly planted: string[];
  /** The paths that have been called. */
  readonly walked: Set<string>;
  /** Calls a path of the REST facade, whose parts in braces are filled in, from the planted address. */
  go(route: string, as: Actor, parts?: Readonly<Record<string, string>>, body?: object): Promise<Answer>;
}

/** Opens a shop with both of Alipay's abilities, transfers included, and nothing but planted values. */
export async function openWalk(shop: Shop): Promise<Walk> {
  await sandbox("POST", "alipay/application", { mode: "certificate" });
  const { alipay } = await sandbox<{ alipay: { certificateEnv: Record<string, string> } }>("GET", "settings");
  const env = environment({ ...alipay.certificateEnv, METRICS_TOKEN });
  const planted: string[] = [...Object.values(PERSONAL), ...secretsOf(env), METRICS_TOKEN, TOKENS];
  const seen = new Map<string, string>();
  const walked = new Set<string>();
  const api = openApi(env);
  const [customer, sku] = await Promise.all([newCustomer(shop, 5000), newSku(shop, 1000)]);
  const go: Walk["go"] = async (route, as, parts = {}, body = undefined) => {
    walked.add(route);
    const [verb = "", template = ""] = route.split(" ");
    const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => parts[name] ?? "");
    const headers = { "CF-Connecting-IP": PERSONAL.address, "Idempotency-Key": unique("key") };
    const answer = await api.call(verb === "GET" ? "GET" : "POST", path + (parts.query ?? ""), { as, body, headers });
    note(seen, answer.status >= 400 ? "errors" : "answers", answer.text);
    await api.idle();
    return answer;
  };
  return { shop, api, customer, sku, seen, planted, walked, go };
}

/** Fails with what the answer says unless something was made: a walk through refusals alone would find nothing. */
export function made(answer: Answer): Answer {
  if (answer.status !== 201) throw new Error(`nothing was made: ${answer.status} ${answer.text}`);
  return answer;
}

export async function newOrder({ go, customer, sku }: Walk): Promise<{ orderId: string; amount: string }> {
  const body = { items: [{ sku, quantity: 1 }], subject: BUYERS_WORDS };
  const { body: order } = made(await go("POST /orders", customer, {}, body));
  return { orderId: String(order.orderId), amount: String(order.amount) };
}

/** Remembers a text that was seen at a place. */
export function note(seen: Map<string, string>, place: string, text: string): void {
  seen.set(place, `${seen.get(place) ?? ""}\n${text}`);
}

/** A code that a buyer's phone shows, planted as well. */
export async function scanned({ planted }: Walk): Promise<string> {
  const code = await showCode();
  planted.push(code);
  return code;
}
