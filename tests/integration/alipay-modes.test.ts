/** One shop, told apart by its variables alone: with Alipay's public key, with certificates, encrypted, and while they change. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { paymentTransactions } from "../../db/schema/payments.ts";
import { type Api, openApi } from "./api/support.ts";
import { startAfresh } from "./support/afresh.ts";
import { openAlipay, setUp } from "./support/alipay-application.ts";
import { press } from "./support/alipay-buyer.ts";
import { endRefund } from "./support/alipay-refunds.ts";
import { BUYER } from "./support/alipay-trades.ts";
import { QR, WAYS, type Way } from "./support/alipay-ways.ts";
import { allAtOnce, expectedOf } from "./support/at-once.ts";
import { misbehave, payAt, sandbox, takeDeliveries } from "./support/controls.ts";
import { newOrder, type Purchase } from "./support/purchases.ts";
import { OPERATOR, openShop, unique } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** Posts every notice that is due for a number to where Alipay was told to. */
async function tellAll(api: Api, outTradeNo: string): Promise<string[]> {
  const answers: string[] = [];
  for (const { id, url, headers, body } of await takeDeliveries(outTradeNo)) {
    const response = await api.send(new Request(url, { method: "POST", headers, body }));
    const said = { status: response.status, body: await response.text() };
    await sandbox("POST", `deliveries/${id}/answer`, said);
    answers.push(`${said.status} ${said.body}`);
  }
  await api.idle();
  return answers;
}

const ACCEPTED = ["200 success"];
/** A refund that is under way, and then told of. */
const PART = [201, "PROCESSING", ACCEPTED];

const rotate = () => sandbox("POST", "alipay/certificates/rotate", {});

/** Opens a payment, has it paid and told. */
async function sell(api: Api, { customer, orderId }: Purchase, way: Way) {
  const body = { orderId, amount: "30.00", ...(await way.details()) };
  const created = await api.call("POST", "/payments/alipay/create", { as: customer, body });
  await way.confirm?.(created.body);
  if (way.cashier) await press(await way.cashier(created.body), "confirm");
  const outTradeNo = String(created.body.outTradeNo);
  const told = await tellAll(api, outTradeNo);
  const order = await api.call("GET", `/orders/${orderId}`, { as: customer });
  return { outTradeNo, said: [created.status, told, order.body.status] };
}

/** Gives a part back, and then the rest. Says what was answered, which notices of it count, and what the order is then. */
async function giveBack(api: Api, { customer, orderId }: Purchase, outTradeNo: string) {
  const said: unknown[] = [];
  for (const part of [{ amount: "10.00" }, {}]) {
    // The money moves after the reply, so that the notice is the first to say so.
    await misbehave({ kind: "refund_abnormal", operation: "refund", outTradeNo });
    const headers = { "Idempotency-Key": unique("refund") };
    const body = { orderId, reason: "退货", ...part };
    const asked = await api.call("POST", "/payments/alipay/refund", { as: OPERATOR, body, headers });
    await endRefund(String(asked.body.outRefundNo));
    said.push([asked.status, asked.body.status, await tellAll(api, outTradeNo)]);
    await forgetRefundTime(outTradeNo);
  }
  return [...said, (await api.call("GET", `/orders/${orderId}`, { as: customer })).body.refundState];
}

/** Alipay wants three seconds between two refunds of a payment. */
const forgetRefundTime = (outTradeNo: string) =>
  openShop()
    .db.update(paymentTransactions)
    .set({ lastRefundAt: null })
    .where(eq(paymentTransactions.outTradeNo, outTradeNo));

const MODES = [
  { mode: "public_key", encryption: false },
  { mode: "public_key", encryption: true },
  { mode: "certificate", encryption: false },
  { mode: "certificate", encryption: true },
] as const;

describe.each(MODES)("with $mode, encryption $encryption", (setup) => {
  it("it sells in every way, is told, and gives money back in parts", async () => {
    const api = openApi(await setUp(setup));
    const sold = await allAtOnce(WAYS, async (way) => {
      const purchase = await newOrder(openShop());
      const { outTradeNo, said } = await sell(api, purchase, way);
      return way.name === "JSAPI" ? [...said, ...(await giveBack(api, purchase, outTradeNo))] : said;
    });
    const expected = expectedOf(WAYS, ({ name }) => {
      return [201, ACCEPTED, "PAID", ...(name === "JSAPI" ? [PART, PART, "FULL"] : [])];
    });
    expect(sold).toEqual(expected);
  });

  it("its calls show it, and nothing else of it", async () => {
    const sent: URLSearchParams[] = [];
    const alipay = await openAlipay(setup, {
      fetch: async (url, init) => {
        sent.push(new URLSearchParams(`${new URL(String(url)).search.slice(1)}&${init?.body}`));
        return await fetch(url, init);
      },
    });
    expect(await alipay.queryByOutTradeNo("modes-1")).toEqual({ kind: "ok", value: { status: "not_found" } });
    const isCertified = setup.mode === "certificate";
    expect(["app_cert_sn", "alipay_root_cert_sn", "encrypt_type"].map((name) => sent[0]?.has(name))).toEqual([
      ...[isCertified, isCertified, setup.encryption],
    ]);
    expect(sent[0]?.get("biz_content")?.includes("modes-1")).toBe(!setup.encryption);
  });
});

describe("while Alipay's certificate changes", () => {
  /** A payment that was opened before the change and paid after it. */
  async function paidAfterChange() {
    const api = openApi(await setUp({ mode: "certificate" }));
    const purchase = await newOrder(openShop());
    const { customer, orderId } = purchase;
    const body = { orderId, amount: "30.00", method: "ALIPAY_JSAPI", buyerId: BUYER };
    const created = await api.call("POST", "/payments/alipay/create", { as: customer, body });
    const outTradeNo = String(created.body.outTradeNo);
    await rotate();
    await payAt("alipay", outTradeNo);
    return { api, purchase, outTradeNo };
  }

  it("a notice that names the new one counts at once, and so does all that follows", async () => {
    const { api, purchase, outTradeNo } = await paidAfterChange();
    await misbehave({ kind: "callback_cert_sn", operation: "callback", outTradeNo });
    expect(await tellAll(api, outTradeNo)).toEqual(ACCEPTED);
    expect(await giveBack(api, purchase, outTradeNo)).toEqual([PART, PART, "FULL"]);
  });

  it("a notice that names none counts when it comes again, after a reply has named the new one", async () => {
    const { api, purchase, outTradeNo } = await paidAfterChange();
    expect(await tellAll(api, outTradeNo)).toEqual(["401 failure"]);
    const path = `/payments/alipay/query/${purchase.orderId}`;
    const asked = await api.call("GET", path, { as: purchase.customer });
    expect(asked.body).toMatchObject({ status: "SUCCESS", orderStatus: "PAID" });
    await sandbox("POST", "clock", { advanceSeconds: 5 * 60 });
    expect(await tellAll(api, outTradeNo)).toEqual(ACCEPTED);
  });

  it("a shop that has both takes the notices of either", async () => {
    const api = openApi(await setUp({ mode: "certificate" }));
    const { outTradeNo } = await sell(api, await newOrder(openShop()), QR);
    const [signedBefore] = await takeDeliveries(outTradeNo, true);
    await rotate();
    const both = openApi(await setUp({ mode: "certificate" }));
    const [signedAfter] = await takeDeliveries(outTradeNo, true);
    for (const notice of [signedBefore, signedAfter]) {
      if (!notice) throw new Error("no notice");
      const { url, headers, body } = notice;
      const response = await both.send(new Request(url, { method: "POST", headers, body }));
      expect([response.status, await response.text()]).toEqual([200, "success"]);
    }
    expect((await sell(both, await newOrder(openShop()), QR)).said).toEqual([201, ACCEPTED, "PAID"]);
  });
});
