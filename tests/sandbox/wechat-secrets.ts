/** What a merchant encrypts and decrypts beside callbacks: members by RSA-OAEP, notices of the V2 protocol. */
import { constants, createDecipheriv, createHash, privateDecrypt, publicEncrypt, X509Certificate } from "node:crypto";
import { call, type Env, unsealed, value } from "./wechat-client.ts";

const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" };

/** Encrypts for the WeChat Pay public key, or for another key. */
export function encrypted(env: Env, text: string, key = value(env, "WECHAT_PUBLIC_KEY")): string {
  return publicEncrypt({ key, ...OAEP }, Buffer.from(text)).toString("base64");
}

/** Decrypts what was encrypted for the merchant's certificate. */
export function decrypted(env: Env, text: unknown): string {
  const bytes = Buffer.from(String(text), "base64");
  return privateDecrypt({ key: value(env, "WECHAT_API_CLIENT_KEY"), ...OAEP }, bytes).toString("utf8");
}

interface ListedCertificate {
  readonly serial: string;
  readonly publicKey: string;
}

/** The platform certificates as downloaded, in the order of the list. */
export async function certificates(env: Env): Promise<ListedCertificate[]> {
  const answer = await call(env, "GET", "/v3/certificates");
  const listed: { serial_no: string; encrypt_certificate: Parameters<typeof unsealed>[1] }[] = JSON.parse(
    answer.body,
  ).data;
  return listed.map((each) => {
    const { publicKey } = new X509Certificate(unsealed(env, each.encrypt_certificate));
    return { serial: each.serial_no, publicKey: publicKey.export({ type: "spki", format: "pem" }).toString() };
  });
}

/** The members of flat XML with CDATA sections. */
export function xmlMembers(text: string): Record<string, string> {
  const members = text.matchAll(/<(\w+)><!\[CDATA\[(.*?)\]\]><\/\1>/g);
  return Object.fromEntries([...members].map(([, name = "", content = ""]) => [name, content]));
}

/** What a V2 notice encloses. */
export function openedV2(env: Env, body: string): Record<string, string> {
  const key = createHash("md5").update(value(env, "WECHAT_KEY")).digest("hex");
  const decipher = createDecipheriv("aes-256-ecb", key, null);
  const sealed = Buffer.from(xmlMembers(body).req_info ?? "", "base64");
  return xmlMembers(Buffer.concat([decipher.update(sealed), decipher.final()]).toString("utf8"));
}
