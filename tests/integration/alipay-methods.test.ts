/** Every way to pay by Alipay, over REST, from the front end's call to the order that is PAID, and what the buyer is shown. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { textsOf } from "../support/html.ts";
import { type Answer, openApi } from "./api/support.ts";
import { startAfresh } from "./support/afresh.ts";
import { press } from "./support/alipay-buyer.ts";
import { type Handed, QR, WAITING, WAYS, type Way } from "./support/alipay-ways.ts";
import { allAtOnce, expectedOf } from "./support/at-once.ts";
import { expectBooksInOrder } from "./support/books.ts";
import { providerTrades, type SignedDelivery, sandbox, takeDeliveries } from "./support/controls.ts";
import { textOf } from "./support/hostile.ts";
import { newOrder, type Purchase, subjectsOf } from "./support/purchases.ts";
import { attemptOf } from "./support/records.ts";
import { openShop } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const api = openApi();

/** Subjects as shops write them, and as Alipay takes them. */
const SUBJECTS = [
  { kind: "quotes", written: `"龙井" 'A' “B”`, taken: `"龙井" 'A' “B”` },
  { kind: "ampersands", written: "茶&点心 &amp; &#39;", taken: "茶＆点心 ＆amp; ＆#39;" },
  { kind: "slashes", written: "红/绿茶 \\ A+B 50%2F", taken: "红／绿茶 \\ A+B 50%2F" },
  { kind: "angle brackets", written: `"><b>茶</b><!--=-->`, taken: `"><b>茶<／b><!--＝-->` },
  { kind: "emoji", written: "🍵龙井👨‍👩‍👧 ❤️ 茶𠮷", taken: "龙井 ❤ 茶" },
  { kind: "full-width text", written: "ＡＢ　＝１００％（热）", taken: "ＡＢ　＝１００％（热）" },
] as const;

const CASES = WAYS.flatMap((way) =>
  SUBJECTS.map((subject) => ({ name: `${way.name}: ${subject.kind}`, way, subject })),
);

async function create({ customer, orderId }: Purchase, way: Way, subject?: string): Promise<Answer> {
  const body = { orderId, amount: "30.00", ...(subject !== undefined && { subject }), ...(await way.details()) };
  return await api.call("POST", "/payments/alipay/create", { as: customer, body });
}

/** The buyer pays. Returns what the cashier said before of what it is for and how much, if there was one. */
async function payBy({ cashier, confirm }: Way, handed: Handed): Promise<readonly string[]> {
  await confirm?.(handed);
  if (!cashier) return [];
  const address = await cashier(handed);
  const shown = textsOf(await (await fetch(address)).text(), "dd");
  await press(address, "confirm");
  return shown;
}

/** Posts a notice to where Alipay was told to. */
async function post({ url, headers, body }: SignedDelivery): Promise<string> {
  const response = await api.send(new Request(url, { method: "POST", headers, body }));
  return `${response.status} ${await response.text()}`;
}

const orderOf = async ({ customer, orderId }: Purchase) =>
  (await api.call("GET", `/orders/${orderId}`, { as: customer })).body.status;

describe("by each method, with each kind of subject", () => {
  it("an order is opened, shown at the cashier, paid there, told and PAID, and its subject stays what it became", async () => {
    const shop = openShop();
    const paid = await allAtOnce(CASES, async ({ way, subject }) => {
      const purchase = await newOrder(shop);
      const { status, body } = await create(purchase, way, subject.written);
      const outTradeNo = String(body.outTradeNo);
      const shown = await payBy(way, body);
      const [notice, ...more] = await takeDeliveries(outTradeNo);
      if (!notice || more.length > 0) throw new Error("not one notice");
      const trade = await sandbox<{ subject: string }>("GET", `trades/alipay/${outTradeNo}`);
      return {
        status,
        shown,
        kept: trade.subject,
        told: new URLSearchParams(textOf(notice)).get("subject"),
        answer: await post(notice),
        order: await orderOf(purchase),
      };
    });
    const expected = expectedOf(CASES, ({ way, subject: { taken } }) => {
      const shown = way.cashier ? expect.arrayContaining([taken, expect.stringContaining("30.00")]) : [];
      return { status: 201, shown, kept: taken, told: taken, answer: "200 success", order: "PAID" };
    });
    expect(paid).toEqual(expected);
    await api.idle();
  });

  it("the query tells that it was paid, and by which one", async () => {
    const heard = await allAtOnce(WAYS, async (way) => {
      const purchase = await newOrder(openShop());
      const { body } = await create(purchase, way);
      await payBy(way, body);
      const query = await api.call("GET", `/payments/alipay/query/${purchase.orderId}`, { as: purchase.customer });
      const { status, orderStatus, method, amount } = query.body;
      return [status, orderStatus, amount, String(method) === (await way.details()).method];
    });
    expect(heard).toEqual(expectedOf(WAYS, () => ["SUCCESS", "PAID", "30.00", true]));
  });
});

describe("another method, while one is open", () => {
  const METHODS = WAITING.filter(({ name }) => !name.endsWith("form"));
  /** Comes from each to each other once. */
  const PATH = [...METHODS.flatMap((one, at) => METHODS.slice(at + 1).flatMap((other) => [one, other])), METHODS[0]];

  it("has a number of its own, and the old one is closed, or as good as closed", async () => {
    const shop = openShop();
    const way = PATH.flatMap((each) => each ?? []);
    expect(new Set(way.slice(1).map(({ name }, at) => `${way[at]?.name} ${name}`)).size).toBe(30);
    const purchase = await newOrder(shop);
    const opened: Answer[] = [];
    for (const each of way) {
      opened.push(await create(purchase, each));
      await api.idle();
    }
    expect(opened.map(({ status }) => status)).toEqual(way.map(() => 201));
    const numbers = opened.map(({ body }) => String(body.outTradeNo));
    expect(new Set(numbers).size).toBe(way.length);
    const states = await Promise.all(numbers.map(async (number) => (await attemptOf(shop, number))?.state));
    expect(states.pop()).toBe("PENDING");
    expect(new Set(states)).toEqual(new Set(["CLOSING", "CLOSED"]));
    const open = (await providerTrades()).filter(({ state }) => state === "open");
    expect(open.map(({ outTradeNo }) => outTradeNo)).toEqual([]);
  });

  it("is paid as well by a buyer who had the old page open: that money goes back", async () => {
    const shop = openShop();
    const purchase = await newOrder(shop);
    const [web] = METHODS;
    if (!web) throw new Error("no page");
    const first = (await create(purchase, web)).body;
    const second = (await create(purchase, QR)).body;
    await payBy(QR, second);
    await payBy(web, first);
    for (const { outTradeNo } of [second, first]) {
      for (const notice of await takeDeliveries(String(outTradeNo))) expect(await post(notice)).toBe("200 success");
    }
    await api.idle();
    expect(await orderOf(purchase)).toBe("PAID");
    const kept = (await providerTrades()).map(({ outTradeNo, refunded }) => [outTradeNo, refunded]);
    expect(Object.fromEntries(kept)).toEqual({ [String(first.outTradeNo)]: 3000, [String(second.outTradeNo)]: 0 });
    for (const notice of await takeDeliveries(String(first.outTradeNo))) await post(notice);
    await expectBooksInOrder(shop, subjectsOf(purchase));
  });
});
