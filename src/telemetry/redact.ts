/**
 * What may be shown of requests to providers and their answers: members on a list, and only where their value looks as it
 * must. Everything else is masked: names, ids of people, codes that pay, keys, signatures, addresses, free text.
 */
import type { ProviderName } from "../providers/methods.ts";

const MASK = "***";

/** Whatever is longer tells an operator nothing more. */
const MOST_CHARACTERS = 4000;
const DEEPEST = 6;

const NUMBER = /^[\w|*@.+/-]{1,64}$/;
/** The providers' own words have no such numbers as phones and cards do. */
const WORD = /^(?!.*\d{7})[A-Za-z0-9_.]{1,64}$/;
const AMOUNT = /^-?\d{1,13}(?:\.\d{1,2})?$/;
const TIME = /^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?$/;
/** A member that holds others: they are looked at one by one. */
const HOLDER = "holder";

type Shape = RegExp | typeof HOLDER;

function listed(shape: Shape, names: string): (readonly [string, Shape])[] {
  return names.split(" ").map((name) => [name, shape] as const);
}

const WECHAT = new Map<string, Shape>([
  ...listed(NUMBER, "out_trade_no transaction_id combine_out_trade_no out_refund_no refund_id out_bill_no"),
  ...listed(NUMBER, "transfer_bill_no mchid appid combine_mchid combine_appid mch_id transfer_scene_id"),
  ...listed(WORD, "code unknown trade_type trade_state status refund_status state channel funds_account currency"),
  ...listed(WORD, "payer_currency fail_reason bill_type account_type tar_type hash_type type account"),
  ...listed(AMOUNT, "total payer_total refund payer_refund settlement_refund settlement_total discount_refund"),
  ...listed(AMOUNT, "refund_fee total_amount payer_amount transfer_amount"),
  ...listed(TIME, "success_time create_time update_time time_expire time_start bill_date"),
  ...listed(HOLDER, "amount from sub_orders"),
]);

const ALIPAY = new Map<string, Shape>([
  ...listed(NUMBER, "out_trade_no trade_no out_request_no out_order_no auth_no operation_id out_biz_no order_id"),
  ...listed(NUMBER, "pay_fund_order_id out_return_no"),
  ...listed(WORD, "code sub_code unknown trade_status refund_status status order_status operation_status"),
  ...listed(WORD, "operation_type product_code biz_scene action retry_flag fund_change scene qr_pay_mode bill_type"),
  ...listed(WORD, "auth_code_type auth_confirm_mode order_type pay_timeout timeout_express fail_reason"),
  ...listed(AMOUNT, "total_amount receipt_amount buyer_pay_amount point_amount invoice_amount refund_amount"),
  ...listed(AMOUNT, "refund_fee send_back_fee amount rest_amount trans_amount total_freeze_amount total_pay_amount"),
  ...listed(TIME, "gmt_payment send_pay_date gmt_refund_pay gmt_trans gmt_create time_expire trans_date pay_date"),
  ...listed(TIME, "bill_date end_time"),
]);

const LISTS: Readonly<Record<ProviderName, ReadonlyMap<string, Shape>>> = {
  wechat: WECHAT,
  alipay: ALIPAY,
  points: new Map(),
};

/** A body as JSON with everything masked that is not on the provider's list. */
export function redact(provider: ProviderName, body: unknown): string {
  const text = JSON.stringify(shown(LISTS[provider], body, HOLDER, DEEPEST));
  return text.length <= MOST_CHARACTERS ? text : JSON.stringify(MASK);
}

function shown(list: ReadonlyMap<string, Shape>, value: unknown, shape: Shape | undefined, depth: number): unknown {
  if (value === null || value === undefined) return null;
  if (shape === undefined || depth === 0) return MASK;
  if (Array.isArray(value)) return value.map((item) => shown(list, item, shape, depth - 1));
  if (typeof value === "object") {
    // Alipay calls an amount by the name that WeChat Pay gives to an object of amounts.
    if (shape !== HOLDER) return MASK;
    const members = Object.entries(value).map(([name, member]) => [
      nameOf(name),
      shown(list, member, list.get(name), depth - 1),
    ]);
    return Object.fromEntries(members);
  }
  if (shape === HOLDER) return MASK;
  return (typeof value === "string" || typeof value === "number") && shape.test(String(value)) ? value : MASK;
}

/** The name of a member could be anything too. */
function nameOf(name: string): string {
  return /^[a-z_]{1,40}$/.test(name) ? name : MASK;
}
