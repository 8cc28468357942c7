/** What a shop reads in WeChat Pay's callbacks that a test has taken. */
import type { Control, TakenDelivery } from "./control.ts";
import { type Env, unsealed, verified } from "./wechat-client.ts";

interface Told {
  readonly event: string;
  readonly originalType: string;
  readonly associatedData: string;
  readonly plaintext: Record<string, unknown>;
}

/** The callbacks that are due for a number, verified and opened. */
export async function told(env: Env, control: Control, outTradeNo: string): Promise<Told[]> {
  return (await control.take({ outTradeNo })).map((delivery) => opened(env, delivery));
}

/** Verifies a callback and opens what it encloses. */
export function opened(env: Env, delivery: TakenDelivery): Told {
  const body = Buffer.from(delivery.body, "base64").toString("utf8");
  const headers = Object.entries(delivery.headers).map(([name, text]) => [name.toLowerCase(), text]);
  if (!verified(env, Object.fromEntries(headers), body)) throw new Error("the callback is not signed by WeChat Pay");
  const { event_type: event, resource } = JSON.parse(body);
  const { original_type: originalType, associated_data: associatedData } = resource;
  return { event, originalType, associatedData, plaintext: JSON.parse(unsealed(env, resource)) };
}
