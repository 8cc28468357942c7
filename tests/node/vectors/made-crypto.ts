import { constants, createCipheriv, createSign, generateKeyPairSync, publicEncrypt } from "node:crypto";
import { makeKeyPair } from "../../unit/providers/support/keys.ts";
import { makeCertificate } from "../../unit/providers/support/wechat.ts";
import { type MadeVector, privateKey, privateKeyPem, publicKey, publicKeyPem, sign, vector } from "./made.ts";

export const AES_KEY = "0123456789abcdefghijABCDEFGHIJ!?";

/** Seals a text; the tag stands behind it. */
export function gcm(key: string, nonce: string, associatedData: string, plaintext: string): string {
  const cipher = createCipheriv(key.length === 16 ? "aes-128-gcm" : "aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(associatedData));
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]).toString("base64");
}

export async function cryptoVectors(): Promise<readonly MadeVector[]> {
  return [...signatures(), ...sealed(), ...oaep(), ...keyForms(), await certificate()];
}

function signatures(): readonly MadeVector[] {
  const message = "中道\n";
  const verify = "crypto.rsa-sha256-verify";
  const signed = { publicKeyPem, message, signatureBase64: sign(message) };
  const pkcs1 = publicKey.export({ type: "pkcs1", format: "pem" });
  const short = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const shortPem = short.privateKey.export({ type: "pkcs8", format: "pem" });
  const shortPublicPem = short.publicKey.export({ type: "spki", format: "pem" });
  const shortSignature = createSign("RSA-SHA256").update(message).sign(short.privateKey, "base64");
  const signedShort = { publicKeyPem: shortPublicPem, message, signatureBase64: shortSignature };
  return [
    vector("crypto.rsa-sha256-sign", "a text", { privateKeyPem, message }, { signatureBase64: sign(message) }),
    vector(verify, "a signature that fits", signed, { valid: true }),
    vector(verify, "a public key as PKCS#1", { ...signed, publicKeyPem: pkcs1 }, { valid: true }),
    vector(verify, "a short key that verifies", signedShort, { valid: true }),
    vector(
      "crypto.rsa-sha256-sign",
      "a short key that signs",
      { privateKeyPem: shortPem, message },
      { signatureBase64: shortSignature },
    ),
    vector(verify, "another text", { ...signed, message: "中道" }, { valid: false }),
    vector(
      verify,
      "a signature that is no base64",
      { ...signed, signatureBase64: "WECHATPAY/SIGNTEST/?" },
      { valid: false },
    ),
    vector(verify, "a key that is none", { ...signed, publicKeyPem: privateKeyPem }, { valid: false }),
  ];
}

function sealed(): readonly MadeVector[] {
  const kind = "crypto.aes-256-gcm";
  const inputs = { key: AES_KEY, nonce: "0123456789ab", associated_data: "transaction" };
  const ciphertext = gcm(AES_KEY, inputs.nonce, inputs.associated_data, "{}");
  const short = { key: "0123456789abcdef", nonce: inputs.nonce };
  const shortText = gcm(short.key, short.nonce, "", "短");
  return [
    vector(kind, "a sealed text", { ...inputs, ciphertext }, { plaintext: "{}" }),
    vector(kind, "a short key, no associated data", { ...short, ciphertext: shortText }, { plaintext: "短" }),
    vector(kind, "other associated data", { ...inputs, associated_data: "refund", ciphertext }, { error: true }),
    vector(kind, "a ciphertext that is no base64", { ...inputs, ciphertext: "*" }, { error: true }),
    vector(kind, "a key of 31 bytes", { ...inputs, key: AES_KEY.slice(1), ciphertext }, { error: true }),
  ];
}

function oaep(): readonly MadeVector[] {
  const kind = "crypto.oaep-sha1-decrypt";
  const key = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" };
  const ciphertextBase64 = publicEncrypt(key, Buffer.from("张三")).toString("base64");
  const noise = { privateKeyPem, ciphertextBase64: sign("noise") };
  return [
    vector(kind, "a name", { privateKeyPem, ciphertextBase64 }, { plaintext: "张三" }),
    vector(kind, "what was not encrypted for this key", noise, { error: true }),
  ];
}

function keyForms(): readonly MadeVector[] {
  const expected = {
    pkcs8_base64: privateKey.export({ type: "pkcs8", format: "der" }).toString("base64"),
    spki_base64: publicKey.export({ type: "spki", format: "der" }).toString("base64"),
  };
  const pkcs1 = privateKey.export({ type: "pkcs1", format: "der" }).toString("base64");
  return [vector("crypto.key-formats", "a key as PKCS#1", { pkcs1_base64: pkcs1 }, expected)];
}

async function certificate(): Promise<MadeVector> {
  const key = await makeKeyPair();
  const certificatePem = makeCertificate(Uint8Array.of(0x05, 0xde, 0x0a), key, "350101000000Z");
  const expected = { spki_base64: Buffer.from(key.spki).toString("base64"), serial: "05DE0A" };
  return vector("crypto.certificate", "a serial that begins with a zero", { certificatePem }, expected);
}
