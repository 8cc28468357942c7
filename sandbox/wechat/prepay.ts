/** prepay_id: names a trade to the client for as long as its token is good. */
import { compactDateTime } from "../times.ts";
import type { Trade } from "../trade.ts";
import type { World } from "../world.ts";

const FORM = /^wx\d{14}([0-9A-Za-z]{24})$/;

/** The prepay_id that the trade has now: 40 characters. */
export function prepayId(trade: Trade): string {
  return `wx${compactDateTime(trade.tokenUntil)}${trade.token}`;
}

/** The trade that a prepay_id names, lapsed ones included; undefined for one that was replaced or never given out. */
export function tradeOfPrepayId(world: World, id: string): Trade | undefined {
  const trade = world.books.tradeByToken("wechat", FORM.exec(id)?.[1] ?? "");
  return trade && prepayId(trade) === id ? trade : undefined;
}
