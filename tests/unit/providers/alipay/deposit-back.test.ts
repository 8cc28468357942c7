import { expect, test } from "vitest";
import { ALIPAY_APP_ID, PAYMENT_NOTICE } from "../support/alipay.ts";
import { receive } from "../support/alipay-notices.ts";

const content = {
  trade_no: PAYMENT_NOTICE.trade_no,
  out_trade_no: PAYMENT_NOTICE.out_trade_no,
  out_request_no: "R1",
  dback_status: "F",
  dback_amount: "75.00",
};
const hear = (said: object | string) =>
  receive({
    app_id: ALIPAY_APP_ID,
    charset: "utf-8",
    notify_id: "20261122bank",
    utc_timestamp: "1795312800000",
    msg_method: "alipay.trade.refund.depositback.completed",
    version: "1.1",
    biz_content: typeof said === "string" ? said : JSON.stringify(said),
  });

test("a refund that the bank sent back", async () => {
  expect(await hear(content)).toEqual({
    verified: true,
    event: {
      kind: "refund_returned",
      notifyId: "20261122bank",
      event: "alipay.trade.refund.depositback.completed",
      outTradeNo: PAYMENT_NOTICE.out_trade_no,
      outRefundNo: "R1",
      amount: 7500,
    },
  });
});

test("with an amount that can't be read, too", async () => {
  expect(await hear({ ...content, dback_amount: "75.005" })).toMatchObject({
    event: { kind: "refund_returned", outRefundNo: "R1", amount: null },
  });
});

test.each([[{ ...content, dback_status: "S" }], [{ ...content, dback_status: "P" }], [{}], ["no JSON"]])(
  "of %j, of no consequence",
  async (said) => {
    expect(await hear(said)).toMatchObject({ verified: true, event: { kind: "other" } });
  },
);
