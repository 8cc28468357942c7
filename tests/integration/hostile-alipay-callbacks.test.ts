/** Alipay notices that somebody tampered with, forged, or that belong to others: they change nothing. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { startAfresh } from "./support/afresh.ts";
import { type SignedDelivery, signedCallback } from "./support/controls.ts";
import { changed, expectGenuineCounts, expectTurnedAway, target, textOf, withBody } from "./support/hostile.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

it("refuses a callback with any field changed by one character, missing, or twice", async () => {
  const aim = await target("alipay");
  const fields = textOf(aim.genuine).split("&");
  const hostile = new Map<string, SignedDelivery>();
  for (const [index, field] of fields.entries()) {
    const [name = "", value = ""] = field.split("=");
    const others = (mine: string[]) =>
      withBody(aim.genuine, [...fields.slice(0, index), ...mine, ...fields.slice(index + 1)].join("&"));
    hostile.set(`${name} changed`, others([`${name}=${encodeURIComponent(changed(decodeURIComponent(value)))}`]));
    hostile.set(`${name} renamed`, others([`${name}x=${value}`]));
    hostile.set(`${name} twice`, others([field, field]));
    if (name !== "sign_type") hostile.set(`${name} missing`, others([]));
  }
  hostile.set("a field more", withBody(aim.genuine, `${fields.join("&")}&extra=1`));
  expect(hostile.size).toBeGreaterThan(90);
  await expectTurnedAway(aim, hostile);
  await expectGenuineCounts(aim);
});

it("refuses what a stranger signed, nobody signed, or belongs to others", async () => {
  const aim = await target("alipay");
  const order = { provider: "alipay", callback: "trade", outTradeNo: aim.outTradeNo };
  const hostile = new Map<string, SignedDelivery>();
  for (const [name, more] of [
    ["a stranger's key", { signer: "foreign" }],
    ["a wrong signature", { flaw: "bad_signature" }],
    ["no signature", { flaw: "unsigned" }],
    ["another application", { fields: { app_id: "9021000000000002" } }],
    ["no application", { fields: { app_id: null } }],
    ["an amount that is none", { fields: { total_amount: "30.001" } }],
    ["no amount", { fields: { total_amount: null } }],
    ["another account", { fields: { seller_id: "2088999999999999" } }],
    ["no account", { fields: { seller_id: null } }],
  ] as const) {
    hostile.set(name, await signedCallback({ ...order, ...more }));
  }
  await expectTurnedAway(aim, hostile);
  await expectGenuineCounts(aim);
});
