/** A day with two payments, 88.00 and 1.00 yuan, and three refunds of the first that end in all three ways. */
import { nextDay } from "./bills-client.ts";
import type { Control } from "./control.ts";
import { call, type Env, nativeOrder, refundOrder } from "./wechat-client.ts";

/** Lives it through, a minute apart from eight o'clock on, and goes to ten on the next morning. Resolves with its date. */
export async function eventfulDay(env: Env, control: Control): Promise<string> {
  await nextDay(control, { hour: 8 });
  const more = { attach: "a,b\nc", description: "龙井茶,250 克", scene_info: scene("till 1") };
  await paid(env, control, "bill-one", 8800, more);
  await control.advance(60);
  await paid(env, control, "bill-two", 100);
  await control.advance(60);
  for (const [index, status] of ["SUCCESS", "ABNORMAL", "CLOSED"].entries()) {
    const order = refundOrder("bill-one", `bill-${status}`, 1000 + index, 8800);
    await succeeding(call(env, "POST", "/v3/refund/domestic/refunds", order));
    await control.post(`/refunds/wechat/bill-${status}`, { status });
    await control.advance(60);
  }
  return nextDay(control, { hour: 10 });
}

async function paid(env: Env, control: Control, no: string, total: number, more: object = {}): Promise<void> {
  const order = { ...nativeOrder(env, no, "https://shop.example/n", total), ...more };
  await succeeding(call(env, "POST", "/v3/pay/transactions/native", order));
  await control.post(`/trades/wechat/${no}/pay`);
}

async function succeeding(call: Promise<{ readonly status: number; readonly body: string }>): Promise<void> {
  const answer = await call;
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body}`);
}

function scene(device_id: string) {
  return { payer_client_ip: "192.0.2.1", device_id };
}
