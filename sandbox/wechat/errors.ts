/** WeChat Pay's refusals: a code, its HTTP status, a message. Error answers carry no signature. */

interface Detail {
  readonly [name: string]: unknown;
}

export class WechatError extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: Detail | undefined;

  constructor(status: number, code: string, message: string, detail?: Detail) {
    super(message);
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

export type Location = "body" | "url" | "query";

/** One member of the request that breaks a rule. `value` is what was sent, where that may be told. */
export function parameterError(location: Location, field: string, issue: string, value?: unknown): WechatError {
  const known = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  const detail = { location, field, issue, ...(known && { value }) };
  return new WechatError(400, "PARAM_ERROR", `输入源“/${location}${field}”${issue}`, detail);
}

/** A request that makes no sense as a whole, or not now. */
export function invalidRequest(message: string): WechatError {
  return new WechatError(400, "INVALID_REQUEST", message);
}

export function signError(message: string, detail?: Detail): WechatError {
  return new WechatError(401, "SIGN_ERROR", message, detail);
}

/** Wechatpay-Serial names no key of WeChat Pay's. */
export function wrongSerial(): WechatError {
  return new WechatError(400, "PARAM_ERROR", "平台证书序列号Wechatpay-Serial错误", { field: "Wechatpay-Serial" });
}

/** Encrypted members came without saying which key they are for. */
export function missingSerial(): WechatError {
  const message = "HTTP header缺少微信支付平台证书序列号(Wechatpay-Serial)";
  return new WechatError(400, "PARAM_ERROR", message, { field: "Wechatpay-Serial" });
}

/** The error as WeChat Pay sends it. */
export function errorResponse(error: WechatError, headers: Readonly<Record<string, string>> = {}): Response {
  const { code, message, detail } = error;
  return Response.json({ code, message, ...(detail && { detail }) }, { status: error.status, headers });
}
