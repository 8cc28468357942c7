/** Who calls: the Authorization header and the signature over the exact request (WeChat Pay V3, request signing). */
import { signatureFits } from "../crypto.ts";
import { MINUTE, SECOND } from "../times.ts";
import type { World } from "../world.ts";
import { invalidRequest, signError, WechatError } from "./errors.ts";

/** A request as it came over the wire. */
export interface WireRequest {
  readonly method: string;
  /** Path and query, percent-encoding untouched. */
  readonly target: string;
  readonly body: Buffer;
  header(name: string): string | undefined;
}

interface FamilyRules {
  /** Whether requests without Accept or User-Agent are turned away. */
  readonly readsHeaders: boolean;
  /** What is said of an Authorization that is none. */
  readonly malformed: string;
  readonly unknownMerchant: 400 | 404;
}

const FORMAT = "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》";
const REST: FamilyRules = { readsHeaders: false, malformed: FORMAT, unknownMerchant: 404 };

/** Kinds of endpoints word and check some things differently. */
const FAMILIES = {
  pay: { readsHeaders: false, malformed: "签名信息错误，验签失败", unknownMerchant: 400 },
  refund: { ...REST, readsHeaders: true },
  certificates: { ...REST, readsHeaders: true },
  bill: REST,
  transfer: REST,
  security: REST,
} as const satisfies Record<string, FamilyRules>;
export type Family = keyof typeof FAMILIES;

interface Authorization {
  readonly mchid: string;
  readonly nonce_str: string;
  readonly signature: string;
  readonly timestamp: string;
  readonly serial_no: string;
}

const SCHEME = "WECHATPAY2-SHA256-RSA2048 ";
const MEMBERS = ["mchid", "nonce_str", "signature", "timestamp", "serial_no"];
const TOLERANCE = 5 * MINUTE;

/** Lets only the merchant's own, fresh, correctly signed requests through. Throws WechatError. */
export function authenticate(world: World, family: Family, request: WireRequest): void {
  requireHeaders(family, request);
  const authorization = parseAuthorization(request.header("authorization") ?? "");
  if (!authorization) throw signError(FAMILIES[family].malformed);
  checkClock(world, authorization);
  checkMerchant(world, family, authorization);
  checkSignature(world, request, authorization);
}

function requireHeaders(family: Family, request: WireRequest): void {
  if (!FAMILIES[family].readsHeaders) return;
  const accept = request.header("accept");
  if (!accept || !request.header("user-agent")) throw invalidRequest("Http头缺少Accept或User-Agent");
  if (!/application\/json|\*\/\*/.test(accept)) throw invalidRequest("Http头Accept须为application/json");
}

function parseAuthorization(header: string): Authorization | undefined {
  if (!header.startsWith(SCHEME)) return undefined;
  const pairs = header
    .slice(SCHEME.length)
    .split(",")
    .map((member) => /^([a-z_]+)="([^"]+)"$/.exec(member));
  const members = new Map(pairs.map((pair) => [pair?.[1] ?? "", pair?.[2] ?? ""]));
  if (pairs.length !== MEMBERS.length || !MEMBERS.every((name) => members.get(name))) return undefined;
  const member = (name: string) => members.get(name) ?? "";
  return {
    mchid: member("mchid"),
    nonce_str: member("nonce_str"),
    signature: member("signature"),
    timestamp: member("timestamp"),
    serial_no: member("serial_no"),
  };
}

function checkClock(world: World, authorization: Authorization): void {
  const off = Math.abs(Number(authorization.timestamp) * SECOND - world.clock.wall());
  if (/^\d{10}$/.test(authorization.timestamp) && off <= TOLERANCE) return;
  throw signError("Http头Authorization中的timestamp与发起请求的时间不得超过5分钟");
}

function checkMerchant(world: World, family: Family, authorization: Authorization): void {
  if (authorization.mchid !== world.wechat.mchId) {
    throw new WechatError(FAMILIES[family].unknownMerchant, "MCH_NOT_EXISTS", "商户号不存在");
  }
  if (authorization.serial_no !== world.wechat.merchantSerial) throw signError("商户API证书序列号有误");
}

function checkSignature(world: World, request: WireRequest, authorization: Authorization): void {
  const head = `${request.method}\n${request.target}\n${authorization.timestamp}\n${authorization.nonce_str}\n`;
  const message = Buffer.concat([Buffer.from(head), request.body, Buffer.from("\n")]);
  if (signatureFits(world.wechat.merchantKey, message, authorization.signature)) return;
  throw signError("签名错误", {
    field: "signature",
    location: "authorization",
    detail: { issue: "sign not match" },
    sign_information: {
      method: request.method,
      url: request.target,
      sign_message_length: message.length,
      truncated_sign_message: `${head.slice(0, 80).trimEnd()}…`,
    },
  });
}
