import { describe, expect, test } from "vitest";
import { type BillRequest, requestBill } from "../../../../../src/providers/alipay/bills.ts";
import { businessError, nodeReply, success } from "../../support/alipay.ts";
import { STORES, tradeLines, zipOf } from "../../support/alipay-bills.ts";
import { parametersOf, scriptedClient } from "../../support/alipay-client.ts";
import type { SentRequest } from "../../support/calls.ts";
import { broken, inTurn, timing } from "../../support/wechat-client.ts";

const METHOD = "alipay.data.dataservice.bill.downloadurl.query";
const ADDRESS = "http://dwbillcenter.alipay.com/downloadBillFile.resource?bizType=trade&userId=1&token=a%2Bb";
const REQUEST = { billType: "trade", billDate: "2026-11-21" } as const;
const announced =
  (url = ADDRESS, more: Readonly<Record<string, string>> = {}) =>
  () =>
    nodeReply(METHOD, success({ bill_download_url: url, ...more }));
const file = () => new Response(zipOf(tradeLines(), STORES));

async function ask(
  answer: (request: SentRequest) => Promise<Response> | Response,
  request: BillRequest<"trade"> = REQUEST,
) {
  const { client, sent } = await scriptedClient(answer);
  return { outcome: await requestBill(client, request, timing()), sent };
}

test("a bill is asked for, and read from the very address that the reply gave", async () => {
  const { outcome, sent } = await ask(inTurn(announced(), file));
  expect(JSON.parse(parametersOf(sent[0]).biz_content ?? "")).toEqual({ bill_type: "trade", bill_date: "2026-11-21" });
  expect(sent[1]).toMatchObject({ method: "GET", body: "", redirect: "manual" });
  expect(sent[1]?.url.href).toBe(ADDRESS);
  if (outcome.kind !== "ok" || outcome.value.status !== "ready") throw new Error("there is no bill");
  expect((await outcome.value.rows.next()).value).toMatchObject({ kind: "payment" });
  await outcome.value.rows.return({
    count: 0,
    paymentCount: 0,
    paymentTotal: 0,
    refundCount: 0,
    refundTotal: 0,
    stores: [],
  });
});

describe("there is no bill", () => {
  test.each(["BILL_NOT_EXIST", "isp.bill_not_exist"])("%s", async (code) => {
    const { outcome } = await ask(() => nodeReply(METHOD, businessError(code)));
    expect(outcome).toEqual({ kind: "ok", value: { status: "none" } });
  });

  test("of an empty day, whose file is not fetched", async () => {
    const { outcome, sent } = await ask(inTurn(announced(ADDRESS, { bill_file_code: "EMPTY_DATA_WITH_BILL_FILE" })));
    expect(outcome).toEqual({ kind: "ok", value: { status: "none" } });
    expect(sent).toHaveLength(1);
  });
});

describe("an address is fetched from", () => {
  test.each([
    ["https://bills.example.com/b.zip", true],
    ["http://dwbillcenter.alipay.com/b.zip", true],
    ["http://dwbillcenter.alipaydev.com/b.zip", true],
    ["http://dwbillcenter.alipay.com.example.com/b.zip", false],
    ["http://notalipay.com/b.zip", false],
    ["http://169.254.169.254/latest/meta-data", false],
    ["file:///etc/passwd", false],
    ["/b.zip", false],
  ])("%s: %s", async (url, fetched) => {
    const { outcome, sent } = await ask(inTurn(announced(url), file));
    expect(outcome.kind).toBe(fetched ? "ok" : "unknown");
    expect(sent).toHaveLength(fetched ? 2 : 1);
  });

  test("only when the reply that gave it verifies", async () => {
    const node = JSON.stringify(success({ bill_download_url: ADDRESS }));
    const body = `{"alipay_data_dataservice_bill_downloadurl_query_response":${node}}`;
    const { outcome, sent } = await ask(() => new Response(body));
    expect(outcome).toMatchObject({ kind: "unknown", cause: "unverified" });
    expect(sent).toHaveLength(1);
  });
});

describe("a download that fails", () => {
  const status = (code: number) => () => new Response("…", { status: code, headers: { Location: "https://x.test/" } });

  test.each([
    ["because the address has lapsed", inTurn(announced(), status(403)), "later", 2],
    ["once", inTurn(announced(), status(502), file), "ok", 3],
    ["with a broken connection, once", inTurn(announced(), broken, file), "ok", 3],
    ["with a redirect", inTurn(announced(), status(302)), "unknown", 2],
  ])("%s", async (_, answer, kind, sends) => {
    const { outcome, sent } = await ask(answer);
    expect(outcome.kind).toBe(kind);
    expect(sent).toHaveLength(sends);
  });

  test.each([
    ["INVAILID_ARGUMENTS", "refused"],
    ["UNKNOWN_ERROR", "unknown"],
  ])("is never begun after %s: %s", async (code, kind) => {
    const { outcome } = await ask(() => nodeReply(METHOD, businessError(code)));
    expect(outcome.kind).toBe(kind);
  });
});

describe("dates", () => {
  test.each([
    "2026-11-22",
    "2026-11-23",
    "2026-11",
    "2026-12",
    "2020-11-21",
    "2020-10",
    "2026-02-30",
    "20261121",
    "2026-13",
  ])("%s has no bill", async (billDate) => {
    await expect(ask(announced(), { ...REQUEST, billDate })).rejects.toMatchObject({
      name: "InputError",
      field: "bill_date",
    });
  });

  test.each(["2026-11-21", "2026-10", "2020-11-22", "2020-11"])("%s may have one", async (billDate) => {
    expect((await ask(inTurn(announced(), file), { ...REQUEST, billDate })).outcome.kind).toBe("ok");
  });
});
