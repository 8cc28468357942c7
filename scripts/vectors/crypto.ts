/** Signing, encrypting, and the forms that keys come in. */
import { openSealed } from "../../src/crypto/aead.ts";
import { decodeBase64, decodeUtf8, encodeBase64, utf8 } from "../../src/crypto/bytes.ts";
import { readCertificate } from "../../src/crypto/certificate.ts";
import { decryptOaep } from "../../src/crypto/oaep.ts";
import { decodePem } from "../../src/crypto/pem.ts";
import { spkiOfPrivateKey, toPkcs8 } from "../../src/crypto/private-key.ts";
import { signSha256, verifySha256 } from "../../src/crypto/rsa.ts";
import { decryptingKey, LABEL, openingKey, signingKey, verifyingKey } from "./keys.ts";
import type { Kinds } from "./kind.ts";

export const CRYPTO_KINDS: Kinds = {
  "crypto.rsa-sha256-sign": async (inputs) => {
    const key = await signingKey(inputs);
    return { signatureBase64: await signSha256(key, utf8(inputs.textOrEmpty("message"))) };
  },

  "crypto.rsa-sha256-verify": async (inputs) => {
    const key = await verifyingKey(inputs);
    return { valid: await verifySha256(key, utf8(inputs.textOrEmpty("message")), inputs.text("signatureBase64")) };
  },

  "crypto.aes-256-gcm": async (inputs) => {
    const key = await decryptingKey(inputs, "key");
    const ciphertext = decodeBase64(inputs.text("ciphertext"));
    if (!ciphertext) return { plaintext: undefined };
    const [nonce, associatedData] = [utf8(inputs.textOrEmpty("nonce")), utf8(inputs.textOrEmpty("associated_data"))];
    const opened = await openSealed(key, { nonce, associatedData, ciphertext });
    return { plaintext: opened && decodeUtf8(opened) };
  },

  "crypto.oaep-sha1-decrypt": async (inputs) => {
    const key = await openingKey(inputs);
    return { plaintext: await decryptOaep(key, inputs.text("ciphertextBase64")) };
  },

  "crypto.certificate": async (inputs) => {
    const { spki, serial } = readCertificate(inputs.text("certificatePem"), LABEL);
    return { spki_base64: encodeBase64(spki), serial };
  },

  "crypto.key-formats": async (inputs) => {
    const pkcs1 = decodePem(inputs.text("pkcs1_base64"), LABEL);
    return {
      pkcs8_base64: encodeBase64(toPkcs8(pkcs1, LABEL)),
      spki_base64: encodeBase64(spkiOfPrivateKey(pkcs1, LABEL)),
    };
  },
};
