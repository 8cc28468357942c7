/** Somebody else's things, by every number that names them, over REST and among one's own. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Actor } from "../../../src/payments/context.ts";
import { orderFor, startCombined } from "../support/combined.ts";
import { startFreeze } from "../support/pre-authorisations.ts";
import { newPaidOrder } from "../support/purchases.ts";
import { lateMoney } from "../support/receipts.ts";
import { newCustomer, openShop, unique } from "../support/shop.ts";
import { startTransfer } from "../support/transfers.ts";
import { openApi } from "./support.ts";

const api = openApi();
let owner: Actor;
let stranger: Actor;
const ids: Record<string, string> = {};

beforeAll(async () => {
  const shop = openShop();
  const purchase = await newPaidOrder(shop, "wechat");
  ({ customer: owner } = purchase);
  stranger = await newCustomer(shop);
  const request = { provider: "wechat" as const, orderId: purchase.orderId, reason: "broken" };
  const open = await orderFor(shop, owner);
  const together = [await orderFor(shop, owner), await orderFor(shop, owner)];
  Object.assign(ids, {
    paid: purchase.orderId,
    refund: (await shop.manager.refund(owner, request, unique("key"))).refundId,
    open: open.orderId,
    own: (await orderFor(shop, stranger)).orderId,
    combined: (await startCombined(shop, together)).payment.combineOutTradeNo,
    transfer: (await startTransfer(shop)).outBillNo,
    freeze: (await startFreeze(shop)).outOrderNo,
    receipt: (await lateMoney(openShop({ settings: { latePayments: "hold" } }))).outTradeNo,
    user: owner.id,
  });
});

const PAY = { method: "WECHAT_NATIVE", amount: "30.00" };
const REASON = { reason: "mine now" };
const NOT_FOUND = ["ORDER_NOT_FOUND", 404] as const;
const FORBIDDEN = ["FORBIDDEN", 403] as const;

/** What stands in braces is an id of the owner's; `own` is the stranger's. */
const CALLS: readonly (readonly ["GET" | "POST", string, object | undefined, readonly [string, number]])[] = [
  ["GET", "/orders/{paid}", undefined, NOT_FOUND],
  ["GET", "/orders/{open}", undefined, NOT_FOUND],
  ["POST", "/orders/{open}/cancel", {}, NOT_FOUND],
  ["GET", "/orders?userId={user}", undefined, FORBIDDEN],
  ["POST", "/orders", { userId: "{user}", items: [{ sku: "A", quantity: 1 }] }, FORBIDDEN],
  ["POST", "/payments/wechat/create", { orderId: "{open}", ...PAY }, NOT_FOUND],
  ["GET", "/payments/wechat/query/{paid}", undefined, NOT_FOUND],
  ["POST", "/payments/wechat/close/{open}", {}, NOT_FOUND],
  ["POST", "/payments/wechat/refund", { orderId: "{paid}", ...REASON }, NOT_FOUND],
  ["GET", "/payments/wechat/refund/query/{refund}", undefined, ["REFUND_NOT_FOUND", 404]],
  ["POST", "/refunds/{refund}/approve", {}, FORBIDDEN],
  ["POST", "/refunds/{refund}/decline", {}, FORBIDDEN],
  ["POST", "/refunds/{refund}/retry", REASON, FORBIDDEN],
  [
    "POST",
    "/payments/wechat/combined/create",
    {
      method: PAY.method,
      orders: [
        { orderId: "{own}", amount: "30.00" },
        { orderId: "{open}", amount: "30.00" },
      ],
    },
    NOT_FOUND,
  ],
  ["GET", "/payments/wechat/combined/query/{combined}", undefined, ["PAYMENT_NOT_FOUND", 404]],
  ["POST", "/payments/wechat/combined/close/{combined}", {}, ["PAYMENT_NOT_FOUND", 404]],
  ["GET", "/points?userId={user}", undefined, FORBIDDEN],
  ["GET", "/points/entries?userId={user}", undefined, FORBIDDEN],
  ["POST", "/points/grant", { userId: "{user}", points: 1, ...REASON }, FORBIDDEN],
  ["GET", "/transfers/{transfer}", undefined, FORBIDDEN],
  ["POST", "/transfers/{transfer}/cancel", {}, FORBIDDEN],
  ["GET", "/pre-authorisations/{freeze}", undefined, FORBIDDEN],
  ["POST", "/pre-authorisations/{freeze}/cancel", {}, FORBIDDEN],
  ["GET", "/operations/explain?orderId={paid}", undefined, FORBIDDEN],
];

const filled = (text: string) => text.replaceAll(/\{(\w+)\}/g, (_all, name: string) => ids[name] ?? "");

describe("a customer", () => {
  it.each(CALLS)("%s %s, %j is told nothing of others'", async (verb, path, body, [code, status]) => {
    const headers = { "Idempotency-Key": unique("key") };
    const sent = body && filled(JSON.stringify(body));
    const answer = await api.call(verb, filled(path), { as: stranger, headers, body: sent });
    expect([answer.body.code, answer.status]).toEqual([code, status]);
    const { issues: _ownWords, ...rest } = answer.body;
    expect(Object.keys(rest).sort()).toEqual(["code", "message", "requestId"]);
  });

  it("is told the same of what is another's and of what nobody has", async () => {
    for (const [theirs, nobodys] of [
      ["/orders/{open}", "/orders/01ARZ3NDEKTSV4RRFFQ69G5FAV"],
      ["/payments/wechat/query/{paid}", "/payments/wechat/query/01ARZ3NDEKTSV4RRFFQ69G5FAV"],
      ["/payments/wechat/refund/query/{refund}", "/payments/wechat/refund/query/01ARZ3NDEKTSV4RRFFQ69G5FAV"],
      ["/payments/wechat/combined/query/{combined}", "/payments/wechat/combined/query/01ARZ3NDEKTSV4RRFFQ69G5FAV"],
    ] as const) {
      const [one, other] = await Promise.all(
        [theirs, nobodys].map((path) => api.call("GET", filled(path), { as: stranger })),
      );
      expect({ ...one?.body, requestId: "" }).toEqual({ ...other?.body, requestId: "" });
    }
  });

  it("sees nothing of others' in lists", async () => {
    const orders = await api.call("GET", "/orders", { as: stranger });
    for (const id of [ids.paid, ids.open, owner.id]) expect(orders.text).not.toContain(id);
    expect(orders.text).toContain(ids.own);
  });

  it("gets an order of one's own under a key that another has used", async () => {
    const headers = { "Idempotency-Key": unique("key") };
    const pay = (as: Actor, orderId: string) =>
      api.call("POST", "/payments/wechat/create", { as, headers, body: { orderId, ...PAY } });
    const first = await pay(owner, String(ids.open));
    const second = await pay(stranger, String(ids.own));
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body.outTradeNo).not.toBe(first.body.outTradeNo);
  });
});
