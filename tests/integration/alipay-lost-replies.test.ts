/** Replies of Alipay's that get lost, to calls that took effect and to calls that did not: the job finds out, and money counts once. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { synchroniseAttempts } from "../../src/jobs/synchronise.ts";
import { catchUp, letPass, runJobsToTheEnd, startAfresh } from "./support/afresh.ts";
import { showCode } from "./support/alipay-buyer.ts";
import {
  booksOf,
  inTurn,
  type Move,
  newTrade,
  nothing,
  pay,
  type Scene,
  type Standing,
  show,
  visitCashier,
} from "./support/alipay-trades.ts";
import { allAtOnce, expectedOf } from "./support/at-once.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { misbehave, sandbox } from "./support/controls.ts";
import { newOrder, type Purchase, subjectsOf } from "./support/purchases.ts";
import { refundedAtProvider } from "./support/records.ts";
import { openShop, type Shop, type ShopOptions } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** How a reply gets lost, and whether the call had taken effect. */
const LOSSES = [
  { loss: "timeout_before", fault: { kind: "timeout_before" }, done: false },
  { loss: "drop_before", fault: { kind: "drop_before" }, done: false },
  { loss: "http_500", fault: { kind: "http_500" }, done: false },
  { loss: "gbk_error", fault: { kind: "gbk_error" }, done: false },
  { loss: "timeout_after", fault: { kind: "timeout_after" }, done: true },
  { loss: "drop_after", fault: { kind: "drop_after" }, done: true },
  { loss: "http_502 after", fault: { kind: "http_502", effect: true }, done: true },
  { loss: "unsigned", fault: { kind: "unsigned" }, done: true },
  { loss: "duplicate_node", fault: { kind: "duplicate_node" }, done: true },
] as const;

const TIMES = 9;
const liftFaults = () => sandbox("DELETE", "faults");
/** Who waits no longer than it takes on a busy machine. */
const IMPATIENT = { providerTimeoutMs: 700 };

/** Lets time pass and runs the job, as another isolate. */
async function runJob(seconds: number, options: ShopOptions = {}): Promise<Shop> {
  const shop = openShop(options);
  catchUp(shop);
  await letPass(shop, seconds);
  await synchroniseAttempts(shop.ctx, 100);
  await shop.idle();
  return shop;
}

const OPEN: Standing = ["PENDING", "PENDING", null, 0, []];
const CLOSING: Standing = ["PENDING", "CLOSING", null, 0, []];
const CLOSED: Standing = ["PENDING", "CLOSED", null, 0, []];
const PAID: Standing = ["PAID", "SUCCESS", "APPLIED", 3000, []];
const GIVEN_BACK: Standing = ["PENDING", "SUCCESS", "GONE_BACK", 3000, ["MONEY_GONE_BACK"]];

/** What the books say of all scenes, by their names. */
const standings = (shop: Shop, scenes: Readonly<Record<string, Scene>>) =>
  allAtOnce(
    Object.entries(scenes).map(([name, scene]) => ({ name, scene })),
    ({ scene }) => booksOf(shop, scene),
  );

describe("a page", () => {
  it("that was paid stays open while queries get no reply, and is PAID once the job gets one", async () => {
    const shop = openShop(IMPATIENT);
    const rows = LOSSES.map(({ loss, fault }) => ({ name: loss, fault }));
    const scenes = await allAtOnce(rows, async ({ fault }) => {
      const scene = await newTrade(shop, "WEB");
      await inTurn(visitCashier(shop), pay)(scene.outTradeNo);
      await misbehave({ ...fault, operation: "query", outTradeNo: scene.outTradeNo, times: TIMES });
      const asked = shop.manager.query(scene.customer, "alipay", scene.orderId);
      await expect(asked).rejects.toMatchObject({
        code: expect.stringMatching(/^PROVIDER_(?:SILENT|UNINTELLIGIBLE)$/),
      });
      return scene;
    });
    expect(await standings(shop, scenes)).toEqual(expectedOf(rows, () => OPEN));
    await liftFaults();
    await runJob(60);
    expect(await standings(shop, scenes)).toEqual(expectedOf(rows, () => PAID));
    await expectBooksInOrder(shop, subjectsOf(...Object.values(scenes)));
  });

  const CASES = LOSSES.flatMap((row) =>
    (["unpaid", "paid"] as const).map((end) => ({ ...row, name: `${row.loss}, ${end}`, isPaid: end === "paid" })),
  );

  it("whose close gets no reply, nor the query after it, is in doubt, and then CLOSED or PAID as Alipay has it", async () => {
    const shop = openShop(IMPATIENT);
    const scenes = await allAtOnce(CASES, async ({ fault, isPaid }) => {
      const scene = await newTrade(shop, "WEB");
      const { outTradeNo, customer, orderId } = scene;
      await inTurn(visitCashier(shop), isPaid ? pay : nothing)(outTradeNo);
      await misbehave({ ...fault, operation: "close", outTradeNo, times: TIMES });
      await misbehave({ kind: "unsigned", operation: "query", outTradeNo, times: TIMES });
      expect(await shop.manager.close(customer, "alipay", orderId)).toMatchObject({ status: "CLOSING" });
      return scene;
    });
    expect(await standings(shop, scenes)).toEqual(expectedOf(CASES, () => CLOSING));
    await liftFaults();
    await runJob(60);
    expect(await standings(shop, scenes)).toEqual(expectedOf(CASES, ({ isPaid }) => (isPaid ? PAID : CLOSED)));
    await expectBooksInOrder(shop, subjectsOf(...Object.values(scenes)));
  });
});

async function scan(shop: Shop, { customer, orderId, amount }: Purchase, asksPassword: boolean): Promise<string> {
  const authCode = await showCode({ asksPassword });
  const request = { method: "ALIPAY_BARCODE", orderId, amount, authCode } as const;
  return (await shop.manager.create(customer, "alipay", request)).payment.outTradeNo;
}

describe("a bar code", () => {
  const BUYERS = [
    { name: "pays at once", asksPassword: false },
    { name: "has to confirm", asksPassword: true },
  ];

  // One after the other, since nobody knows beforehand by which number a scan will go.
  const SCANS = LOSSES.filter(({ loss }) => !/drop|gbk|duplicate/.test(loss));

  it.each(SCANS)(
    "whose payment gets no reply ($loss) is paid once, by this scan or by the next",
    async ({ fault, done }) => {
      const shop = openShop(IMPATIENT);
      await misbehave({ ...fault, operation: "create", times: TIMES });
      const scenes = await allAtOnce(BUYERS, async ({ asksPassword }) => {
        const purchase = await newOrder(shop);
        return { ...purchase, outTradeNo: await scan(shop, purchase, asksPassword) };
      });
      expect(await standings(shop, scenes)).toEqual(expectedOf(BUYERS, () => OPEN));
      await liftFaults();
      if (done) await pay(scenes["has to confirm"]?.outTradeNo ?? "");
      await runJob(16);
      expect(await standings(shop, scenes)).toEqual(expectedOf(BUYERS, () => (done ? PAID : OPEN)));
      if (!done) {
        const later = await runJob(61);
        for (const scene of Object.values(scenes)) await scan(later, scene, false);
        await runJobsToTheEnd(later);
      }
      const states = await standings(shop, scenes);
      expect(Object.values(states).map(([order, attempt]) => [order, attempt])).toEqual(
        BUYERS.map(() => ["PAID", done ? "SUCCESS" : "CLOSED"]),
      );
      await expectBooksInOrder(shop, subjectsOf(...Object.values(scenes)));
    },
  );

  // Of a payment that comes in the moment between query and cancel, the query still says that it waits.
  const ENDS: readonly { readonly end: string; readonly before: Move; readonly isPaid: boolean }[] = [
    { end: "unpaid", before: nothing, isPaid: false },
    { end: "just paid", before: inTurn(pay, show("WAIT_BUYER_PAY")), isPaid: true },
  ];
  const CASES = LOSSES.flatMap((row) => ENDS.map((end) => ({ ...row, ...end, name: `${row.loss}, ${end.end}` })));

  const endOf = ({ isPaid, done }: (typeof CASES)[number]) => {
    if (!isPaid) return CLOSED;
    return done ? GIVEN_BACK : PAID;
  };

  it("whose cancel gets no reply is CLOSED, PAID or given back, as Alipay has it, and never both", async () => {
    const shop = openShop(IMPATIENT);
    const scenes = await allAtOnce(CASES, async () => {
      const purchase = await newOrder(shop);
      return { ...purchase, outTradeNo: await scan(shop, purchase, true) };
    });
    await letPass(shop, 61);
    await allAtOnce(CASES, async ({ name, fault, before }) => {
      const { outTradeNo } = scenes[name] ?? { outTradeNo: "" };
      await before(outTradeNo);
      await misbehave({ ...fault, operation: "cancel", outTradeNo, times: TIMES });
    });
    await runJob(1, IMPATIENT);
    await liftFaults();
    const numbers = Object.values(scenes).map(({ outTradeNo }) => outTradeNo);
    await Promise.all(numbers.map(show(null)));
    await runJob(120);
    expect(await standings(shop, scenes)).toEqual(expectedOf(CASES, endOf));
    const givenBack = await allAtOnce(CASES, async ({ name }) => refundedAtProvider(scenes[name]?.outTradeNo ?? ""));
    expect(givenBack).toEqual(expectedOf(CASES, ({ isPaid, done }) => (isPaid && done ? 3000 : 0)));
  });
});
