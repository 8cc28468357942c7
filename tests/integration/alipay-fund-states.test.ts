/** Every state that Alipay leaves a transfer or a freeze in, heard by the reply, by a query and by the job. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { runJobs } from "../../src/jobs/run.ts";
import { queryAuthorisation } from "../../src/payments/pre-authorisations/query-authorisation.ts";
import { queryTransfer } from "../../src/payments/transfers/query-transfer.ts";
import { letPass, startAfresh } from "./support/afresh.ts";
import { openAlipay } from "./support/alipay-application.ts";
import { allAtOnce, expectedOf } from "./support/at-once.ts";
import { openCertifiedShop } from "./support/certified.ts";
import { misbehave, sandbox } from "./support/controls.ts";
import {
  anomaliesOfFreeze,
  authorisationOf,
  confirmFreeze,
  providerFreezes,
  refuseFreeze,
  startFreeze,
} from "./support/pre-authorisations.ts";
import { openShop, type Shop } from "./support/shop.ts";
import {
  anomaliesOfTransfer,
  moveAlipayTransfer,
  setAlipayPolicy,
  startAlipayTransfer,
  transferOf,
} from "./support/transfers.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const nothing = async () => {};
const move = (name: "succeed" | "fail" | "return") => (outBillNo: string) => moveAlipayTransfer(outBillNo, name);

/** How a transfer goes at first, what becomes of it, and what the books call it before and after. */
const TRANSFERS = [
  { name: "SUCCESS", status: "SUCCESS", act: nothing, first: "SUCCESS", last: "SUCCESS", anomalies: [] },
  { name: "DEALING", status: "DEALING", act: nothing, first: "PROCESSING", last: "PROCESSING", anomalies: [] },
  {
    name: "DEALING, SUCCESS",
    status: "DEALING",
    act: move("succeed"),
    first: "PROCESSING",
    last: "SUCCESS",
    anomalies: [],
  },
  { name: "FAIL", status: "FAIL", act: nothing, first: "FAILED", last: "FAILED", anomalies: [] },
  {
    name: "DEALING, FAIL",
    status: "DEALING",
    act: move("fail"),
    ...{ first: "PROCESSING", last: "FAILED", anomalies: ["TRANSFER_FAILED"] },
  },
  {
    name: "SUCCESS, REFUND",
    status: "SUCCESS",
    act: move("return"),
    ...{ first: "SUCCESS", last: "RETURNED", anomalies: ["TRANSFER_RETURNED"] },
  },
] as const;

/** Transfers that have come to such states without the shop having heard of their ends. */
async function stagedTransfers(shop: Shop): Promise<Record<string, string>> {
  const numbers: Record<string, string> = {};
  for (const { name, status, act, first } of TRANSFERS) {
    await setAlipayPolicy({ status });
    const transfer = await startAlipayTransfer(shop);
    expect([name, transfer.status]).toEqual([name, first]);
    await act(transfer.outBillNo);
    numbers[name] = transfer.outBillNo;
  }
  return numbers;
}

const transferBooks = (shop: Shop, numbers: Readonly<Record<string, string>>) =>
  allAtOnce(TRANSFERS, async ({ name }) => {
    const outBillNo = numbers[name] ?? "";
    const transfer = await transferOf(shop, outBillNo);
    return [transfer?.state, transfer?.failureCode, await anomaliesOfTransfer(shop, outBillNo)];
  });

/** The reply to the call itself does not say why. */
const WHY: Readonly<Record<string, string>> = { FAIL: "FAIL", "DEALING, FAIL": "PAYEE_ACCOUNT_STATUS_ERROR" };
const TRANSFER_ENDS = expectedOf(TRANSFERS, ({ name, last, anomalies }) => [last, WHY[name] ?? null, anomalies]);

describe("what Alipay says of a transfer counts the same", () => {
  it("when an operator asks", async () => {
    const shop = await openCertifiedShop();
    const numbers = await stagedTransfers(shop);
    const asked = await allAtOnce(
      TRANSFERS,
      async ({ name }) => (await queryTransfer(shop.ctx, numbers[name] ?? "")).status,
    );
    expect(asked).toEqual(expectedOf(TRANSFERS, ({ last }) => last));
    expect(await transferBooks(shop, numbers)).toEqual(TRANSFER_ENDS);
  });

  it("when the job asks", async () => {
    const shop = await openCertifiedShop();
    const numbers = await stagedTransfers(shop);
    await letPass(shop, 26 * 3600);
    await runJobs(shop.ctx);
    expect(await transferBooks(shop, numbers)).toEqual(TRANSFER_ENDS);
  });

  it("when its reply is lost, and the query after it", async () => {
    const shop = await openCertifiedShop();
    await misbehave({ kind: "unsigned", operation: "transfer" });
    await misbehave({ kind: "gbk_error", operation: "transfer_query", times: 3 });
    const { outBillNo, status } = await startAlipayTransfer(shop);
    expect(status).toBe("PROCESSING");
    expect((await queryTransfer(shop.ctx, outBillNo)).status).toBe("PROCESSING");
    expect((await queryTransfer(shop.ctx, outBillNo)).status).toBe("SUCCESS");
  });
});

/** Somebody else at the shop's account, who does what the shop does not know of. */
async function colleague(outOrderNo: string) {
  const alipay = await openAlipay({});
  const [freeze] = (await providerFreezes()).filter((each) => each.outOrderNo === outOrderNo);
  if (!freeze) throw new Error("no freeze");
  return { alipay, freeze };
}

const release = async (outOrderNo: string) => {
  await confirmFreeze(outOrderNo);
  const { alipay, freeze } = await colleague(outOrderNo);
  const found = await alipay.queryFreeze(outOrderNo);
  if (found.kind !== "ok" || found.value.status !== "frozen") throw new Error("not frozen");
  const { authNo, amount } = found.value;
  const released = await alipay.release({ outRequestNo: `${outOrderNo}x`, authNo, amount, remark: "归还" });
  expect([freeze.status, released.kind]).toEqual(["AUTHORIZED", "ok"]);
};
const cancel = async (outOrderNo: string) => {
  await refuseFreeze(outOrderNo);
  expect(await (await colleague(outOrderNo)).alipay.cancelFreeze(outOrderNo)).toMatchObject({ kind: "ok" });
};

const FREEZES = [
  { name: "not opened yet", act: nothing, books: "PENDING", anomalies: [] },
  { name: "INIT", act: refuseFreeze, books: "PENDING", anomalies: [] },
  { name: "AUTHORIZED", act: confirmFreeze, books: "FROZEN", anomalies: [] },
  { name: "FINISH", act: release, books: "CLOSED", anomalies: ["AUTHORISATION_IN_DOUBT"] },
  { name: "CLOSED", act: cancel, books: "CLOSED", anomalies: [] },
] as const;

describe("what Alipay says of a freeze counts the same", () => {
  const staged = (shop: Shop) =>
    allAtOnce(FREEZES, async ({ act }) => {
      const { outOrderNo } = await startFreeze(shop);
      await act(outOrderNo);
      return outOrderNo;
    });
  const books = (shop: Shop, numbers: Readonly<Record<string, string>>) =>
    allAtOnce(FREEZES, async ({ name }) => {
      const outOrderNo = numbers[name] ?? "";
      return [(await authorisationOf(shop, outOrderNo))?.state, await anomaliesOfFreeze(shop, outOrderNo)];
    });
  const EXPECTED = expectedOf(FREEZES, ({ books: state, anomalies }) => [state, anomalies]);

  it("when somebody asks", async () => {
    const shop = openShop();
    const numbers = await staged(shop);
    await Promise.all(Object.values(numbers).map((outOrderNo) => queryAuthorisation(shop.ctx, outOrderNo)));
    expect(await books(shop, numbers)).toEqual(EXPECTED);
  });

  it("when the job asks", async () => {
    const shop = openShop();
    const numbers = await staged(shop);
    await letPass(shop, 60);
    await runJobs(shop.ctx);
    expect(await books(shop, numbers)).toEqual(EXPECTED);
    expect(await sandbox("GET", "faults")).toEqual([]);
  });
});
