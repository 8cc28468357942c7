/** Who calls Alipay's gateway: common parameters and the signature over everything sent (gateway protocol v2). */
import { signatureFits } from "../crypto.ts";
import { parseAddress } from "../notify-url.ts";
import { MINUTE, parseDateTime } from "../times.ts";
import type { World } from "../world.ts";
import { AlipayError } from "./errors.ts";

export type Parameters = ReadonlyMap<string, string>;

/** How far the timestamp may be off: our choice, the real figure is not published. A wrong zone is hours off. */
const TOLERANCE = 10 * MINUTE;

/** What must be there, how long it may be, and the sub_code when it is missing. */
const REQUIRED = [
  ["method", 128, "isv.missing-method"],
  ["sign", 344, "isv.missing-signature"],
  ["sign_type", 10, "isv.missing-signature-type"],
  ["app_id", 32, "isv.missing-app-id"],
  ["timestamp", 19, "isv.missing-timestamp"],
  ["version", 3, "isv.missing-version"],
] as const;

/** Reads the parameters of query and form, each decoded once. Throws AlipayError. */
export function readParameters(query: string, form: string): Parameters {
  const inQuery = decodeForm(query);
  requireCharset(inQuery);
  const all = new Map(inQuery);
  for (const [name, value] of decodeForm(form)) {
    if (all.has(name) && all.get(name) !== value) throw invalid("isv.invalid-parameter", `参数重复：${name}`);
    all.set(name, value);
  }
  return all;
}

/** Makes sure who calls, by what can be said without a key. Throws AlipayError. */
export function identify(world: World, parameters: Parameters): void {
  for (const [name, max, subCode] of REQUIRED) {
    const value = parameters.get(name);
    if (!value) throw new AlipayError("40001", subCode, `缺少参数：${name}`);
    if (value.length > max) throw invalid("isv.invalid-parameter", `参数过长：${name}`);
  }
  checkValues(world, parameters);
  checkCertificates(world, parameters);
}

/** Lets only correctly signed requests of the application through, with addresses that can be called. */
export function authenticate(world: World, parameters: Parameters): void {
  checkSignature(world, parameters);
  if (parameters.get("app_auth_token")) {
    throw new AlipayError("20001", "aop.invalid-app-auth-token", "无效的应用授权令牌");
  }
  checkAddress(parameters, "notify_url");
  checkAddress(parameters, "return_url");
}

/** Without a charset in the address the real gateway reads text as GBK, which ends in wrong signatures. */
function requireCharset(query: Parameters): void {
  if (/^utf-?8$/i.test(query.get("charset") ?? "")) return;
  throw invalid("isv.invalid-charset", "请求地址中须有charset=utf-8");
}

function checkValues(world: World, parameters: Parameters): void {
  if (parameters.get("app_id") !== world.alipay.appId) throw invalid("isv.invalid-app-id", "无效的AppID参数");
  if (parameters.get("sign_type") !== "RSA2") throw invalid("isv.invalid-signature-type", "签名类型须为RSA2");
  if (parameters.get("version") !== "1.0") throw invalid("isv.invalid-parameter", "version须为1.0");
  if ((parameters.get("format") ?? "JSON").toUpperCase() !== "JSON")
    throw invalid("isv.invalid-format", "format须为JSON");
  const timestamp = parseDateTime(parameters.get("timestamp") ?? "");
  if (timestamp === undefined || Math.abs(timestamp - world.clock.wall()) > TOLERANCE) {
    throw invalid("isv.invalid-timestamp", "非法的时间戳参数，须为东八区当前时间");
  }
}

/** In certificate mode every call names the certificates; in public-key mode none does. */
function checkCertificates(world: World, parameters: Parameters): void {
  const { application, signing } = world.alipay;
  const [app, root] = [parameters.get("app_cert_sn") ?? "", parameters.get("alipay_root_cert_sn") ?? ""];
  if (application.mode === "public_key") {
    if (app !== "" || root !== "") throw invalid("isv.app-cert-not-exist", "应用未上传公钥证书，请勿传入证书序列号");
    return;
  }
  if (app !== signing.appCertificateSn)
    throw invalid("isv.app-cert-not-exist", "应用公钥证书不存在，请检查app_cert_sn");
  if (root !== signing.rootCertificateSn) {
    throw invalid("isv.invalid-alipay-root-cert-sn", "支付宝根证书序列号不正确，请检查alipay_root_cert_sn");
  }
}

function checkAddress(parameters: Parameters, name: string): void {
  const address = parameters.get(name);
  if (!address) return;
  if (address.length > 256 || !parseAddress(address)) {
    throw invalid("isv.invalid-parameter", `${name}须为256个字符以内的http或https地址`);
  }
}

function checkSignature(world: World, parameters: Parameters): void {
  const signed = [...parameters].filter(([name, value]) => name !== "sign" && value !== "");
  const text = joined(signed);
  if (signatureFits(world.alipay.signing.appKey, text, parameters.get("sign") ?? "")) return;
  const shown = text.replaceAll(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
  const hint = "建议检查签名字符串或签名私钥与应用公钥是否匹配";
  throw invalid("isv.invalid-signature", `验签出错，${hint}，网关生成的验签字符串为：${shown}`);
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Parameters as Alipay joins them for signing: by name in ASCII order, values as they are. */
export function joined(parameters: readonly (readonly [string, string])[]): string {
  const inOrder = [...parameters].sort(([a], [b]) => (a < b ? -1 : 1));
  return inOrder.map(([name, value]) => `${name}=${value}`).join("&");
}

function decodeForm(text: string): Map<string, string> {
  const pairs = text.split("&").filter((pair) => pair !== "");
  const decoded = pairs.map((pair) => pair.split(/=(.*)/s, 2).map(decodePart));
  const parameters = new Map<string, string>();
  for (const [name = "", value = ""] of decoded) {
    if (parameters.has(name)) throw invalid("isv.invalid-parameter", `参数重复：${name}`);
    parameters.set(name, value);
  }
  return parameters;
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll("+", " "));
  } catch {
    throw invalid("isv.invalid-parameter", "参数不是UTF-8的表单编码");
  }
}

function invalid(subCode: string, message: string): AlipayError {
  return new AlipayError("40002", subCode, message);
}
