/** Pre-authorisation: freezing money by order string, by QR code and by the buyer's bar code. */
import type * as z from "zod";
import { dateTime, MINUTE } from "../times.ts";
import { fingerprint } from "../trade.ts";
import type { World } from "../world.ts";
import type { Endpoint, Input, Screen, ScreenEndpoint } from "./endpoint.ts";
import { CODE_FAILURES } from "./phone.ts";
import type { Channel, Freeze } from "./pre-auth-book.ts";
import { freezeNotice } from "./pre-auth-notice.ts";
import { outOrderNo, releaseEndpoints } from "./pre-auth-release.ts";
import { AppFreeze, authError, checkedAuth, ScannedFreeze, Voucher } from "./pre-auth-schemas.ts";
import { toYuan } from "./yuan.ts";

/** How long a buyer has, where the order does not say. */
const TIMEOUT = 30 * MINUTE;

export const preAuthEndpoints: readonly Endpoint[] = [
  {
    method: "alipay.fund.auth.order.voucher.create",
    operation: "auth_freeze",
    concerns: outOrderNo,
    run: createVoucher,
  },
  { method: "alipay.fund.auth.order.freeze", operation: "auth_freeze", concerns: outOrderNo, run: freezeByCode },
  ...releaseEndpoints,
];

export const preAuthScreens: readonly ScreenEndpoint[] = [
  {
    method: "alipay.fund.auth.order.app.freeze",
    operation: "auth_freeze",
    channel: "app",
    concerns: outOrderNo,
    open: openFreeze,
  },
];

/** Within Alipay's own application there is no address; the control interface confirms. */
function openFreeze(world: World, input: Input): Screen {
  const order = checkedAuth(AppFreeze, input.bizContent);
  const freeze = existing(world, order, input) ?? entered(world, order, input, "app");
  freeze.opened = true;
  return { url: `alipays://platformapi/startapp?appId=20000067&orderId=${freeze.outOrderNo}` };
}

function createVoucher(world: World, input: Input) {
  const order = checkedAuth(Voucher, input.bizContent);
  const freeze = existing(world, order, input) ?? entered(world, order, input, "qr");
  return {
    out_order_no: freeze.outOrderNo,
    out_request_no: freeze.outRequestNo,
    code_type: "qr_code",
    code_value: freeze.codeValue,
    code_url: freeze.codeValue,
  };
}

/** A code that fails leaves nothing behind. */
function freezeByCode(world: World, input: Input) {
  const order = checkedAuth(ScannedFreeze, input.bizContent);
  const there = existing(world, order, input);
  if (there) return frozen(there);
  const code = world.alipay.phone.scan(order.auth_code);
  if (!code) throw authError("PAYMENT_AUTH_CODE_INVALID", "支付授权码无效");
  if (code.failure !== undefined) throw authError(code.failure, CODE_FAILURES[code.failure]);
  const freeze = entered(world, order, input, "barcode");
  if (!code.asksPassword) confirmFreeze(world, freeze);
  return frozen(freeze);
}

/** The buyer confirms: the money is frozen, and the shop is told. */
export function confirmFreeze(world: World, freeze: Freeze): void {
  world.alipay.freezes.freeze(freeze);
  const notice = freezeNotice(world, freeze);
  if (notice) world.deliveries.enqueue(notice);
}

type Order = z.output<typeof AppFreeze> | z.output<typeof Voucher>;

/** The freeze that the same request made before. Throws AlipayError. */
function existing(world: World, order: Order, input: Input): Freeze | undefined {
  const there = world.alipay.freezes.byOutOrderNo(order.out_order_no);
  if (!there) return undefined;
  if (there.fingerprint !== fingerprint(["freeze", input.bizContent])) {
    throw authError("UNIQUE_VIOLATION", "商户订单号重复且参数不一致");
  }
  if (there.status === "CLOSED") throw authError("ORDER_ALREADY_CLOSED", "授权订单已关闭");
  return there;
}

function entered(world: World, order: Order, input: Input, channel: Channel): Freeze {
  return world.alipay.freezes.enter({
    outOrderNo: order.out_order_no,
    outRequestNo: order.out_request_no,
    channel,
    title: order.order_title,
    amount: order.amount,
    notifyUrl: input.notifyUrl,
    fingerprint: fingerprint(["freeze", input.bizContent]),
    expiresAt: world.clock.now() + (order.pay_timeout ?? TIMEOUT),
    opened: channel === "barcode",
  });
}

function frozen(freeze: Freeze) {
  return {
    ...(freeze.authNo !== null && { auth_no: freeze.authNo }),
    out_order_no: freeze.outOrderNo,
    operation_id: freeze.operationId,
    out_request_no: freeze.outRequestNo,
    amount: toYuan(freeze.amount),
    status: freeze.status === "INIT" ? "INIT" : "SUCCESS",
    ...(freeze.frozenAt !== null && { gmt_trans: dateTime(freeze.frozenAt) }),
  };
}
