/** What there is to see of people's affairs in the end, without numbers and times. */
import type { Trade } from "../../sandbox/trade.ts";
import { type AttemptRow, type RefundRow, readBooks, type ShopBooks } from "../simulation/audit/books.ts";
import type { Cast } from "./operation.ts";
import type { World } from "./world.ts";

export const PARTS = ["orders", "money", "refunds", "stock", "points", "journal", "anomalies", "events"] as const;
type Part = (typeof PARTS)[number];

export interface Picture {
  /** The end of everything that moves money, points or pieces, and whatever is told of it. */
  readonly affairs: Readonly<Record<Part, readonly string[]>>;
  /** What operators did, or meant to do: it is written down before it is done. */
  readonly actions: readonly string[];
}

type Row = Readonly<Record<string, unknown>>;

interface Books extends ShopBooks {
  readonly trades: readonly Trade[];
  readonly events: readonly Row[];
  readonly actions: readonly Row[];
  readonly journal: readonly Row[];
}

export async function readAll(world: World): Promise<Books> {
  const { mysql, providers } = world;
  return {
    ...(await readBooks(mysql)),
    trades: providers.act(({ books }) => books.trades()),
    events: await mysql.ask("select kind, order_id, subject_key from events"),
    actions: await mysql.ask("select action, subject, order_id from operator_actions"),
    journal: await mysql.ask("select user_id, kind, points from points_logs where state = 'POSTED'"),
  };
}

export function pictureOf(books: Books, { buyer, skus }: Cast): Picture {
  const orders = books.orders.filter((each) => each.user_id === buyer.id && each.close_reason !== "DRAFT_ABANDONED");
  const ids = new Set<unknown>(orders.map(({ id }) => id));
  const refunds = books.refunds.filter((each) => ids.has(each.order_id));
  const names = new Set([buyer.id, ...skus, ...refunds.map(({ id }) => id)]);
  // Subjects are made of names and numbers.
  const isTheirs = (about: unknown) =>
    String(about)
      .split(":")
      .some((part) => names.has(part));
  const attempts = books.attempts.filter((attempt) => ids.has(attempt.order_id) && attempt.state === "SUCCESS");
  const affairs = {
    orders: orders.map((o) => {
      const state = o.state === "CLOSED" ? o.close_reason : o.state;
      return `${state} ${o.amount}, back ${o.refunded}+${o.points_returned}`;
    }),
    money: attempts.map((a) => [a.provider, a.received, a.refunding, a.refunded, a.disposition, a.policy].join(" ")),
    refunds: refunds.map((r) => [r.provider, r.state, r.origin, r.amount, r.points, r.failure_code].join(" ")),
    stock: books.items
      .filter(({ sku }) => skus.some((each) => each === sku))
      .map((item) => [item.on_hand, item.reserved, item.shortage].join(" ")),
    points: books.accounts
      .filter((each) => each.user_id === buyer.id)
      .map(({ balance, held, clawed }) => [balance, held, clawed].join(" ")),
    journal: books.journal.filter((each) => each.user_id === buyer.id).map((e) => [e.kind, e.points].join(" ")),
    anomalies: books.anomalies
      .filter((each) => ids.has(each.order_id) && !isStale(each, refunds))
      .map(({ kind, state }) => `${kind} ${state}`),
    events: books.events
      .filter((each) => ids.has(each.order_id) || isTheirs(each.subject_key))
      .map(({ kind }) => String(kind)),
  };
  const actions = books.actions
    .filter((each) => ids.has(each.order_id) || isTheirs(each.subject))
    .map(({ action }) => String(action));
  for (const rows of Object.values(affairs)) rows.sort();
  return { affairs, actions: [...new Set(actions)].sort() };
}

/** A doubt that a callback has ended: it takes one round trip and does not look for what operators have heard. */
function isStale({ kind, refund_id: about }: ShopBooks["anomalies"][number], refunds: readonly RefundRow[]): boolean {
  return kind === "REFUND_IN_DOUBT" && refunds.some(({ id, state }) => id === about && state === "SUCCESS");
}

/** In what the shop's attempts and refunds differ from the providers' books. */
export function disagreements({ attempts, refunds, trades }: Books): string[] {
  const remote = attempts.filter(({ provider }) => provider !== "points");
  const unknown = trades.filter(({ outTradeNo }) => !remote.some((each) => each.out_trade_no === outTradeNo));
  return [
    ...unknown.map(({ outTradeNo }) => `${outTradeNo} is a trade that nobody recorded`),
    ...remote.flatMap((attempt) => {
      const trade = trades.find(({ outTradeNo }) => outTradeNo === attempt.out_trade_no);
      const ours = refunds.filter((each) => each.out_trade_no === attempt.out_trade_no && each.amount > 0);
      const here = `${moneyHere(attempt)} ${refundTexts(ours.map((each) => [each.out_refund_no, each.amount, each.state]))}`;
      const there = `${moneyThere(trade)} ${refundTexts((trade?.refunds ?? []).map((each) => [each.outRefundNo, each.amount, each.status]))}`;
      return here === there ? [] : [`${attempt.out_trade_no} is ${here} here and ${there} there`];
    }),
  ];
}

function moneyHere({ state, received }: AttemptRow): string {
  return state === "SUCCESS" ? `paid ${received}` : "not paid";
}

function moneyThere(trade: Trade | undefined): string {
  return trade?.state === "paid" ? `paid ${trade.amount}` : "not paid";
}

/** Those that gave money back; what others did in a provider's console is known once they have told of it. */
function refundTexts(refunds: readonly (readonly [number: string, amount: number, state: string])[]): string {
  const done = refunds.filter(([number, , state]) => state === "SUCCESS" && !number.startsWith("console"));
  return done
    .map(([number, amount]) => `${number} ${amount}`)
    .sort()
    .join(", ");
}
