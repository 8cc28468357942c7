/** Money beside its order and anomalies over REST: operators act, auditors read, and wrong input is named. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { recordAnomaly } from "../../../src/payments/anomalies.ts";
import type { Actor } from "../../../src/payments/context.ts";
import { startAfresh } from "../support/afresh.ts";
import { actionsOn, lateMoney } from "../support/receipts.ts";
import { OPERATOR, openShop } from "../support/shop.ts";
import { openApi } from "./support.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const AUDITOR: Actor = { id: "auditor-1", role: "auditor" };
const HOLD = { settings: { latePayments: "hold" } } as const;
const api = openApi();

const get = (path: string) => api.call("GET", path, { as: AUDITOR });
const post = (path: string, body: object = { reason: "the buyer still wants it" }, as: Actor = OPERATOR) =>
  api.call("POST", path, { as, body });

type Shown = Readonly<Record<string, unknown>> & { readonly id: string };

/** The anomalies about an order, as an auditor finds them. */
async function anomaliesAbout({ orderId }: { readonly orderId: string }, filter = "state=OPEN"): Promise<Shown[]> {
  const { text } = await get(`/operations/anomalies?orderId=${orderId}&${filter}`);
  return (JSON.parse(text) as { anomalies: Shown[] }).anomalies;
}

it("shows held money to auditors, and lets operators apply it", async () => {
  const shop = openShop(HOLD);
  const late = await lateMoney(shop);
  const held = { outTradeNo: late.outTradeNo, reason: "LATE", policy: "HOLD", expected: "30.00", received: "30.00" };
  // Others on the same database may have been made in days to come.
  expect((await get(`/receipts?limit=1&before=${late.outTradeNo}Z`)).body.receipts).toMatchObject([held]);
  expect((await get(`/receipts/${late.outTradeNo}`)).body).toMatchObject({ ...held, orderStatus: "CLOSED" });
  const { status, body } = await post(`/receipts/${late.outTradeNo}/apply`);
  expect([status, body]).toMatchObject([200, { disposition: "APPLIED", orderStatus: "PAID", policy: null }]);
  expect((await get(`/orders/${late.orderId}`)).body).toMatchObject({ status: "PAID" });
});

it.each(["apply", "refund", "write-off"])(
  "lets nobody but an operator %s, nor an operator without a reason",
  async (verb) => {
    const shop = openShop(HOLD);
    const { outTradeNo } = await lateMoney(shop);
    const path = `/receipts/${outTradeNo}/${verb}`;
    expect((await post(path, { reason: "no" }, AUDITOR)).body).toMatchObject({ code: "FORBIDDEN" });
    for (const body of [{ reason: undefined }, { reason: " " }]) {
      expect((await post(path, body)).body).toMatchObject({ code: "BAD_INPUT", issues: [{ path: "reason" }] });
    }
    expect(await actionsOn(shop, outTradeNo)).toEqual([]);
    expect((await post(`/receipts/NOSUCHNUMBER/${verb}`)).body).toMatchObject({ code: "RECEIPT_NOT_FOUND" });
  },
);

it("keeps the anomaly about held money open until that is decided on; resolves any other with a reason", async () => {
  const shop = openShop(HOLD);
  const late = await lateMoney(shop);
  const [anomaly] = await anomaliesAbout(late, "kind=LATE_PAYMENT");
  expect(anomaly).toMatchObject({ outTradeNo: late.outTradeNo, suggestion: "APPLY", resolution: null });
  const path = `/operations/anomalies/${anomaly?.id}/resolve`;
  const refused = await post(path, { reason: "never mind" });
  expect([refused.status, refused.body]).toMatchObject([409, { code: "ANOMALY_UNDECIDED" }]);
  expect(await anomaliesAbout(late, "kind=WRONG_AMOUNT")).toEqual([]);
  await post(`/receipts/${late.outTradeNo}/write-off`, { reason: "paid back at the counter" });
  expect(await anomaliesAbout(late)).toEqual([]);
  const resolved = { state: "RESOLVED", resolvedBy: OPERATOR.id, resolution: "paid back at the counter" };
  expect(await anomaliesAbout(late, "state=RESOLVED")).toMatchObject([resolved]);
  expect((await post(path, { reason: "again" })).body).toMatchObject(resolved);
});

it("resolves an anomaly that is about no held money, on record with who did it and why", async () => {
  const shop = openShop();
  const sighting = { kind: "UNKNOWN_TRADE", number: "ELSEWHERE1", orderId: "ELSEWHERE1", detail: {} } as const;
  await recordAnomaly(shop.ctx, sighting);
  const find = (state: string) => anomaliesAbout(sighting, `state=${state}`);
  const id = (await find("OPEN"))[0]?.id ?? "";
  expect((await post(`/operations/anomalies/${id}/resolve`, { reason: "another shop's" })).body).toMatchObject({
    state: "RESOLVED",
  });
  expect(await actionsOn(shop, id)).toEqual(["anomalies.resolve: another shop's"]);
  await recordAnomaly(shop.ctx, sighting);
  expect(await find("OPEN")).toMatchObject([{ id, seen: 2, resolvedBy: null, resolution: null }]);
  expect((await post("/operations/anomalies/NOSUCH/resolve", { reason: "x" })).body).toMatchObject({
    code: "ANOMALY_NOT_FOUND",
  });
});
