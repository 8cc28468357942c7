/** GET /v3/certificates: the platform certificates, encrypted with the merchant's APIv3 key. */
import * as z from "zod";
import { seal } from "../crypto.ts";
import { rfc3339 } from "../times.ts";
import type { World } from "../world.ts";
import { checked } from "./body.ts";
import type { Endpoint, Input } from "./endpoint.ts";
import { WechatError } from "./errors.ts";
import type { PlatformCertificate } from "./signing.ts";

const Query = z.object({ algorithm_type: z.enum(["RSA", "SM2", "ALL"]).default("RSA") });

export const certificateEndpoints: readonly Endpoint[] = [
  {
    method: "GET",
    path: "/v3/certificates",
    operation: "certificates",
    family: "certificates",
    limit: { name: "certificates", perSecond: 1000 },
    run: listCertificates,
  },
];

/** There are none of SM2, and none at all for a merchant that has only the public key. */
function listCertificates(world: World, { query }: Input) {
  const { algorithm_type } = checked(Query, query, "query");
  const { policy, certificates } = world.wechat.signing;
  if (policy.certificateList === "not_found") {
    throw new WechatError(404, "RESOURCE_NOT_EXISTS", "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥");
  }
  const listed = policy.certificateList === "empty" || algorithm_type === "SM2" ? [] : certificates;
  return { data: listed.map((certificate) => record(world, certificate)) };
}

function record(world: World, certificate: PlatformCertificate) {
  const sealed = seal(world.wechat.apiV3Key, "certificate", certificate.pem);
  return {
    serial_no: certificate.serial,
    effective_time: rfc3339(certificate.effectiveAt),
    expire_time: rfc3339(certificate.expiresAt),
    encrypt_certificate: {
      algorithm: "AEAD_AES_256_GCM",
      nonce: sealed.nonce,
      associated_data: sealed.associatedData,
      ciphertext: sealed.ciphertext,
    },
  };
}
