/** alipay.open.app.alipaycert.download: a certificate of Alipay's by its SN, with the authority's behind it. */
import * as z from "zod";
import type { World } from "../world.ts";
import type { Endpoint, Input } from "./endpoint.ts";
import { AlipayError } from "./errors.ts";
import { checked } from "./schemas.ts";

export const certificateEndpoints: readonly Endpoint[] = [
  { method: "alipay.open.app.alipaycert.download", operation: "certificates", certificateOnly: true, run: download },
];

const Download = z.object({ alipay_cert_sn: z.string().regex(/^[0-9a-f]{32}$/, "须为32位证书序列号") });

function download(world: World, { bizContent }: Input) {
  const { alipay_cert_sn: sn } = checked(Download, bizContent);
  const { certificates, authorityCertificate } = world.alipay.signing;
  const found = certificates.find((each) => each.sn === sn);
  if (!found) throw new AlipayError("40002", "isv.invalid-parameter", "证书不存在（alipay_cert_sn）");
  const file = Buffer.from(found.pem + authorityCertificate, "utf8");
  return { alipay_cert_content: file.toString("base64") };
}
