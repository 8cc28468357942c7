/** A notice as it goes over the wire: a signed form, in the forms that shops have met (Alipay, verification). */
import { signText } from "../crypto.ts";
import type { SignedRequest } from "../deliveries.ts";
import type { FormKind, SignatureKind } from "../faults.ts";
import { gbkBytes } from "../gbk.ts";
import { dateTime } from "../times.ts";
import type { World } from "../world.ts";
import { signerOf } from "./envelope.ts";
import { joined } from "./request.ts";
import type { Signer } from "./signing.ts";

export type Fields = Readonly<Record<string, string>>;

/** How a notice is spoilt, or takes an unusual form. */
interface Oddities {
  readonly flaw?: SignatureKind | undefined;
  readonly form?: FormKind | undefined;
  /** Who signs in Alipay's place. */
  readonly signer?: Signer | undefined;
}

const USUAL_TYPE = "application/x-www-form-urlencoded; text/html; charset=utf-8";
const STRANGER_TYPE = "application/x-www-form-urlencoded;text/html;charset=utf-8,application/x-www-form-urlencoded";

/** The request of a notice, dated and signed now. Signed is everything but sign, sign_type and empty values. */
export function notifyRequest(world: World, url: string, fields: Fields, odd: Oddities = {}): SignedRequest {
  const { flaw, form } = odd;
  const now = world.clock.wall();
  const dated = "msg_method" in fields ? { utc_timestamp: String(now) } : { notify_time: dateTime(now) };
  const all = { ...dated, ...fields, ...added(form) };
  const bytesOf = form === "callback_gbk" ? gbkBytes : (text: string) => Buffer.from(text, "utf8");
  const signed = Object.entries(form === "callback_sign_type_signed" ? { ...all, sign_type: "RSA2" } : all);
  const text = joined(signed.filter(([, value]) => value !== "" || form === "callback_empty_values_signed"));
  const spoilt = flaw !== undefined && flaw !== "stale_timestamp";
  const { privateKey, certificateSn } = odd.signer ?? signerOf(world);
  const sign = signText(privateKey, bytesOf(spoilt ? `${text} ` : text));
  const pairs: (readonly [string, string])[] = Object.entries(all);
  if (flaw !== "unsigned") pairs.push(["sign_type", "RSA2"], ["sign", sign]);
  if (form === "callback_cert_sn") pairs.push(["alipay_cert_sn", certificateSn ?? "0".repeat(32)]);
  if (form === "callback_duplicate_field") pairs.push(["total_amount", "0.01"]);
  const body = pairs.map((pair) => pair.map((part) => formEncoded(bytesOf(part))).join("=")).join("&");
  return {
    url,
    headers: { "Content-Type": form === "callback_content_type" ? STRANGER_TYPE : USUAL_TYPE },
    body: form === "callback_truncated" ? body.slice(0, Math.floor(body.length / 2)) : body,
  };
}

function added(form: FormKind | undefined): Fields {
  switch (form) {
    case "callback_gbk":
      return { charset: "GBK" };
    case "callback_empty_values":
    case "callback_empty_values_signed":
      return { body: "", extra_common_param: "" };
    case "callback_extra_fields":
      return { x_field_of_tomorrow: "一&二=三", voucher_detail_list: '[{"amount":"0.01","name":"红包 50%"}]' };
    default:
      return {};
  }
}

const UNRESERVED = /^[0-9A-Za-z_.*-]$/;

/** Bytes as a form has them: a space as `+`, everything unusual as its hex digits. */
function formEncoded(bytes: Buffer): string {
  return [...bytes].map(encodedByte).join("");
}

function encodedByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (UNRESERVED.test(character)) return character;
  return byte === 0x20 ? "+" : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
