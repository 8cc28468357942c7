/** Reading a request body: UTF-8 JSON without null and without 4-byte characters, then the endpoint's own rules. */
import type * as z from "zod";
import { invalidRequest, type Location, parameterError } from "./errors.ts";
import { labelOf } from "./labels.ts";

/** Parses the bytes of a body. Throws WechatError. */
export function parseBody(bytes: Buffer, contentType: string | undefined): unknown {
  if (!/^application\/json\s*(?:;|$)/i.test(contentType ?? "")) {
    throw invalidRequest("Http头Content-Type须为application/json");
  }
  const body = parseJson(bytes);
  refuseForbidden(body, "");
  return body;
}

/** Applies an endpoint's schema. Throws WechatError naming the first member that breaks a rule. */
export function checked<T>(schema: z.ZodType<T>, value: unknown, location: Location = "body"): T {
  const result = schema.safeParse(value, { error: wording });
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path ?? [];
  const sent = memberAt(value, path);
  const message = `映射到${kindOf(sent)}字段“${labelOf(path.at(-1))}”规则校验失败，${issue?.message ?? "格式错误"}`;
  throw parameterError(location, pointer(path), message, sent);
}

function wording(issue: z.core.$ZodRawIssue): string {
  if (issue.code === "invalid_type") return issue.input === undefined ? "此字段为必填项" : `类型须为 ${issue.expected}`;
  const unit = issue.origin === "string" ? "长度" : issue.origin === "array" ? "项数" : "值";
  if (issue.code === "too_big") return `${unit}高于最大值 ${issue.maximum}`;
  if (issue.code === "too_small") return `${unit}低于最小值 ${issue.minimum}`;
  return "取值不符合规则";
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw parameterError("body", "/", "不是UTF-8编码的JSON");
  }
}

function refuseForbidden(value: unknown, path: string): void {
  if (value === null) throw parameterError("body", path || "/", "不支持null");
  if (typeof value === "string") refuseLongCharacters(value, path);
  if (typeof value !== "object") return;
  for (const [name, member] of Object.entries(value)) {
    refuseLongCharacters(name, path || "/");
    refuseForbidden(member, `${path}/${name}`);
  }
}

function refuseLongCharacters(text: string, path: string): void {
  if (/[\u{10000}-\u{10ffff}]/u.test(text)) throw parameterError("body", path, "含有4字节的字符");
}

function memberAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((node, name) => {
    const members = typeof node === "object" && node !== null ? new Map(Object.entries(node)) : undefined;
    return members?.get(String(name));
  }, value);
}

function kindOf(value: unknown): string {
  if (typeof value === "number") return "数值";
  if (typeof value === "string") return "字符串";
  if (Array.isArray(value)) return "列表";
  return typeof value === "object" ? "对象" : "";
}

function pointer(path: readonly PropertyKey[]): string {
  return `/${path.map(String).join("/")}`;
}
