/** Encryption of single fields at rest: AES-256-GCM, by keys that have names, bound to the column and row that a text stands in. */
import { importSealingKey, openSealed, sealBytes } from "../crypto/aead.ts";
import { type Bytes, concatBytes, decodeBase64Url, decodeUtf8, encodeBase64Url, utf8 } from "../crypto/bytes.ts";
import type { CryptoKey } from "../crypto/key.ts";
import { lazy } from "../crypto/lazy.ts";

declare const sealedBrand: unique symbol;

/**
 * Text as it stands in a sealed column: `kid.base64url(iv|ciphertext|tag)`, or as it was before the column was sealed. What
 * is read out of it has to be opened first.
 */
export type SealedText = string & { readonly [sealedBrand]: true };

/** A key of the shop's. The id stands in front of every text that was sealed with it. */
export interface FieldKey {
  /** 1 to 32 letters, digits, `-` and `_`. */
  readonly id: string;
  /** 32 of them. */
  readonly bytes: Bytes;
}

/** A sealed text does not open: its key is not there, or it was changed, or it belongs to another row. */
export class SealedTextError extends Error {
  override readonly name = "SealedTextError";
  readonly reason: "unknown_key" | "damaged";
  readonly keyId: string;

  constructor(reason: SealedTextError["reason"], keyId: string) {
    super(reason === "unknown_key" ? `there is no key ${keyId}` : `the text does not open with the key ${keyId}`);
    this.reason = reason;
    this.keyId = keyId;
  }
}

const NONCE_BYTES = 12;

/** A key's id, and at least a nonce and a tag: 28 bytes. No JSON, no number and no id of a payer's looks like it. */
const SEALED = /^([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]{38,})$/;

/** Whether a text is sealed. Anything else in a sealed column was written before the column was sealed. */
export function isSealed(text: string): boolean {
  return SEALED.test(text);
}

/** Seals with the first of its keys and opens with all of them. Each key is imported once and kept. */
export class FieldCipher {
  readonly #sealingId: string;
  readonly #keys: ReadonlyMap<string, () => Promise<CryptoKey>>;

  /** @throws RangeError without a key */
  constructor(keys: readonly FieldKey[]) {
    const [first] = keys;
    if (!first) throw new RangeError("there is no key to seal with");
    this.#sealingId = first.id;
    this.#keys = new Map(keys.map(({ id, bytes }) => [id, lazy(() => importSealingKey(bytes, id))]));
  }

  /** The id of the key that seals. */
  get sealingKeyId(): string {
    return this.#sealingId;
  }

  /**
   * Encrypts a text for one place, such as `transfers.request:{id}`. The same text gives another result each time; the
   * empty text stays as it is, there being nothing to hide.
   */
  async seal(plain: string, place: string): Promise<SealedText> {
    if (plain === "") return asSealed("");
    const id = this.#sealingId;
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const associatedData = associatedWith(id, place);
    const ciphertext = await sealBytes(await this.#keyOf(id), utf8(plain), { nonce, associatedData });
    return asSealed(`${id}.${encodeBase64Url(concatBytes(nonce, ciphertext))}`);
  }

  /**
   * Decrypts a text of this place, byte for byte as it was. One that was never sealed comes back as it is.
   * @throws SealedTextError when its key is unknown, when it was changed, and when it was sealed for another place
   */
  async open(sealed: string, place: string): Promise<string> {
    const [, id, encoded] = SEALED.exec(sealed) ?? [];
    if (id === undefined || encoded === undefined) return sealed;
    const key = await this.#keyOf(id);
    const bytes = decodeBase64Url(encoded);
    const opened = bytes && (await openSealed(key, partsOf(bytes, associatedWith(id, place))));
    const plain = opened && decodeUtf8(opened);
    if (plain === undefined) throw new SealedTextError("damaged", id);
    return plain;
  }

  /** The id of the key that a text was sealed with; undefined for one that is not sealed. */
  keyIdOf(sealed: string): string | undefined {
    return SEALED.exec(sealed)?.[1];
  }

  async #keyOf(id: string): Promise<CryptoKey> {
    const load = this.#keys.get(id);
    if (!load) throw new SealedTextError("unknown_key", id);
    return await load();
  }
}

function asSealed(text: string): SealedText {
  return text as SealedText;
}

/** What is authenticated along with a text: who sealed it how, by which key, and where it belongs. */
function associatedWith(keyId: string, place: string): Bytes {
  return utf8(`zhongdao-pay/1|${keyId}|${place}`);
}

function partsOf(bytes: Bytes, associatedData: Bytes) {
  return { nonce: bytes.slice(0, NONCE_BYTES), ciphertext: bytes.slice(NONCE_BYTES), associatedData };
}
