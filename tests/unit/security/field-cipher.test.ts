import * as fc from "fast-check";
import { expect, test, vi } from "vitest";
import { decodeBase64Url, encodeBase64Url } from "../../../src/crypto/bytes.ts";
import { FieldCipher, type FieldKey, isSealed, SealedTextError } from "../../../src/security/field-cipher.ts";

const PLACE = "transfers.openid:T1";
const keyOf = (id: string, byte: number): FieldKey => ({ id, bytes: new Uint8Array(32).fill(byte) });
const OLD = keyOf("old", 1);
const NEW = keyOf("2026-11", 2);

async function troubleOf(opening: Promise<string>): Promise<SealedTextError> {
  const error = await opening.catch((reason: unknown) => reason);
  if (!(error instanceof SealedTextError)) throw new Error("it opened");
  return error;
}

test("gives back what went in, byte for byte", async () => {
  const cipher = new FieldCipher([OLD]);
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.json(), fc.constantFrom("", "\uFEFF{}", "a\u0000b"));
  await fc.assert(
    fc.asyncProperty(text, async (plain) => {
      expect(await cipher.open(await cipher.seal(plain, PLACE), PLACE)).toBe(plain.toWellFormed());
    }),
  );
});

test("shows nothing of the text, and not that two are the same", async () => {
  const cipher = new FieldCipher([OLD]);
  const plain = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
  const [one, other] = await Promise.all([cipher.seal(plain, PLACE), cipher.seal(plain, PLACE)]);
  expect(one).not.toBe(other);
  expect(one).not.toContain(plain);
  expect(one).toMatch(/^old\.[A-Za-z0-9_-]+$/);
  // A nonce and a tag beside the text, and base64: what columns have to be wide enough for.
  expect(one.length).toBe("old.".length + Math.ceil(((plain.length + 28) * 4) / 3));
  expect([isSealed(one), cipher.keyIdOf(one)]).toEqual([true, "old"]);
});

test("is AES-256-GCM with the key's id and the place as additional data, as anybody can compute it", async () => {
  const sealed = await new FieldCipher([OLD]).seal("somebody", PLACE);
  const bytes = decodeBase64Url(sealed.slice("old.".length)) ?? new Uint8Array();
  const key = await crypto.subtle.importKey("raw", OLD.bytes, "AES-GCM", false, ["decrypt"]);
  const additionalData = new TextEncoder().encode(`zhongdao-pay/1|old|${PLACE}`);
  const parameters = { name: "AES-GCM", iv: bytes.slice(0, 12), additionalData };
  const opened = await crypto.subtle.decrypt(parameters, key, bytes.slice(12));
  expect(new TextDecoder().decode(opened)).toBe("somebody");
});

test("seals with the first key and opens with all of them", async () => {
  const before = await new FieldCipher([OLD]).seal("somebody", PLACE);
  const rotating = new FieldCipher([NEW, OLD]);
  expect(await rotating.open(before, PLACE)).toBe("somebody");
  const after = await rotating.seal("somebody", PLACE);
  expect([rotating.sealingKeyId, rotating.keyIdOf(after)]).toEqual(["2026-11", "2026-11"]);
  expect(await new FieldCipher([NEW]).open(after, PLACE)).toBe("somebody");
});

test("does not open what stands in another row or column, or under another key's name", async () => {
  const cipher = new FieldCipher([OLD, { id: "twin", bytes: OLD.bytes }]);
  const sealed = await cipher.seal("somebody", PLACE);
  for (const place of ["transfers.openid:T2", "transfers.payee:T1", "transfers.openid:T1 ", ""]) {
    expect(await troubleOf(cipher.open(sealed, place))).toMatchObject({ reason: "damaged", keyId: "old" });
  }
  const renamed = sealed.replace("old.", "twin.");
  expect(await troubleOf(cipher.open(renamed, PLACE))).toMatchObject({ reason: "damaged", keyId: "twin" });
});

test("does not open what was changed, wherever, and does not say what it holds", async () => {
  const cipher = new FieldCipher([OLD]);
  const sealed = await cipher.seal("somebody", PLACE);
  const bytes = decodeBase64Url(sealed.slice("old.".length)) ?? new Uint8Array();
  for (let index = 0; index < bytes.length; index++) {
    const changed = Uint8Array.from(bytes, (byte, at) => (at === index ? byte ^ 1 : byte));
    const error = await troubleOf(cipher.open(`old.${encodeBase64Url(changed)}`, PLACE));
    expect(error).toMatchObject({ reason: "damaged", message: "the text does not open with the key old" });
  }
  const shortened = `old.${encodeBase64Url(bytes.slice(0, -1))}`;
  // The last character has bits that mean nothing: a second spelling of the same bytes.
  const respelled = sealed.slice(0, -1) + (sealed.endsWith("A") ? "B" : "A");
  for (const text of [shortened, respelled]) await troubleOf(cipher.open(text, PLACE));
});

test("says by which key a text was sealed that is not there", async () => {
  const sealed = await new FieldCipher([OLD]).seal("somebody", PLACE);
  const error = await troubleOf(new FieldCipher([NEW]).open(sealed, PLACE));
  expect(error).toMatchObject({ reason: "unknown_key", keyId: "old", message: "there is no key old" });
});

test.each([
  ["JSON of a request", '{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}'],
  ["a list", "[1]"],
  ["an openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"],
  ["a user id", "2088000000000003"],
  ["a sign-in name in part", "som****om"],
  ["words", "尺码不合适, v1.2 of the goods"],
  ["nothing", ""],
  ["a short word with a dot", "old.AAAA"],
])("takes %s that was never sealed as it is", async (_, text) => {
  const cipher = new FieldCipher([OLD]);
  expect(isSealed(text)).toBe(false);
  expect(cipher.keyIdOf(text)).toBeUndefined();
  expect(await cipher.open(text, PLACE)).toBe(text);
});

test("imports a key once", async () => {
  const spy = vi.spyOn(crypto.subtle, "importKey");
  const cipher = new FieldCipher([NEW, OLD]);
  for (let round = 0; round < 3; round++) await cipher.open(await cipher.seal("somebody", PLACE), PLACE);
  const imports = spy.mock.calls.length;
  spy.mockRestore();
  expect(imports).toBe(1);
});

test("wants a key, of 32 bytes", async () => {
  expect(() => new FieldCipher([])).toThrow(RangeError);
  await expect(new FieldCipher([{ id: "k", bytes: new Uint8Array(16) }]).seal("a", PLACE)).rejects.toThrow("32 bytes");
});
