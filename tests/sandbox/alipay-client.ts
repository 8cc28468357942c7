/** An Alipay application, written from the protocol alone. Certificate mode where the environment has certificates. */
import { createHash, sign, verify, X509Certificate } from "node:crypto";
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

/** All parameters of a request, signed. */
export function signedParameters(
  env: Env,
  method: string,
  bizContent: object | string,
  parameters: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const common: Record<string, string> = {
    app_id: value(env, "ALIPAY_APP_ID"),
    method,
    format: "JSON",
    charset: "utf-8",
    sign_type: "RSA2",
    timestamp: new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 19).replace("T", " "),
    version: "1.0",
    ...(env.ALIPAY_APP_CERT && {
      app_cert_sn: serialNumber(env.ALIPAY_APP_CERT),
      alipay_root_cert_sn: rootSerialNumber(value(env, "ALIPAY_ROOT_CERT")),
    }),
    biz_content: typeof bizContent === "string" ? bizContent : JSON.stringify(bizContent),
    ...parameters,
  };
  const kept = Object.fromEntries(Object.entries(common).filter(([, text]) => text !== ""));
  const signature = sign("sha256", Buffer.from(joined(kept)), value(env, "ALIPAY_PRIVATE_KEY"));
  return { ...kept, sign: signature.toString("base64") };
}

/** Calls a method and returns the raw answer. */
export function call(env: Env, method: string, bizContent: object | string, odd: Oddities = {}): Promise<Received> {
  const { biz_content = "", ...rest } = signedParameters(env, method, bizContent, odd.parameters);
  const query = new URLSearchParams(rest);
  const body = new URLSearchParams({ biz_content: odd.sentBizContent ?? biz_content });
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

/** The address that a browser opens to pay: everything in the query. */
export function pageUrl(env: Env, method: string, bizContent: object, parameters?: Record<string, string>): string {
  const query = new URLSearchParams(signedParameters(env, method, bizContent, parameters));
  return `${value(env, "ALIPAY_GATEWAY_URL")}?${query}`;
}

/** The node of an answer, its signature checked over the raw text. Throws when it does not fit. */
export function node(env: Env, method: string, answer: Received): Record<string, string> {
  return JSON.parse(nodeText(env, method, answer.body));
}

/** The raw text of an answer's node, its signature checked: an object, or a quoted text where it is encrypted. */
export function nodeText(env: Env, method: string, body: string): string {
  const match =
    /^\{"(\w+)":(\{.*\}|"[^"]*"),(?:"alipay_cert_sn":"(\w+)",)?"sign":"([^"]+)"(?:,"sign_type":"RSA2")?\}$/s.exec(body);
  const [, name, text = "", certificateSn, signature = ""] = match ?? [];
  if (name !== `${method.replaceAll(".", "_")}_response`) throw new Error(`unexpected answer: ${body}`);
  if (!signedByAlipay(env, Buffer.from(text), signature, certificateSn)) throw new Error("the signature does not fit");
  return text;
}

/** Calls a method and returns the verified node. */
export async function ask(env: Env, method: string, bizContent: object, odd?: Oddities) {
  return node(env, method, await call(env, method, bizContent, odd));
}

/** The fields of a notice or of a return address, its signature checked. Throws when it does not fit. */
export function noticeFields(env: Env, body: string): Record<string, string> {
  const { sign: signature = "", sign_type: _, ...fields } = Object.fromEntries(new URLSearchParams(body));
  const signed = Object.fromEntries(Object.entries(fields).filter(([, text]) => text !== ""));
  if (!signedByAlipay(env, Buffer.from(joined(signed)), signature)) throw new Error("the signature does not fit");
  return fields;
}

/** Whether Alipay signed these bytes: with its plain key, or with the certificate named, else with any that is known. */
export function signedByAlipay(env: Env, bytes: Buffer, signature: string, certificateSn?: string): boolean {
  const certificates = blocks(env.ALIPAY_PUBLIC_CERT ?? "").filter((pem) => !new X509Certificate(pem).ca);
  const named = certificates.filter((pem) => certificateSn === undefined || serialNumber(pem) === certificateSn);
  const keys = env.ALIPAY_PUBLIC_CERT ? named.map((pem) => new X509Certificate(pem).publicKey) : [];
  const usable = env.ALIPAY_PUBLIC_CERT ? keys : [value(env, "ALIPAY_PUBLIC_KEY")];
  return usable.some((key) => verify("sha256", bytes, key, Buffer.from(signature, "base64")));
}

/** Parameters as they are joined for signing. */
export function joined(parameters: Readonly<Record<string, string>>): string {
  const names = Object.keys(parameters).sort();
  return names.map((name) => `${name}=${parameters[name]}`).join("&");
}

/** The SN of the first certificate in a file. */
export function serialNumber(pem: string): string {
  const { issuer, serialNumber: serial } = new X509Certificate(blocks(pem)[0] ?? pem);
  return createHash("md5")
    .update(`${issuer.split("\n").reverse().join(",")}${BigInt(`0x${serial}`)}`)
    .digest("hex");
}

/** Of a file of roots only those count that are signed with RSA. */
export function rootSerialNumber(file: string): string {
  const rsa = /^(?:30|.)*06092a864886f70d0101(?:05|0b)/;
  const counted = blocks(file).filter((pem) => rsa.test(new X509Certificate(pem).raw.subarray(0, 60).toString("hex")));
  return counted.map(serialNumber).join("_");
}

function blocks(file: string): string[] {
  return file.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}
