/** A till with an order to be paid: scans the code on a buyer's phone, asks, and gives up. */
import { runJobs } from "../../../src/jobs/run.ts";
import { getOrder } from "../../../src/payments/orders/read-order.ts";
import type { PaymentProvider } from "../../../src/providers/provider.ts";
import { ProviderRegistry } from "../../../src/providers/registry.ts";
import { letPass } from "./afresh.ts";
import { showCode } from "./alipay-buyer.ts";
import { sandbox } from "./controls.ts";
import { overriding } from "./overriding.ts";
import { newOrder, type Purchase } from "./purchases.ts";
import { anomaliesOf, refundedAtProvider } from "./records.ts";
import { OPERATOR, openShop, type Shop } from "./shop.ts";

interface Wishes {
  readonly asksPassword?: boolean;
  readonly failure?: string;
}

export async function openTill(options: { providerTimeoutMs?: number } = {}) {
  const shop = openShop(options);
  const purchase = await newOrder(shop);
  const { customer, orderId, amount } = purchase;
  const scan = async (wishes: Wishes = {}) => {
    const request = { method: "ALIPAY_BARCODE" as const, orderId, amount, authCode: await showCode(wishes) };
    return await shop.manager.create(customer, "alipay", request);
  };
  const state = () => shop.manager.query(customer, "alipay", orderId);
  return { shop, purchase, scan, state };
}

export type WaitingPayment = Purchase & { readonly shop: Shop; readonly outTradeNo: string };

/** A payment that its buyer has to confirm. */
export async function waitingPayment(): Promise<WaitingPayment> {
  const { shop, purchase, scan } = await openTill();
  const { outTradeNo } = (await scan({ asksPassword: true })).payment;
  return { ...purchase, shop, outTradeNo };
}

/** What queries call the trade's state from now on; null: what it is. */
export const showState = (outTradeNo: string, tradeStatus: string | null) =>
  sandbox("POST", `trades/alipay/${outTradeNo}/show`, { tradeStatus });

/** Where the order stands, what Alipay has given back, and what an operator hears of. */
export async function standingOf({ shop, orderId, outTradeNo }: WaitingPayment) {
  return {
    order: (await getOrder(shop.ctx, OPERATOR, orderId)).status,
    refunded: await refundedAtProvider(outTradeNo),
    anomalies: await anomaliesOf(shop, outTradeNo),
  };
}

/** The money has gone back, the order is still to be paid, and an operator hears of it. */
export const GIVEN_BACK = { order: "PENDING", refunded: 3000, anomalies: ["MONEY_GONE_BACK"] };
export const PAID = { order: "PAID", refunded: 0, anomalies: [] };

/** The same shop where calls to Alipay take another course: around them something happens, or their Worker dies. */
export function withAlipay(shop: Shop, change: (real: PaymentProvider) => Partial<PaymentProvider>): Shop["ctx"] {
  const real = shop.ctx.providers.get("alipay");
  return { ...shop.ctx, providers: new ProviderRegistry([overriding(real, change(real))]) };
}

/** A place where one actor waits until another lets it go on. */
export function gate() {
  const [reached, opened] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const pass = async () => {
    reached.resolve();
    await opened.promise;
  };
  return { pass, reached: reached.promise, open: () => opened.resolve() };
}

/** Alipay's query in trouble, until the faults are lifted. */
export const SILENCE = { kind: "http_500", operation: "query", times: 99 } as const;
export const liftFaults = () => sandbox("DELETE", "faults");

/** Lets the jobs run at these moments, in minutes after each other. */
export async function runJobsAfter(shop: Shop, ...minutes: readonly number[]): Promise<void> {
  for (const each of minutes) {
    await letPass(shop, each * 60);
    await runJobs(shop.ctx);
    await shop.idle();
  }
}
