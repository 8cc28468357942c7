/** Certificates of Alipay's that it hands out by their SN (`alipay.open.app.alipaycert.download`). */
import * as z from "zod";
import { type Bytes, decodeBase64, decodeUtf8 } from "../../crypto/bytes.ts";
import { type Certificate, readCertificates } from "../../crypto/certificate.ts";
import { KeyFormatError } from "../../crypto/pem.ts";
import { parseMember, readEnvelope } from "./envelope.ts";
import { nodeName } from "./node.ts";

export const CERTIFICATE_METHOD = "alipay.open.app.alipaycert.download";

const SUCCESS = "10000";
/** The gateway failed, or was asked too often. Every other error says that there is no such certificate for us. */
const NOT_NOW: readonly string[] = ["20000", "40005"];

const downloaded = z.object({ code: z.string(), alipay_cert_content: z.string().optional() });

/**
 * Reads a reply that can't be verified, because the key to do so is what was asked for. Certificates come as base64 of
 * a PEM text, the one that was asked for first and those of its issuers behind it.
 */
export function readDownload(body: Bytes): readonly Certificate[] | "none" | undefined {
  const envelope = readEnvelope(body);
  const member = envelope?.members.get(nodeName(CERTIFICATE_METHOD));
  const node = envelope && member && downloaded.safeParse(parseMember(member, envelope.charset)).data;
  if (!node || NOT_NOW.includes(node.code)) return undefined;
  return node.code === SUCCESS ? readContent(node.alipay_cert_content ?? "") : "none";
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
