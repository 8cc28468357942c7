/** Every state that Alipay may leave a refund in, heard by the reply, by a query, by the job and by notices. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { synchroniseRefunds } from "../../src/jobs/synchronise.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import {
  CREATED,
  endRefund,
  PROCESSING,
  type RefundStanding,
  refundStandingOf,
  SUCCESS,
  startRefund,
} from "./support/alipay-refunds.ts";
import { newPaidTrade, type Opening } from "./support/alipay-trades.ts";
import { allAtOnce, expectedOf } from "./support/at-once.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { deliver, misbehave, type ProviderFault, sandbox, takeDeliveries } from "./support/controls.ts";
import { subjectsOf } from "./support/purchases.ts";
import { anomaliesOf } from "./support/records.ts";
import { OPERATOR, openShop, type Shop } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

interface Row {
  readonly name: string;
  /** What Alipay does instead of giving the money back at once. */
  readonly fault?: Omit<ProviderFault, "outTradeNo">;
  /** Whether the money moves later. */
  readonly movesLater?: true;
  /** After the reply, and after Alipay has been asked once it has moved on. */
  readonly first: RefundStanding;
  readonly asked: RefundStanding;
  /** Whether a notice tells of it. */
  readonly isTold: boolean;
}

const STATES: readonly Row[] = [
  { name: "fund_change=Y", first: SUCCESS, asked: SUCCESS, isTold: true },
  {
    name: "fund_change=N, then REFUND_SUCCESS",
    fault: { kind: "refund_abnormal", operation: "refund" },
    movesLater: true,
    first: PROCESSING,
    asked: SUCCESS,
    isTold: true,
  },
  {
    name: "fund_change=N, and never a refund_status",
    fault: { kind: "refund_closed", operation: "refund" },
    first: PROCESSING,
    asked: PROCESSING,
    isTold: false,
  },
  {
    name: "an unsigned reply to what took effect",
    fault: { kind: "unsigned", operation: "refund" },
    first: CREATED,
    asked: SUCCESS,
    isTold: true,
  },
  {
    name: "no reply, though it took effect",
    fault: { kind: "http_500", operation: "refund", effect: true, times: 3 },
    first: CREATED,
    asked: SUCCESS,
    isTold: true,
  },
  {
    name: "an error that says nothing, though it took effect",
    fault: { kind: "refuse", operation: "refund", code: "SYSTEM_ERROR", effect: true },
    first: CREATED,
    asked: SUCCESS,
    isTold: true,
  },
];

/** A refund of all of an order's money, which has come to such a state. */
async function staged(shop: Shop, { name, fault, movesLater, first }: Row, opening: Opening = "JSAPI") {
  const scene = await newPaidTrade(shop, opening);
  if (fault) await misbehave({ ...fault, outTradeNo: scene.outTradeNo });
  const { refundId } = await startRefund(shop, scene);
  expect([name, await refundStandingOf(shop, scene)]).toEqual([name, first]);
  if (movesLater) await endRefund(refundId);
  return { scene, refundId };
}

describe("what Alipay says of a refund counts the same", () => {
  it("when an operator asks", async () => {
    const shop = openShop();
    const heard = await allAtOnce(STATES, async (row) => {
      const { scene, refundId } = await staged(shop, row);
      await shop.manager.queryRefund(OPERATOR, "alipay", refundId);
      return await refundStandingOf(shop, scene);
    });
    expect(heard).toEqual(expectedOf(STATES, ({ asked }) => asked));
  });

  it("when the job asks, also of a trade that was scanned, of whose end no notice tells", async () => {
    const shop = openShop();
    const scenes = await allAtOnce(STATES, (row) => staged(shop, row, "QR"));
    const told = Object.values(scenes).map(({ scene }) => takeDeliveries(scene.outTradeNo));
    expect((await Promise.all(told)).flat()).toEqual([]);
    await letPass(shop, 65);
    await synchroniseRefunds(shop.ctx, 50);
    const heard = await allAtOnce(STATES, async ({ name }) => {
      const staged = scenes[name];
      return staged && (await refundStandingOf(shop, staged.scene));
    });
    expect(heard).toEqual(expectedOf(STATES, ({ asked }) => asked));
    await expectBooksInOrder(shop, subjectsOf(...Object.values(scenes).map(({ scene }) => scene)));
  });

  it("when a notice says so, as often as it comes", async () => {
    const shop = openShop();
    const heard = await allAtOnce(STATES, async (row) => {
      const { scene } = await staged(shop, row);
      const notices = await takeDeliveries(scene.outTradeNo);
      const answers: string[] = [];
      for (const notice of [...notices, ...notices]) answers.push((await deliver(shop, "alipay", notice)).body);
      return [answers, await refundStandingOf(shop, scene), await anomaliesOf(shop, scene.outTradeNo)];
    });
    const expected = expectedOf(STATES, ({ isTold, asked }) => [isTold ? ["success", "success"] : [], asked, []]);
    expect(heard).toEqual(expected);
  });
});

it("that never arrived is sent again under its number, and its money moves once", async () => {
  const shop = openShop();
  const scene = await newPaidTrade(shop);
  await misbehave({ kind: "http_500", operation: "refund", times: 3 });
  await startRefund(shop, scene);
  expect(await refundStandingOf(shop, scene)).toEqual(CREATED);
  await letPass(shop, 65);
  await synchroniseRefunds(shop.ctx, 50);
  expect(await refundStandingOf(shop, scene)).toEqual(SUCCESS);
  await expectBooksInOrder(shop, subjectsOf(scene));
});

it("that an empty account can't pay is put off, not refused", async () => {
  const shop = openShop();
  const scene = await newPaidTrade(shop);
  await sandbox("POST", "alipay/application", { balance: "empty" });
  await startRefund(shop, scene);
  expect(await refundStandingOf(shop, scene)).toEqual(CREATED);
  await sandbox("POST", "alipay/application", { balance: "enough" });
  await letPass(shop, 65);
  await synchroniseRefunds(shop.ctx, 50);
  expect(await refundStandingOf(shop, scene)).toEqual(SUCCESS);
});

it("whose refund_status is absent for a week is put before an operator, and its money stays reserved", async () => {
  const shop = openShop();
  const scene = await newPaidTrade(shop);
  await misbehave({ kind: "refund_closed", operation: "refund" });
  await startRefund(shop, scene);
  await letPass(shop, 8 * 24 * 3600);
  await synchroniseRefunds(shop.ctx, 50);
  expect(await refundStandingOf(shop, scene)).toEqual(PROCESSING);
  expect(await anomaliesOf(shop, scene.outTradeNo)).toEqual(["REFUND_IN_DOUBT"]);
});
