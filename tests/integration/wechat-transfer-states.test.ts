/** Every state of a transfer, heard by a reply, by a query and by a callback: one truth in the books. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { notifications } from "../../db/schema/records.ts";
import { synchroniseTransfers } from "../../src/jobs/synchronise-transfers.ts";
import { queryTransfer } from "../../src/payments/transfers/query-transfer.ts";
import { transferView } from "../../src/payments/transfers/view.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { allAtOnce, expectedOf } from "./support/at-once.ts";
import { deliver, misbehave, sandbox, signedCallback } from "./support/controls.ts";
import { openShop, type Shop, unique } from "./support/shop.ts";
import { anomaliesOfTransfer, confirmAt, setPolicy, startTransfer, transferOf } from "./support/transfers.ts";
import { openWechat } from "./support/wechat-merchant.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const FOR_EVER = 1_000_000;
/** What WeChat Pay says of a transfer that somebody takes back, who is not this shop. */
const colleague = openWechat();
const takeBack = (outBillNo: string) => colleague.cancelTransfer(outBillNo);
const nobody = async () => {};

/** States, how long WeChat Pay takes, what the recipient or somebody else does, and what the books call it. */
const STATES = [
  { name: "ACCEPTED", policy: { acceptedSeconds: FOR_EVER }, act: nobody, books: "PROCESSING" },
  { name: "PROCESSING", policy: { processingSeconds: FOR_EVER }, act: nobody, books: "PROCESSING" },
  { name: "WAIT_USER_CONFIRM", policy: {}, act: nobody, books: "AWAITING_USER" },
  { name: "TRANSFERING", policy: { transferringSeconds: FOR_EVER }, act: confirmAt, books: "PROCESSING" },
  { name: "SUCCESS", policy: { transferringSeconds: 0 }, act: confirmAt, books: "SUCCESS" },
  { name: "FAIL", policy: {}, act: (no: string) => sandbox("POST", `transfers/${no}/fail`, {}), books: "FAILED" },
  { name: "CANCELING", policy: { cancelingSeconds: FOR_EVER }, act: takeBack, books: "CANCELLING" },
  { name: "CANCELLED", policy: { cancelingSeconds: 0 }, act: takeBack, books: "CANCELLED" },
] as const;
type Row = (typeof STATES)[number];

const ENDS: readonly string[] = ["SUCCESS", "FAILED", "CANCELLED"];

/** What the books say of a transfer, and whether its recipient can be let confirm it. */
async function booksOf(shop: Shop, outBillNo: string) {
  const row = await transferRow(shop, outBillNo);
  return {
    state: row.state,
    failure: row.failureCode,
    ended: row.finishedAt !== null,
    checked: row.nextCheckAt !== null,
    confirmable: (await transferView(shop.ctx, row)).confirm !== null,
    anomalies: await anomaliesOfTransfer(shop, outBillNo),
  };
}

async function transferRow(shop: Shop, outBillNo: string) {
  const row = await transferOf(shop, outBillNo);
  if (!row) throw new Error(`no transfer ${outBillNo}`);
  return row;
}

const EXPECTED = expectedOf(STATES, ({ books }) => {
  const ended = ENDS.includes(books);
  const failure = books === "FAILED" ? "PAYEE_ACCOUNT_ABNORMAL" : null;
  const confirmable = books === "AWAITING_USER";
  return { state: books, failure, ended, checked: !ended, confirmable, anomalies: [] };
});

/** WeChat Pay's times are the same for all transfers of a moment, so one is made after the other. */
async function oneByOne(play: (row: Row) => Promise<unknown>): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const row of STATES) {
    await setPolicy({ acceptedSeconds: 0, processingSeconds: 0, transferringSeconds: 2, cancelingSeconds: 2 });
    await setPolicy(row.policy);
    found[row.name] = await play(row);
  }
  return found;
}

describe("what WeChat Pay says of a transfer counts the same", () => {
  it("when an operator asks", async () => {
    const shop = openShop();
    const found = await oneByOne(async ({ act, books }) => {
      const { outBillNo } = await startTransfer(shop);
      await act(outBillNo);
      expect(await queryTransfer(shop.ctx, outBillNo)).toMatchObject({ status: books });
      return await booksOf(shop, outBillNo);
    });
    expect(found).toEqual(EXPECTED);
  });

  it("when a callback says so, as often as it comes", async () => {
    const shop = openShop();
    const found = await oneByOne(async ({ name, act }) => {
      const { outBillNo } = await startTransfer(shop);
      await act(outBillNo);
      const callback = await signedCallback({ provider: "wechat", callback: "transfer", outTradeNo: outBillNo });
      for (const _copy of [1, 2]) expect([name, (await deliver(shop, "wechat", callback)).status]).toEqual([name, 200]);
      await shop.idle();
      return await booksOf(shop, outBillNo);
    });
    expect(found).toEqual(EXPECTED);
  });

  // The reply to the first send got lost, and the query misses what is there: so it is sent again.
  it("when the reply to a repeat says so", async () => {
    const shop = openShop();
    await misbehave({ kind: "unsigned", operation: "transfer", times: 2 * STATES.length });
    const made = await oneByOne(async ({ act }) => {
      const { outBillNo, status } = await startTransfer(shop);
      expect(status).toBe("PROCESSING");
      await act(outBillNo);
      return outBillNo;
    });
    await letPass(shop, 65);
    const missed = { kind: "refuse", operation: "transfer_query", code: "NOT_FOUND", status: 404 };
    for (const outTradeNo of Object.values(made).map(String)) await misbehave({ ...missed, outTradeNo });
    await synchroniseTransfers(shop.ctx, 50);
    const found = await allAtOnce(STATES, ({ name }) => booksOf(shop, String(made[name])));
    // Whoever asked for it was told that it is on its way.
    expect(found).toEqual({ ...EXPECTED, FAIL: { ...EXPECTED.FAIL, anomalies: ["TRANSFER_FAILED"] } });
    expect(await sandbox("GET", "faults")).toEqual([]);
  });

  it("and a state of tomorrow changes nothing", async () => {
    const shop = openShop();
    const { outBillNo } = await startTransfer(shop);
    const before = await transferOf(shop, outBillNo);
    const order = { provider: "wechat", callback: "transfer", outTradeNo: outBillNo, fields: { state: "THINKING" } };
    expect((await deliver(shop, "wechat", await signedCallback(order))).status).toBe(200);
    expect(await transferOf(shop, outBillNo)).toEqual(before);
  });
});

it("is told by WeChat Pay itself at its end, and only then", async () => {
  const shop = openShop();
  const events = await oneByOne(async ({ act }) => {
    const { outBillNo } = await startTransfer(shop);
    await act(outBillNo);
    const told = await sandbox<{ id: string }[]>("POST", "deliveries/take", { outTradeNo: outBillNo });
    return told.length;
  });
  expect(events).toEqual(expectedOf(STATES, ({ books }) => (ENDS.includes(books) ? 1 : 0)));
});

it("on record, a callback of a transfer is found by its number", async () => {
  const shop = openShop();
  const { outBillNo } = await startTransfer(shop, {}, unique("key"));
  await deliver(
    shop,
    "wechat",
    await signedCallback({ provider: "wechat", callback: "transfer", outTradeNo: outBillNo }),
  );
  await shop.idle();
  const found = await shop.db.select().from(notifications).where(eq(notifications.outTradeNo, outBillNo));
  expect(found).toMatchObject([{ event: "MCHTRANSFER.BILL.FINISHED", outcome: "APPLIED" }]);
});
