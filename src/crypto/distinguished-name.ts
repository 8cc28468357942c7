/** Names of certificates' issuers and subjects (RFC 5280, "Name") as text. */
import { type Bytes, decodeUtf8, encodeHex } from "./bytes.ts";
import { readDer, readSequence } from "./der.ts";

/** Attributes by their OID, in hex. */
const ATTRIBUTES: ReadonlyMap<string, string> = new Map([
  ["550403", "CN"],
  ["550404", "SN"],
  ["550405", "serialNumber"],
  ["550406", "C"],
  ["550407", "L"],
  ["550408", "ST"],
  ["550409", "street"],
  ["55040a", "O"],
  ["55040b", "OU"],
  ["55040c", "title"],
  ["2a864886f70d010901", "emailAddress"],
  ["0992268993f22c640101", "UID"],
  ["0992268993f22c640119", "DC"],
]);

const BMP_STRING = 0x1e;

/**
 * Prints a name (DER) as `CN=…,O=…,C=…`: in the reverse of the order in which it is encoded, nothing escaped.
 * Attributes without a short name are printed as their OID in hex.
 */
export function printName(name: Bytes): string {
  const parts = readSequence(name) ?? [];
  return parts
    .map(({ content }) => (readDer(content) ?? []).map(({ raw }) => printAttribute(raw)).join("+"))
    .reverse()
    .join(",");
}

function printAttribute(attribute: Bytes): string {
  const [type, value] = readSequence(attribute) ?? [];
  if (!type || !value) return "";
  const oid = encodeHex(type.content);
  return `${ATTRIBUTES.get(oid) ?? oid}=${readString(value.tag, value.content)}`;
}

function readString(tag: number, content: Bytes): string {
  if (tag === BMP_STRING) return new TextDecoder("utf-16be").decode(content);
  return decodeUtf8(content) ?? new TextDecoder("latin1").decode(content);
}
