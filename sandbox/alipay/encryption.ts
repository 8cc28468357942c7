/** Content encryption: AES-128-CBC, an IV of zeros, PKCS#7, base64 (Alipay, biz_content AES encryption). */
import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Application } from "./application.ts";
import { AlipayError } from "./errors.ts";

const ALGORITHM = "aes-128-cbc";
const IV = Buffer.alloc(16);

/** `key` is base64 of 16 bytes. */
export function encrypted(key: string, text: string): string {
  const cipher = createCipheriv(ALGORITHM, Buffer.from(key, "base64"), IV);
  return Buffer.concat([cipher.update(text, "utf8"), cipher.final()]).toString("base64");
}

/** The biz_content behind the one that came, by encrypt_type. Throws AlipayError. */
export function readableContent(application: Application, content: string, encryptType: string | undefined): string {
  if (encryptType === undefined) {
    if (application.encryption && content !== "" && !/^\s*[{[]/.test(content)) {
      throw new AlipayError("40001", "isv.decryption-error-missing-encrypt-type", "解密出错，未指定加密类型");
    }
    return content;
  }
  if (encryptType !== "AES") {
    throw new AlipayError("40002", "isv.decryption-error-not-valid-encrypt-type", "解密出错，不支持的加密算法");
  }
  if (!application.encryption) {
    throw new AlipayError("40003", "isv.decryption-error-not-valid-encrypt-key", "解密出错，未配置加密密钥");
  }
  return decrypted(application.encryptKey, content);
}

function decrypted(key: string, ciphertext: string): string {
  try {
    const decipher = createDecipheriv(ALGORITHM, Buffer.from(key, "base64"), IV);
    const bytes = Buffer.concat([decipher.update(Buffer.from(ciphertext, "base64")), decipher.final()]);
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new AlipayError("40003", "isv.decryption-error-unknown", "解密出错，未知错误");
  }
}
