/** GET /v3/certificates: the platform certificate, encrypted with the merchant's APIv3 key. */
import { X509Certificate } from "node:crypto";
import { seal } from "../crypto.ts";
import { rfc3339 } from "../times.ts";
import type { World } from "../world.ts";

export function listCertificates(world: World) {
  const certificate = new X509Certificate(world.wechat.platformCertificate);
  const sealed = seal(world.wechat.apiV3Key, "certificate", world.wechat.platformCertificate);
  return {
    data: [
      {
        serial_no: world.wechat.platformSerial,
        effective_time: rfc3339(certificate.validFromDate.getTime()),
        expire_time: rfc3339(certificate.validToDate.getTime()),
        encrypt_certificate: {
          algorithm: "AEAD_AES_256_GCM",
          nonce: sealed.nonce,
          associated_data: sealed.associatedData,
          ciphertext: sealed.ciphertext,
        },
      },
    ],
  };
}
