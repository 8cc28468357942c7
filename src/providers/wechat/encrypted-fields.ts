/** Fields that nobody but WeChat Pay may read (WeChat Pay V3, "sensitive-field encryption"). */
import { utf8 } from "../../crypto/bytes.ts";
import type { CallContext } from "../call.ts";
import { InputError } from "../input-error.ts";
import type { Outcome } from "../outcome.ts";
import { ok, unknown } from "../outcome.ts";
import type { Merchant } from "./merchant.ts";

/** What RSAES-OAEP with SHA-1 takes under a key of 2048 bits. */
const MAX_BYTES = 214;

/** Encrypted fields, and the serial of the one key that they are for: it goes into `Wechatpay-Serial`. */
export interface EncryptedFields<N extends string> {
  readonly fields: Readonly<Record<N, string>>;
  readonly serial: string;
}

/**
 * Encrypts fields, all with the same key. `unknown` when no key can be had now; nothing has been sent then.
 * @throws InputError naming a field that is empty or too long
 */
export async function encryptFields<N extends string>(
  merchant: Merchant,
  plain: Readonly<Record<N, string>>,
  timing: Pick<CallContext, "signal" | "now">,
): Promise<Outcome<EncryptedFields<N>>> {
  for (const name in plain) requireSealable(name, plain[name]);
  const key = await merchant.client.encryptionKey(timing);
  if (!key) return unknown("network", "there is no key to encrypt with");
  const fields: Record<N, string> = { ...plain };
  for (const name in plain) fields[name] = await key.encrypt(plain[name]);
  return ok({ fields, serial: key.serial });
}

function requireSealable(name: string, value: string): void {
  const { length } = utf8(value);
  if (length === 0) throw new InputError(name, "is empty");
  if (length > MAX_BYTES) throw new InputError(name, `is longer than ${MAX_BYTES} bytes`);
}
