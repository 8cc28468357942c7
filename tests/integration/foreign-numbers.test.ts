/** Verified callbacks whose numbers can't be ours, by their alphabet or length: on record for an operator, not an error. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { startAfresh } from "./support/afresh.ts";
import { deliver, signedCallback } from "./support/controls.ts";
import { newPaidOrder } from "./support/purchases.ts";
import { anomaliesOf, attemptOf } from "./support/records.ts";
import { openShop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const NUMBERS = {
  "of Chinese characters": () => `订单-${unique("n")}`,
  "with an emoji": () => `🧾${unique("n")}`,
  "of 200 characters": () => unique("n").padEnd(200, "0"),
  "with a blank": () => `${unique("n")} 1`,
};

/** As an operator finds a number in the list of anomalies. */
const asListed = (number: string) => number.replace(/[^\x20-\x7e]/g, "?").slice(0, 64);

/** What a provider can say of a trade, in the members of its callback. */
const ENDED = {
  wechat: { trade_state: "CLOSED" },
  alipay: { trade_status: "TRADE_CLOSED", gmt_payment: null },
} as const;

describe.each(["wechat", "alipay"] as const)("%s", (channel) => {
  describe.each(Object.entries(NUMBERS))("a number %s", (_, numberOf) => {
    it.each([
      ["paid", {}],
      ["closed", ENDED[channel]],
    ])("of a trade that is %s", async (_state, fields) => {
      const shop = openShop();
      const outTradeNo = numberOf();
      const order = { provider: channel, callback: "trade", outTradeNo, fields };
      expect((await deliver(shop, channel, await signedCallback(order))).status).toBe(200);
      expect(await anomaliesOf(shop, asListed(outTradeNo))).toEqual(["UNKNOWN_TRADE"]);
    });

    it("of a trade whose money has gone back", async () => {
      const shop = openShop();
      const outTradeNo = numberOf();
      const order = { provider: channel, callback: "refund", outTradeNo, outRefundNo: unique("refund") };
      expect((await deliver(shop, channel, await signedCallback(order))).status).toBe(200);
      expect(await anomaliesOf(shop, asListed(outTradeNo))).toEqual(["UNKNOWN_REFUND"]);
    });

    it("of a refund of a trade of ours", async () => {
      const shop = openShop();
      const purchase = await newPaidOrder(shop, channel);
      const { outTradeNo } = purchase;
      const order = { provider: channel, callback: "refund", outTradeNo, outRefundNo: numberOf() };
      const callback = await signedCallback(order);
      for (const _copy of [1, 2]) expect((await deliver(shop, channel, callback)).status).toBe(200);
      expect(await anomaliesOf(shop, outTradeNo)).toEqual(["UNKNOWN_REFUND"]);
      expect(await attemptOf(shop, outTradeNo)).toMatchObject({ refunding: 0, refunded: 0 });
    });
  });
});
