/** A database whose answers get lost, as in lost-answers-payments.test.ts: bar codes of Alipay's buyers. */
import { afterAll, it } from "vitest";
import { synchroniseAttempts } from "../../src/jobs/synchronise.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { showCode } from "./support/alipay-buyer.ts";
import { expectLossesMadeUpFor } from "./support/lost-answers.ts";
import { newOrder } from "./support/purchases.ts";
import { type Shop, unique } from "./support/shop.ts";
import { castOf, type Story } from "./support/story.ts";

afterAll(startAfresh);

/** A bar code that is scanned: its buyer pays at once, or has to confirm. */
async function scanning(shop: Shop, asksPassword: boolean) {
  const purchase = await newOrder(shop);
  const { customer, orderId, amount } = purchase;
  const request = { method: "ALIPAY_BARCODE", orderId, amount, authCode: await showCode({ asksPassword }) } as const;
  const key = unique("key");
  const scan = (caller: Shop) => caller.manager.create(customer, "alipay", request, key);
  return { cast: castOf(purchase), scan };
}

const STORIES: readonly Story[] = [
  {
    title: "scanning a bar code",
    ends: "PAID",
    stage: async (shop) => {
      const { cast, scan } = await scanning(shop, false);
      return { cast, act: scan };
    },
  },
  {
    title: "giving up a bar code by the job",
    ends: "PENDING",
    stage: async (shop) => {
      const { cast, scan } = await scanning(shop, true);
      await scan(shop);
      await letPass(shop, 61);
      return { cast, act: (caller) => synchroniseAttempts(caller.ctx, 50) };
    },
  },
];

it.each(STORIES)("$title", { timeout: 120_000 }, (story) => expectLossesMadeUpFor(story));
