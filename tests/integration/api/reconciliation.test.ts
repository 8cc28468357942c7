/** What operators and auditors see of reconciliation, over REST. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { billDays, billDifferences } from "../../../db/schema/bills.ts";
import { operatorActions } from "../../../db/schema/history.ts";
import { addDays, newestReady } from "../../../src/payments/reconciliation/calendar.ts";
import { OPERATOR, openShop, type Shop } from "../support/shop.ts";
import { openApi } from "./support.ts";

const AUDITOR = { id: "auditor-1", role: "auditor" } as const;
const TOO_EARLY = "2999-01-01";

let shop: Shop;
let date: string;
const forget = async () => {
  await Promise.all([billDays, billDifferences].map((table) => shop.db.delete(table)));
};
beforeEach(async () => {
  shop = openShop();
  date = newestReady(new Date(), { readyAtHour: 10 });
  await forget();
});
afterAll(() => forget());

describe("reconciliation", () => {
  it("begins anew when an operator says so, which goes on record", async () => {
    const api = openApi();
    const path = `/reconciliation/wechat/${date}/rerun`;
    const answer = await api.call("POST", path, { as: OPERATOR, body: { reason: "corrected there" } });
    expect(answer).toMatchObject({ status: 200, body: { provider: "wechat", date, state: "WAITING", lines: 0 } });
    const actions = await shop.db
      .select()
      .from(operatorActions)
      .where(eq(operatorActions.subject, `wechat:${date}`));
    expect(actions.at(-1)).toMatchObject({
      action: "reconciliation.rerun",
      reason: "corrected there",
      actor: OPERATOR.id,
    });
    const listed = await api.call("GET", "/reconciliation/wechat", { as: AUDITOR });
    expect(listed.body).toMatchObject({ days: [{ date, state: "WAITING", doneAt: null }], next: null });
  });

  it.each([
    ["a day that has no bill yet", TOO_EARLY],
    ["what is no day", "2026-02-30"],
  ])("refuses %s and names the field", async (_, day) => {
    const options = { as: OPERATOR, body: { reason: "corrected there" } };
    const answer = await openApi().call("POST", `/reconciliation/wechat/${day}/rerun`, options);
    expect(answer).toMatchObject({ status: 400, body: { code: "BAD_INPUT", issues: [{ path: "date" }] } });
  });

  it("lists days and differences page by page", async () => {
    const days = [date, addDays(date, -1), addDays(date, -2)];
    const now = new Date();
    const nothing = { loads: 1, loadNo: 1, previousLoadNo: 0, entryCount: 7, steps: 0, checks: 0 };
    const done = { ...nothing, provider: "alipay", state: "DONE", waitingSince: now, doneAt: now } as const;
    await shop.db.insert(billDays).values(days.map((billDate) => ({ ...done, billDate })));
    const facts = { there: "30.00", here: "29.99", fee: "0.18", statusThere: "success", statusHere: "SUCCESS" };
    const found = { provider: "alipay", billDate: date, kind: "payment", providerNo: "p", outTradeNo: "t" } as const;
    const reported = { difference: "AMOUNT_DIFFERS", state: "REPORTED", detail: JSON.stringify(facts) } as const;
    const rows = ["A", "B"].map((id) => ({ ...found, ...reported, id, number: id, createdAt: now, checks: 1 }));
    await shop.db.insert(billDifferences).values(rows);
    const api = openApi();
    const get = async (path: string) => (await api.call("GET", `/reconciliation/alipay${path}`, { as: AUDITOR })).body;
    expect(await get("?limit=2")).toMatchObject({
      days: [{ date: days[0], lines: 7 }, { date: days[1] }],
      next: days[1],
    });
    expect(await get(`?limit=2&before=${days[1]}`)).toMatchObject({ days: [{ date: days[2] }], next: null });
    expect(await get(`/${date}?limit=1`)).toMatchObject({ differences: [{ number: "A", ...facts }], next: "A" });
    expect(await get(`/${date}?after=A&state=REPORTED`)).toMatchObject({ differences: [{ number: "B" }], next: null });
    expect(await get(`/${date}?state=OPEN`)).toEqual({ differences: [], next: null });
  });
});
