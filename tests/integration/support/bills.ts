/** Days of bills: lived through at a provider, and reconciled on the next morning. */
import { eq, inArray } from "drizzle-orm";
import { billDays, billDifferences, billEntries } from "../../../db/schema/bills.ts";
import { events } from "../../../db/schema/history.ts";
import { anomalies } from "../../../db/schema/records.ts";
import { reconcileBills } from "../../../src/jobs/reconcile.ts";
import { dayOf } from "../../../src/payments/reconciliation/calendar.ts";
import { rerunBillDay } from "../../../src/payments/reconciliation/rerun.ts";
import type { BillEntry } from "../../../src/providers/bill.ts";
import type { PaymentProvider } from "../../../src/providers/provider.ts";
import { ProviderRegistry } from "../../../src/providers/registry.ts";
import { letPass, startAfresh } from "./afresh.ts";
import { sandbox, setProvidersClocks } from "./controls.ts";
import { OPERATOR, openShop, type Shop } from "./shop.ts";

const DAY_SECONDS = 86_400;

/** Each test has days of its own: what others paid on the same database is on other bills. */
let nextDays = 50;

/** A shop at eight in the morning of a day on which nobody else has paid anything, in Beijing. */
export async function openDay(options: Parameters<typeof openShop>[0] = {}): Promise<Shop> {
  await startAfresh();
  const shop = openShop(options);
  await Promise.all([billDays, billDifferences, billEntries].map((table) => shop.db.delete(table)));
  nextDays += 5;
  await letPass(shop, nextDays * DAY_SECONDS);
  await untilTomorrow(shop, 8);
  return shop;
}

export function today(shop: Shop): string {
  return dayOf(new Date(shop.ctx.now()));
}

/** Lets time pass until a time of the next day, in hours. Returns the day that it was. */
export async function untilTomorrow(shop: Shop, hour: number): Promise<string> {
  const day = today(shop);
  const midnight = Date.parse(`${day}T24:00:00+08:00`);
  await letPass(shop, Math.ceil((midnight - shop.ctx.now()) / 1000) + hour * 3600);
  return day;
}

/** Runs the job until it has nothing to do. */
export async function reconcile(shop: Shop): Promise<void> {
  while ((await reconcileBills(shop.ctx, 50)) > 0);
}

/** An operator has a day of WeChat Pay's compared once more. */
export const rerun = (shop: Shop, billDate: string) =>
  rerunBillDay(shop.ctx, OPERATOR, { provider: "wechat", billDate, reason: "asked for" });

/** How far a day is. */
export async function stateOf(shop: Shop, date: string, provider: "wechat" | "alipay") {
  const days = await shop.db.select().from(billDays).where(eq(billDays.billDate, date));
  return days.find((day) => day.provider === provider)?.state;
}

/** What differed, as [difference, state], by number. */
export async function differencesIn(shop: Shop, date: string): Promise<[string, string, string][]> {
  const rows = await shop.db.select().from(billDifferences).where(eq(billDifferences.billDate, date));
  return rows.map(({ number, difference, state }): [string, string, string] => [number, difference, state]).sort();
}

/** What operators hear about bills, as [kind, number, suggestion, seen]. */
export async function billAnomalies(shop: Shop, numbers: readonly string[]) {
  const rows = await shop.db
    .select()
    .from(anomalies)
    .where(inArray(anomalies.outTradeNo, [...numbers]));
  const ofBills = rows.filter(({ kind }) => kind.startsWith("BILL_"));
  return ofBills.map(({ kind, outTradeNo, suggestion, seen }) => [kind, outTradeNo, suggestion, seen]).sort();
}

/** What was told of a provider's day. */
export async function reconciledEvents(shop: Shop, date: string, provider: "wechat" | "alipay") {
  const subject = `books.reconciled:${provider}:${date}`;
  const rows = await shop.db.select().from(events).where(eq(events.subjectKey, subject));
  return rows.map(({ detail }) => JSON.parse(detail));
}

/** The providers forget every trade, and their clocks go on. */
export async function loseProvidersBooks(shop: Shop): Promise<void> {
  const ahead = Math.round((shop.ctx.now() - Date.now()) / 1000);
  await sandbox("POST", "reset");
  await setProvidersClocks(ahead, ahead);
}

/** A payment that nobody made, in WeChat Pay's bill of a day. Returns its number. */
export async function invent(date: string): Promise<string> {
  await sandbox("POST", "wechat/bills", { invented: { date, payments: 1 } });
  return `load${date.replaceAll("-", "")}00000000`;
}

/** The shop with one provider alone, some of whose members are others. */
export function withProvider(shop: Shop, name: "wechat" | "alipay", members: Partial<PaymentProvider>): Shop {
  const changed = new Proxy(shop.ctx.providers.get(name), {
    get(provider, member) {
      const value: unknown = Reflect.get(members, member) ?? Reflect.get(provider, member);
      return typeof value === "function" ? value.bind(provider) : value;
    },
  });
  return { ...shop, ctx: { ...shop.ctx, providers: new ProviderRegistry([changed]) } };
}

/** The same, with bills that are changed on their way. */
export function withBills(
  shop: Shop,
  name: "wechat" | "alipay",
  change: (lines: AsyncIterable<BillEntry>) => AsyncIterable<BillEntry>,
  members: Partial<PaymentProvider> = {},
): Shop {
  const { bills } = shop.ctx.providers.get(name);
  if (!bills) throw new Error("no bills");
  const open: typeof bills.open = async (date, call) => {
    const opened = await bills.open(date, call);
    if (opened.kind !== "ok" || typeof opened.value === "string") return opened;
    return { kind: "ok", value: change(opened.value) };
  };
  const { readyAtHour, refundsDatedBy } = bills;
  return withProvider(shop, name, { ...members, bills: { readyAtHour, refundsDatedBy, open } });
}

/** Each line of a bill as others in its place. */
export const eachLine = (change: (line: BillEntry) => readonly BillEntry[]) =>
  async function* (lines: AsyncIterable<BillEntry>): AsyncGenerator<BillEntry> {
    for await (const line of lines) yield* change(line);
  };

/** What differed on a day whose bill has these lines in place of its own. */
export async function differencesWith(
  shop: Shop,
  channel: "wechat" | "alipay",
  change: (line: BillEntry) => readonly BillEntry[],
  members: Partial<PaymentProvider> = {},
) {
  const date = await untilTomorrow(shop, 10);
  await reconcile(withBills(shop, channel, eachLine(change), members));
  return await differencesIn(shop, date);
}
