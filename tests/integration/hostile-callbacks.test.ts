/** What either provider's address may get from anybody, and what counts as verified and yet pays no order. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { anomalies } from "../../db/schema/records.ts";
import { startAfresh } from "./support/afresh.ts";
import { deliver, signedCallback } from "./support/controls.ts";
import { expectGenuineCounts, expectTurnedAway, rowsOf, target, withBody } from "./support/hostile.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const NO_CALLBACKS: readonly (readonly [string, string])[] = [
  ["an empty body", ""],
  ["an empty object", "{}"],
  ["null", "null"],
  ["text", "not a callback"],
  ["an empty form", "&&&"],
  ["deep nesting", "[".repeat(5000)],
];

describe.each(["wechat", "alipay"] as const)("%s", (channel) => {
  it("refuses what is no callback at all", async () => {
    const aim = await target(channel);
    const hostile = new Map(NO_CALLBACKS.map(([name, text]) => [name, withBody(aim.genuine, text)] as const));
    hostile.set("bytes that are no text", { ...aim.genuine, body: Uint8Array.of(0xff, 0xfe, 0x00, 0x80) });
    hostile.set("nothing", { ...aim.genuine, headers: {}, body: new Uint8Array() });
    await expectTurnedAway(aim, hostile);
    await expectGenuineCounts(aim);
  });

  it("takes a verified wrong amount as money beside the order, and says so to an operator", async () => {
    const aim = await target(channel);
    const fields = channel === "wechat" ? { amount: { total: 1 } } : { total_amount: "0.01" };
    const order = { provider: channel, callback: "trade", outTradeNo: aim.outTradeNo, fields };
    const before = await rowsOf(aim);
    expect((await deliver(aim.shop, channel, await signedCallback(order))).status).toBe(200);
    const after = await rowsOf(aim);
    expect({ ...after, attempts: [] }).toEqual({ ...before, attempts: [] });
    expect(after.attempts).toMatchObject([{ disposition: "UNAPPLIED", unappliedReason: "WRONG_AMOUNT", received: 1 }]);
    const found = await aim.shop.db.select().from(anomalies).where(eq(anomalies.orderId, aim.orderId));
    expect(found).toMatchObject([{ kind: "WRONG_AMOUNT", state: "OPEN" }]);
  });

  it("takes a verified callback for a number that only looks like ours as one of an unknown order", async () => {
    const aim = await target(channel);
    const outTradeNo = aim.outTradeNo.toLowerCase();
    const before = await rowsOf(aim);
    const callback = await signedCallback({ provider: channel, callback: "trade", outTradeNo });
    expect((await deliver(aim.shop, channel, callback)).status).toBe(200);
    expect(await rowsOf(aim)).toEqual(before);
    const found = await aim.shop.db.select().from(anomalies).where(eq(anomalies.outTradeNo, outTradeNo));
    expect(found).toMatchObject([{ kind: "UNKNOWN_TRADE" }]);
    await expectGenuineCounts(aim);
  });
});
