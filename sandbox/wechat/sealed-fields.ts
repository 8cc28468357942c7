/** Members that travel encrypted (WeChat Pay V3, sensitive-field encryption): RSA-OAEP with SHA-1, base64. */
import { oaepDecrypt, oaepEncrypt } from "../crypto.ts";
import type { World } from "../world.ts";
import { missingSerial, parameterError } from "./errors.ts";

/** Reads what the shop encrypted for the key that `serial` names. Throws WechatError. */
export function opened(world: World, serial: string | undefined, field: string, ciphertext: string): string {
  if (serial === undefined) throw missingSerial();
  const text = oaepDecrypt(world.wechat.signing.decryptionKey(serial), ciphertext);
  if (text === undefined) throw parameterError("body", field, "解密失败，请使用Wechatpay-Serial所示的公钥加密");
  return text;
}

/** Encrypts a text for the merchant's API certificate. */
export function sealedForMerchant(world: World, text: string): string {
  return oaepEncrypt(world.wechat.merchantKey, text);
}
