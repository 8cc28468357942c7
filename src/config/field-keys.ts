/** FIELD_ENCRYPTION_KEYS: the keys that fields are sealed with. Messages name keys by their ids and never show one. */
import { type Bytes, decodeBase64 } from "../crypto/bytes.ts";
import type { FieldKey } from "../security/field-cipher.ts";
import { text } from "./variables.ts";

const KEY_BYTES = 32;
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;

/** `kid:base64,kid:base64`: 32 bytes each. The first seals, all open. */
export const fieldKeys = text.transform((list, context): readonly FieldKey[] => {
  const problem = (message: string) => context.addIssue({ code: "custom", message });
  const keys = list.split(",").flatMap((entry, index) => readKey(entry.trim(), index + 1, problem) ?? []);
  for (const [index, { id, bytes }] of keys.entries()) {
    const earlier = keys.slice(0, index);
    if (earlier.some((key) => key.id === id)) problem(`names the key ${id} twice`);
    else if (earlier.some((key) => isSame(key.bytes, bytes))) problem(`has the same key once more as ${id}`);
  }
  return keys;
});

function readKey(entry: string, position: number, problem: (message: string) => void): FieldKey | undefined {
  const colon = entry.indexOf(":");
  const id = entry.slice(0, colon);
  if (colon < 0 || !KEY_ID.test(id)) {
    problem(`entry ${position} must be id:base64, the id 1 to 32 letters, digits, - or _`);
    return undefined;
  }
  const bytes = decodeBase64(entry.slice(colon + 1));
  if (bytes?.length === KEY_BYTES) return { id, bytes };
  problem(`the key ${id} must be the base64 of ${KEY_BYTES} bytes`);
  return undefined;
}

function isSame(one: Bytes, other: Bytes): boolean {
  return one.every((byte, index) => byte === other[index]);
}
