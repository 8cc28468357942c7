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

/** One member of the request that breaks a rule. */
export function parameterError(location: "body" | "url" | "query", field: string, message: string): WechatError {
  return new WechatError(400, "PARAM_ERROR", `参数错误：${field} ${message}`, { location, field, issue: message });
}

export function signError(message: string, detail?: Detail): WechatError {
  return new WechatError(401, "SIGN_ERROR", message, detail);
}

/** The error as WeChat Pay sends it. */
export function errorResponse(error: WechatError): Response {
  const { code, message, detail } = error;
  return Response.json({ code, message, ...(detail && { detail }) }, { status: error.status });
}
