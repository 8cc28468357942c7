/** Reading a request body: UTF-8 JSON without null and without 4-byte characters, then the endpoint's own rules. */
import type * as z from "zod";
import { parameterError, WechatError } from "./errors.ts";

/** Parses the bytes of a body. Throws WechatError. */
export function parseBody(bytes: Buffer, contentType: string | undefined): unknown {
  if (!/^application\/json\s*(?:;|$)/i.test(contentType ?? "")) {
    throw new WechatError(400, "INVALID_REQUEST", "Http头Content-Type须为application/json");
  }
  const body = parseJson(bytes);
  refuseForbidden(body, "");
  return body;
}

/** Applies an endpoint's schema. Throws WechatError naming the first member that breaks a rule. */
export function checked<T>(schema: z.ZodType<T>, value: unknown, location: "body" | "url" | "query" = "body"): T {
  const result = schema.safeParse(value, { error: wording });
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw parameterError(location, pointer(issue?.path ?? []), issue?.message ?? "格式错误");
}

function wording(issue: z.core.$ZodRawIssue): string {
  if (issue.code === "invalid_type") return issue.input === undefined ? "为必填项" : `类型须为 ${issue.expected}`;
  if (issue.code === "too_big") return `超过最大值或最大长度 ${issue.maximum}`;
  if (issue.code === "too_small") return `低于最小值或最小长度 ${issue.minimum}`;
  return "取值不符合规则";
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw parameterError("body", "/", "请求体不是UTF-8编码的JSON");
  }
}

function refuseForbidden(value: unknown, path: string): void {
  if (value === null) throw parameterError("body", path || "/", "不支持null");
  if (typeof value === "string" && /[\u{10000}-\u{10ffff}]/u.test(value)) {
    throw parameterError("body", path, "含有4字节的字符");
  }
  if (typeof value !== "object") return;
  for (const [name, member] of Object.entries(value)) refuseForbidden(member, `${path}/${name}`);
}

function pointer(path: readonly PropertyKey[]): string {
  return `/${path.map(String).join("/")}`;
}
