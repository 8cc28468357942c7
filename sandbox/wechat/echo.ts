/** POST /v3/security/echo: says back what it is told, so that a merchant can try its keys both ways. */
import * as z from "zod";
import type { World } from "../world.ts";
import { checked } from "./body.ts";
import type { Endpoint, Input } from "./endpoint.ts";
import { missingSerial } from "./errors.ts";
import { notifyUrl, text } from "./fields.ts";
import { notice } from "./notices.ts";
import { sealedForMerchant } from "./sealed-fields.ts";

const Echo = z.object({
  echo_message: text(1024),
  encrypted_echo_message: text(1024).optional(),
  notify_url: notifyUrl(256).optional(),
});

export const echoEndpoints: readonly Endpoint[] = [
  {
    method: "POST",
    path: "/v3/security/echo",
    operation: "echo",
    family: "security",
    concerns: () => undefined,
    run: echo,
  },
];

/** The encrypted part comes back encrypted to the merchant's certificate; a callback says the same. */
function echo(world: World, { body, header, decrypt }: Input) {
  if (header("wechatpay-serial") === undefined) throw missingSerial();
  const order = checked(Echo, body);
  const secret = order.encrypted_echo_message;
  const opened = secret === undefined ? undefined : decrypt("/encrypted_echo_message", secret);
  const said = {
    echo_message: order.echo_message,
    ...(opened !== undefined && { encrypted_echo_message: sealedForMerchant(world, opened) }),
  };
  if (order.notify_url !== undefined) {
    world.deliveries.enqueue(notice(world, "SECURITY_ECHO.SUCCESS", "", order.notify_url, JSON.stringify(said)));
  }
  return said;
}
