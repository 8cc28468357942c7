/** A refusal reaches whoever asked, also when they ask again under the same key before it has come. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { fen } from "../../src/money.ts";
import { catchUp, letPass, startAfresh } from "./support/afresh.ts";
import { clearFaults, misbehave, reached, resume, sandbox, setFaults } from "./support/controls.ts";
import { interleave, STATEMENTS, type Stop } from "./support/interleave.ts";
import { ask, bodyOf, codeOf, type KeyedCall } from "./support/keyed-calls.ts";
import { capture, FREEZE, frozenMoney, startFreeze, unfreeze } from "./support/pre-authorisations.ts";
import { newPaidOrder } from "./support/purchases.ts";
import { OPERATOR, openShop, SERVICE, type Shop, unique } from "./support/shop.ts";
import { REQUEST, startTransfer } from "./support/transfers.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

interface Refused {
  readonly name: string;
  /** What the provider refuses. */
  readonly fault: { readonly operation: string; readonly code: string; readonly status?: number };
  /** When it is recorded, and about to be sent. */
  readonly match: string;
  readonly prepare: (shop: Shop) => Promise<Pick<KeyedCall, "as" | "input">>;
  /** Asks for it without an answer being kept, as whoever dies before that does. */
  readonly begin: (shop: Shop, input: object, key: string) => Promise<unknown>;
}

const OPERATION_CREATED = "set `pre_authorisation_operations`.`state` = 'CREATED'";

const part = async (shop: Shop) => {
  const { outOrderNo } = await frozenMoney(shop);
  return { as: SERVICE, input: { outOrderNo, amount: "3.00" } };
};

const REFUSED: readonly Refused[] = [
  {
    name: "refunds.create",
    fault: { operation: "refund", code: "NO_AUTH", status: 403 },
    match: STATEMENTS.takeTurn,
    prepare: async (shop) => {
      const { orderId } = await newPaidOrder(shop, "wechat");
      return { as: SERVICE, input: { provider: "wechat", orderId, amount: "1.00", reason: "退货" } };
    },
    begin: (shop, input, key) => shop.manager.refund(SERVICE, { ...(input as Refund), amount: fen(100) }, key),
  },
  {
    name: "transfers.create",
    fault: { operation: "transfer", code: "NO_AUTH", status: 403 },
    match: "insert into `transfers`",
    prepare: async () => ({ as: OPERATOR, input: { ...REQUEST, amount: "10.00", reason: "发奖" } }),
    begin: (shop, _, key) => startTransfer(shop, {}, key),
  },
  {
    name: "preAuthorisations.create",
    fault: { operation: "auth_freeze", code: "ACCESS_FORBIDDEN" },
    match: "insert into `pre_authorisations`",
    prepare: async () => ({ as: SERVICE, input: { ...FREEZE, amount: "10.00" } }),
    begin: (shop, _, key) => startFreeze(shop, {}, key),
  },
  {
    name: "preAuthorisations.capture",
    fault: { operation: "create", code: "INVALID_PARAMETER" },
    match: OPERATION_CREATED,
    prepare: part,
    begin: (shop, input, key) => capture(shop, (input as Part).outOrderNo, { amount: fen(300) }, key),
  },
  {
    name: "preAuthorisations.unfreeze",
    fault: { operation: "auth_unfreeze", code: "INVALID_PARAMETER" },
    match: OPERATION_CREATED,
    prepare: part,
    begin: (shop, input, key) => unfreeze(shop, (input as Part).outOrderNo, { amount: fen(300) }, key),
  },
];

type Refund = Parameters<Shop["manager"]["refund"]>[1];
type Part = { readonly outOrderNo: string };

const WAITS = { code: "REQUEST_IN_PROGRESS", details: { retryAfter: expect.any(Number) } };

describe.each(REFUSED)("$name", ({ name, fault, match, prepare, begin }) => {
  it("is refused, and not said to be under way to whoever asks again meanwhile", async () => {
    const call = { name, key: unique("key"), ...(await prepare(openShop())) };
    await misbehave({ kind: "refuse", ...fault, times: 9 });
    const [one, two] = await interleave(
      { when: "after", match },
      () => ask(call),
      () => ask(call),
    );
    if (one.status === "rejected" || two.status === "rejected") throw new Error("no answer");
    expect([one.value.status, codeOf(one.value)]).toEqual([422, "PROVIDER_REFUSED"]);
    expect([two.value.status, codeOf(two.value)]).toEqual([409, "REQUEST_IN_PROGRESS"]);
    expect(await ask(call)).toEqual(one.value);
  });

  it("is gone on with by the same key a minute after its maker died", async () => {
    const shop = openShop({ providerTimeoutMs: 250 });
    const key = unique("key");
    const { input } = await prepare(shop);
    await misbehave({ kind: "timeout_before", operation: fault.operation, times: 9 });
    const first = await begin(shop, input, key);
    await sandbox("DELETE", "faults");
    await letPass(shop, 58);
    await expect(begin(shop, input, key)).rejects.toMatchObject(WAITS);
    await letPass(shop, 3);
    expect(numbersIn(await begin(shop, input, key))).toEqual(numbersIn(first));
  });
});

/** By what an answer is known. */
function numbersIn(answer: unknown): (string | undefined)[] {
  return ["refundId", "outBillNo", "outOrderNo"].map((name) => (answer as Record<string, string>)[name]);
}

it.each(REFUSED.filter(({ name }) => name === "refunds.create" || name === "preAuthorisations.capture"))(
  "$name is refused to both, whichever of them reserves it",
  async ({ name, fault, match, prepare }) => {
    const call = { name, key: unique("key"), ...(await prepare(openShop())) };
    const reserve = name === "refunds.create" ? STATEMENTS.reserveRefund : match;
    await misbehave({ kind: "refuse", ...fault, times: 9 });
    const [late, sending] = [unique("late"), unique("sending")];
    const stops: readonly (Stop & { at: number; name: string })[] = [
      { at: 1, when: "before", match: reserve, name: late },
      { at: reserve === match ? 2 : 1, when: "after", match, name: sending },
    ];
    await setFaults({ pause: stops });
    const one = ask(call);
    await reached(late);
    const two = ask(call);
    await reached(sending);
    await resume(late);
    expect(codeOf(await one)).toBe("REQUEST_IN_PROGRESS");
    await resume(sending);
    expect(codeOf(await two)).toBe("PROVIDER_REFUSED");
    expect(await ask(call)).toEqual(await two);
    expect(bodyOf(await two).providerCode).toContain(fault.code);
  },
);

it("a capture that a repeat goes on with long after is waited for from then on", async () => {
  const [shop, elsewhere] = [openShop(), openShop()];
  const { outOrderNo } = await frozenMoney(shop);
  const key = unique("key");
  const again = (at: Shop) => capture(at, outOrderNo, { amount: fen(400) }, key);
  await setFaults({ fail: [1, 2].map((at) => ({ at, match: OPERATION_CREATED, when: "before", how: "drop" })) });
  await expect(again(shop)).rejects.toMatchObject({ name: "DatabaseUnavailable" });
  await clearFaults();
  await letPass(shop, 120);
  catchUp(elsewhere);
  await misbehave({ kind: "refuse", operation: "create", code: "INVALID_PARAMETER", times: 9 });
  const [one, two] = await interleave(
    { when: "after", match: OPERATION_CREATED },
    () => again(shop),
    () => again(elsewhere),
  );
  expect(one).toMatchObject({ status: "rejected", reason: { code: "PROVIDER_REFUSED" } });
  expect(two).toMatchObject({ status: "rejected", reason: WAITS });
});
