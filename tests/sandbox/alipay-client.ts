/** An Alipay application in public-key mode, written from the protocol alone. */
import { sign, verify } from "node:crypto";
import { type Received, send } from "./http.ts";
import { type Env, value } from "./wechat-client.ts";

export interface Oddities {
  /** Common parameters to replace; an empty text leaves one out. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** What is sent in place of what was signed. */
  readonly sentBizContent?: string;
  readonly charsetInBody?: boolean;
  readonly timeout?: number;
}

/** Calls a method and returns the raw answer. */
export function call(env: Env, method: string, bizContent: object | string, odd: Oddities = {}): Promise<Received> {
  const biz = typeof bizContent === "string" ? bizContent : JSON.stringify(bizContent);
  const common: Record<string, string> = {
    app_id: value(env, "ALIPAY_APP_ID"),
    method,
    format: "JSON",
    charset: "utf-8",
    sign_type: "RSA2",
    timestamp: new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 19).replace("T", " "),
    version: "1.0",
    ...odd.parameters,
  };
  const kept = Object.fromEntries(Object.entries(common).filter(([, text]) => text !== ""));
  const signature = sign(
    "sha256",
    Buffer.from(joined({ ...kept, biz_content: biz })),
    value(env, "ALIPAY_PRIVATE_KEY"),
  );
  const query = new URLSearchParams({ ...kept, sign: signature.toString("base64") });
  const body = new URLSearchParams({ biz_content: odd.sentBizContent ?? biz });
  if (odd.charsetInBody) {
    query.delete("charset");
    body.set("charset", "utf-8");
  }
  return send({
    method: "POST",
    url: `${value(env, "ALIPAY_GATEWAY_URL")}?${query}`,
    headers: { "Content-Type": "application/x-www-form-urlencoded;charset=utf-8" },
    body: body.toString(),
    ...(odd.timeout && { timeout: odd.timeout }),
  });
}

/** The node of an answer, its signature checked over the raw text. Throws when it does not fit. */
export function node(env: Env, method: string, answer: Received): Record<string, string> {
  const match = /^\{"(\w+)":(\{.*\}),"sign":"([^"]+)"\}$/s.exec(answer.body);
  const [, name, text = "", signature = ""] = match ?? [];
  if (name !== `${method.replaceAll(".", "_")}_response`) throw new Error(`unexpected answer: ${answer.body}`);
  if (!signedByAlipay(env, text, signature)) throw new Error("the signature does not fit");
  return JSON.parse(text);
}

/** Calls a method and returns the verified node. */
export async function ask(env: Env, method: string, bizContent: object, odd?: Oddities) {
  return node(env, method, await call(env, method, bizContent, odd));
}

/** The fields of a notice, its signature checked. Throws when it does not fit. */
export function noticeFields(env: Env, body: string): Record<string, string> {
  const { sign: signature = "", sign_type: _, ...fields } = Object.fromEntries(new URLSearchParams(body));
  if (!signedByAlipay(env, joined(fields), signature)) throw new Error("the signature does not fit");
  return fields;
}

function signedByAlipay(env: Env, text: string, signature: string): boolean {
  return verify("sha256", Buffer.from(text), value(env, "ALIPAY_PUBLIC_KEY"), Buffer.from(signature, "base64"));
}

function joined(parameters: Readonly<Record<string, string>>): string {
  const names = Object.keys(parameters).sort();
  return names.map((name) => `${name}=${parameters[name]}`).join("&");
}
