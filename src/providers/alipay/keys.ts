/** The keys that Alipay signs with: one public key, or certificates by their SN. */
import type { CryptoKey } from "../../crypto/key.ts";
import { lazy } from "../../crypto/lazy.ts";
import { importPublicKey, verifySha256 } from "../../crypto/rsa.ts";
import type { Timing } from "./call.ts";

/** Who brings a message: a reply comes from the gateway's address, a notice from anybody. */
export type Bearer = "reply" | "notice";

export interface AlipayKeys {
  /**
   * The keys that may have signed a message; none when the certificate that it names is not known.
   * @param sn the message's `alipay_cert_sn`, where it has one; nobody has signed that
   */
  find(sn: string | undefined, bearer: Bearer, timing: Timing): Promise<readonly CryptoKey[]>;
}

/** Public-key mode: one key, whatever a message names. */
export function singleKey(publicKeyPem: string): AlipayKeys {
  const load = lazy(() => importPublicKey(publicKeyPem, "ALIPAY_PUBLIC_KEY"));
  return { find: async () => [await load()] };
}

/** Whether one of the keys signed the message. */
export async function isSignedByAny(
  keys: readonly CryptoKey[],
  message: Uint8Array<ArrayBuffer>,
  sign: string,
): Promise<boolean> {
  for (const key of keys) {
    if (await verifySha256(key, message, sign)) return true;
  }
  return false;
}
