/** Buyers at their phones and browsers, before the providers: they pay by whatever they hold, old or new, once or twice. */
import { AlipayError } from "../../../sandbox/alipay/errors.ts";
import { openOrderString } from "../../../sandbox/alipay/gateway.ts";
import { returnAddress } from "../../../sandbox/alipay/returns.ts";
import { isPayable, openCashier, pay } from "../../../sandbox/buyer.ts";
import { callbackAddresses } from "../../../sandbox/shop-environment.ts";
import type { Trade } from "../../../sandbox/trade.ts";
import type { World } from "../../../sandbox/world.ts";
import { SHOP_URL } from "../engine/providers.ts";
import type { Link } from "../ledger.ts";
import type { Simulation } from "../simulation.ts";
import type { Action } from "./action.ts";

export const phoneActions: readonly Action[] = [
  { name: "pay", weight: 30, begin: payALink },
  { name: "pay by all there is", weight: 3, begin: payTwice },
  { name: "pay what was given up", weight: 12, begin: payLate },
  { name: "come back", weight: 2, begin: comeBack },
];

/** Mostly by what can still be paid by, whatever has become of its order; now and then by anything. */
async function payALink(sim: Simulation): Promise<boolean> {
  const { links } = sim.ledger;
  const open = sim.random.chance(0.85) ? links.filter((link) => isOpen(sim, link)) : links;
  const link = sim.random.pick(sim.random.chance(0.5) ? open.slice(-3) : open);
  return link !== undefined && (await payBy(sim, link));
}

/** Who has a way to pay can use it when the order is gone. */
async function payLate(sim: Simulation): Promise<boolean> {
  const link = sim.random.pick(sim.ledger.links.filter((each) => isGivenUp(sim, each) && isOpen(sim, each)));
  return link !== undefined && (await payBy(sim, link));
}

function isGivenUp(sim: Simulation, link: Link): boolean {
  if (link.kind === "combined") return false;
  const isOver = Date.parse(link.payment.expiresAt) <= sim.clock.now();
  return isOver || sim.ledger.orders.get(link.orderId)?.status === "CLOSED";
}

/** Trades of Alipay's pages begin when their page is opened. */
function isOpen(sim: Simulation, link: Link): boolean {
  const trade = sim.providers.act((world) => tradeOf(world, link));
  if (trade) return sim.providers.act((world) => isPayable(world, trade));
  return link.kind === "single" && (link.payment.method === "ALIPAY_WEB" || link.payment.method === "ALIPAY_APP");
}

/** One order by every way that was ever handed out for it. */
async function payTwice(sim: Simulation): Promise<boolean> {
  const single = sim.ledger.links.filter((link) => link.kind === "single");
  const chosen = sim.random.pick(single.slice(-6));
  const links = single.filter((link) => link.orderId === chosen?.orderId);
  let paid = false;
  for (const link of links) paid = (await payBy(sim, link)) || paid;
  return paid;
}

async function payBy(sim: Simulation, link: Link): Promise<boolean> {
  await openPage(sim, link);
  const trade = sim.providers.act((world) => tradeOf(world, link));
  if (!trade || !sim.providers.act((world) => isPayable(world, trade))) return false;
  const wrong = sim.random.chance(0.06) && trade.combined === null && trade.amount > 1;
  sim.timeline.note("phone", `pays ${trade.outTradeNo}${wrong ? ", and the amount is wrong" : ""}`);
  sim.providers.act((world) =>
    sim.random.chance(0.15) ? openCashier(world, trade) : pay(world, trade, wrong ? { amount: trade.amount - 1 } : {}),
  );
  return true;
}

/** Trades of Alipay's pages begin when a browser or an application brings them. */
async function openPage(sim: Simulation, link: Link): Promise<void> {
  if (link.kind === "combined") return;
  const { payment } = link;
  if (payment.method === "ALIPAY_WEB") {
    await sim.providers.serve({ method: "GET", url: new URL(payment.payUrl), headers: new Headers(), body: "" });
  }
  if (payment.method === "ALIPAY_APP") sim.providers.act((world) => openInApp(world, payment.orderString));
}

/** An order whose time is over, or that is closed: the application says so. */
function openInApp(world: World, orderString: string): void {
  try {
    openOrderString(world, orderString);
  } catch (error) {
    if (!(error instanceof AlipayError)) throw error;
  }
}

function tradeOf(world: World, link: Link): Trade | undefined {
  if (link.kind === "combined") return world.wechat.combinations.byOutTradeNo(link.combineOutTradeNo)?.trades[0];
  const { method, outTradeNo } = link.payment;
  return world.books.trade(method.startsWith("ALIPAY") ? "alipay" : "wechat", outTradeNo);
}

/** A browser comes back from Alipay's page, paid or not. */
function comeBack(sim: Simulation): boolean {
  const trades = sim.providers.act((world) => world.books.trades("alipay"));
  const trade = sim.random.pick(trades.filter(({ product }) => product === "page"));
  if (!trade) return false;
  const address = sim.providers.act((world) =>
    returnAddress(world, trade, callbackAddresses(SHOP_URL).ALIPAY_RETURN_URL),
  );
  sim.shop.visit(`come back from ${trade.outTradeNo}`, address, () => {});
  return true;
}
