/** Certificates of Alipay's that it hands out by their SN (`alipay.open.app.alipaycert.download`). */
import * as z from "zod";
import { type Bytes, decodeBase64, decodeUtf8 } from "../../crypto/bytes.ts";
import { type Certificate, readCertificates } from "../../crypto/certificate.ts";
import { KeyFormatError } from "../../crypto/pem.ts";
import type { FailedReply } from "./call.ts";
import { parseMember, readEnvelope } from "./envelope.ts";
import { nodeName } from "./node.ts";
import { failedNode, nodeCodes, SUCCESS, silence } from "./reply.ts";

export const CERTIFICATE_METHOD = "alipay.open.app.alipaycert.download";

/** Certificates that nothing has verified yet. */
interface DownloadedCertificates {
  readonly kind: "success";
  readonly certificates: readonly Certificate[];
}

const downloaded = nodeCodes.extend({ alipay_cert_content: z.string().optional() });

/**
 * Reads a reply that can't be verified, because the key to do so is what was asked for. Certificates come as base64 of
 * a PEM text, the one that was asked for first and those of its issuers behind it.
 */
export function readDownload(body: Bytes): DownloadedCertificates | FailedReply {
  const envelope = readEnvelope(body);
  const member = envelope?.members.get(nodeName(CERTIFICATE_METHOD));
  const node = envelope && member && downloaded.safeParse(parseMember(member, envelope.charset)).data;
  if (!node) return silence("unlisted", "the reply has no node");
  if (node.code !== SUCCESS) return failedNode(node);
  const certificates = readContent(node.alipay_cert_content ?? "");
  return certificates ? { kind: "success", certificates } : silence("unlisted", "the reply holds no certificate");
}

function readContent(content: string): readonly Certificate[] | undefined {
  const bytes = decodeBase64(content);
  const pem = (bytes && decodeUtf8(bytes)) ?? "";
  try {
    return readCertificates(pem.includes("-----BEGIN") ? pem : content, "certificate");
  } catch (error) {
    if (error instanceof KeyFormatError) return undefined;
    throw error;
  }
}
