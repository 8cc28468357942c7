/** Downloading the platform certificates (WeChat Pay V3, "platform-certificate mode"). */

import type { Bytes } from "../../crypto/bytes.ts";
import type { CryptoKey } from "../../crypto/key.ts";
import type { Timing, WechatReply } from "./call.ts";
import { CERTIFICATES_PATH, type PlatformKey, readPlatformKeys } from "./certificates.ts";
import { plainCode } from "./codes.ts";
import type { WechatTransport } from "./transport.ts";
import { type SignedMessage, verifyMessage } from "./verification.ts";

/** A verified list: its keys, and the body that they were read from. */
export interface CertificateList {
  readonly keys: readonly PlatformKey[];
  readonly body: Bytes;
}

/**
 * Downloads the list. It is authenticated by its encryption, and its reply must carry the signature of one of the keys
 * in it or of one already known. `none`: the merchant has no certificates, as those with a public key only.
 */
export async function downloadList(
  transport: WechatTransport,
  timing: Timing,
  apiV3Key: CryptoKey,
  findKnown: (serial: string, now: number) => Promise<CryptoKey | undefined>,
): Promise<CertificateList | "none" | undefined> {
  const verify = async (message: SignedMessage) => {
    const listed = (await readPlatformKeys(message.body, apiV3Key)) ?? [];
    const now = timing.now();
    return verifyMessage(message, now, async (serial) => {
      return listed.find((key) => key.serial === serial)?.key ?? (await findKnown(serial, now));
    });
  };
  const reply = await transport.call({ method: "GET", path: CERTIFICATES_PATH }, timing, verify);
  if (reply.kind !== "success") return hasNone(reply) ? "none" : undefined;
  const keys = await readPlatformKeys(reply.body, apiV3Key);
  return keys && { keys, body: reply.body };
}

function hasNone(reply: WechatReply): boolean {
  return reply.kind === "error" && reply.status === 404 && plainCode(reply.error.code) === "RESOURCENOTEXISTS";
}
