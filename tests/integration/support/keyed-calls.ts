/** Calls under an idempotency key, over both transports, and their answers as bytes. */
import { sql } from "drizzle-orm";
import { ROUTES } from "../../../src/api/rest/routes.ts";
import type { Actor } from "../../../src/payments/context.ts";
import { type Api, openApi, reasoned, tokenFor } from "../api/support.ts";
import { clearFaults, setFaults } from "./controls.ts";
import { METHOD_OF, type Purchase } from "./purchases.ts";
import { newCustomer, newSku, type Shop, unique } from "./shop.ts";

export type Transport = "REST" | "tRPC";

export interface KeyedCall {
  /** The procedure. */
  readonly name: string;
  readonly as: Actor;
  readonly input: object;
  readonly key?: string;
  readonly requestId?: string;
}

/** An answer as its caller gets it. */
export interface Told {
  readonly status: number;
  readonly text: string;
}

/** Calls a procedure. */
export async function tell(api: Api, transport: Transport, call: KeyedCall): Promise<Told> {
  const { as, key, requestId } = call;
  const asked = { ...call, input: Object(reasoned(call.input, as)) };
  const { address, body } = transport === "REST" ? overRest(asked) : overTrpc(asked);
  const headers = {
    "Content-Type": "application/json",
    Authorization: `Bearer ${await tokenFor(as)}`,
    ...(key !== undefined && { "Idempotency-Key": key }),
    ...(requestId !== undefined && { "X-Request-Id": requestId }),
  };
  const response = await api.send(new Request(address, { method: "POST", headers, body }));
  const told = { status: response.status, text: await response.text() };
  await api.idle();
  return told;
}

function overTrpc({ name, input }: KeyedCall) {
  return { address: `http://shop.test/trpc/${name}`, body: JSON.stringify({ json: input }) };
}

function overRest({ name, input }: KeyedCall) {
  const route = ROUTES.find(({ procedure }) => procedure === name);
  if (!route) throw new Error(`no path leads to ${name}`);
  const given: Record<string, unknown> = { ...input };
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_all, parameter: string) => {
    const value = encodeURIComponent(String(given[parameter]));
    delete given[parameter];
    return value;
  });
  return { address: `http://shop.test/api/v1${path}`, body: JSON.stringify(given) };
}

/** The members of an answer over REST. */
export function bodyOf({ text }: Told): Record<string, unknown> {
  return JSON.parse(text);
}

/** Our code of an answer, over either transport; undefined for a success. */
export function codeOf({ text }: Told): string | undefined {
  const body = JSON.parse(text) as { code?: string; error?: { json: { data: { reason: string } } } };
  return body.error?.json.data.reason ?? body.code;
}

/** Makes all answers, and these orders with them, this many hours older. */
export async function makeOlder(shop: Shop, hours: number, orderIds: readonly string[] = []): Promise<void> {
  const older = sql.raw(`interval ${hours} hour`);
  await shop.db.execute(sql`update idempotency_answers set expires_at = expires_at - ${older}`);
  for (const id of orderIds) {
    await shop.db.execute(sql`update orders set created_at = created_at - ${older} where id = ${id}`);
  }
}

/** A call over REST. */
export const ask = (call: KeyedCall): Promise<Told> => tell(openApi(), "REST", call);

/** Asks over REST, and breaks off before the answer is written down. */
export async function breakOff(call: KeyedCall): Promise<void> {
  const match = "insert into `idempotency_answers`";
  await setFaults({ fail: [1, 2].map((at) => ({ at, when: "before", how: "drop", match })) });
  const { status } = await ask(call);
  if (status !== 503) throw new Error(`was answered with ${status}`);
  await clearFaults();
}

/** An order of two pieces, of a customer and of a thing of its own. */
export async function orderCall(shop: Shop, pieces = 10) {
  const [as, sku] = await Promise.all([newCustomer(shop), newSku(shop, pieces)]);
  return { name: "orders.create", as, sku, input: { items: [{ sku, quantity: 2 }] }, key: unique("key") };
}

/** A payment of an order by WeChat Pay. */
export function payCall({ customer: as, orderId }: Purchase) {
  const input = { provider: "wechat", method: METHOD_OF.wechat, orderId, amount: "30.00" };
  return { name: "payments.create", as, key: unique("key"), input };
}
